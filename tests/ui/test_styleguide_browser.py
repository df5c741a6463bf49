"""The style guide in a real browser: axe finds nothing, nothing scrolls sideways, figures can be explored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import found_by_axe
from tests.browser.running import Server, start_server, watch
from ui import samples
from ui.charts import plotly

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSED: set[str] = set()


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its pages hold no data: one database is enough for them."""
    with start_server(tmp_path_factory.mktemp("styleguide") / "data", tables=True) as server:
        yield server


def opened(browser: Browser, guide: Server, width: int = 1440, query: str = "") -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    seen = watch(page)
    page.goto(f"{guide.url}/styleguide/{query}")
    page.wait_for_load_state("networkidle")
    return page, seen


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1440, "light"), (1440, "dark")])
def test_axe_finds_nothing(browser: Browser, guide: Server, width: int, theme: str) -> None:
    page, seen = opened(browser, guide, width, f"?theme={theme}")
    for details in page.locator("details").all():
        details.evaluate("node => node.open = !node.closest('.menu')")
    assert found_by_axe(page, PASSED) == []
    assert seen == []
    page.close()


SHOWN = """() => [...document.querySelectorAll('[data-figure]')].map(figure => {
  const all = [...figure.querySelectorAll('svg.chart')];
  const shown = all.filter(svg => svg.getBoundingClientRect().width > 0);
  const size = text => parseFloat(getComputedStyle(text).fontSize);
  const least = svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
    * Math.min(...[...svg.querySelectorAll('text:not(.c-gate)')].map(size));
  return {
    key: figure.id,
    kinds: [...new Set(shown.map(svg => svg.getAttribute('class').split(' ')[1]))],
    least: Math.min(...shown.map(least)),
  };
})"""


def test_at_every_width_one_drawing_is_shown_readable_and_nothing_scrolls(
    browser: Browser, guide: Server
) -> None:
    page, _ = opened(browser, guide)
    for width in (390, 560, 720, 768, 1024, 1280, 1440, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shown = page.evaluate(SHOWN)
        assert len(shown) == len(samples.all_figures())
        for size in shown:
            assert len(size["kinds"]) == 1, (width, size)
            assert size["least"] >= 11, (width, size)
    page.close()


def test_explore_draws_each_kind_under_the_policy_and_goes_back(browser: Browser, guide: Server) -> None:
    page, seen = opened(browser, guide)
    for spec in samples.all_figures():
        figure = page.locator(f"#{spec.key}")
        figure.get_by_role("button", name="Explore").click()
        figure.locator(".figure-live .main-svg").first.wait_for()
        types = figure.locator(".figure-live").evaluate("node => node._fullData.map(trace => trace.type)")
        assert types == [trace["type"] for trace in plotly.figure(spec)["data"]], spec.key
        assert figure.locator(".figure-still").is_hidden()
        figure.get_by_role("button", name="Back to the drawing").click()
        assert figure.locator(".figure-still").is_visible()
    assert seen == []
    page.close()


def test_menus_by_keyboard(browser: Browser, guide: Server) -> None:
    page, _ = opened(browser, guide)
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    person = page.locator(".bar-person summary")
    person.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("link", name="Settings").first.is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_role("link", name="Settings").first.is_hidden()
    assert person.evaluate("node => node === document.activeElement")
    page.close()


def test_works_without_scripts(browser: Browser, guide: Server) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{guide.url}/styleguide/")
    page.locator("#pillars").get_by_text("Show as table").click()
    assert page.locator("#pillars table").is_visible()
    assert page.get_by_role("button", name="Explore").count() == 0
    context.close()
