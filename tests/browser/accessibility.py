"""What axe finds on a page as it stands.

Contrast is by far its longest rule, and the same few colors come back on every page. Whether text can be
read follows from its color, its size and weight, and all that is painted behind it: a combination that axe
has passed once need not be shown to it again.
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOK = """async ({passed, tags, whole}) => {
  const known = new Set(passed), behind = new Map([[null, '']]);
  const plain = ['rgba(0, 0, 0, 0)', 'none', '1', 'static', 'auto', 'none', 'none', 'normal'].join();
  const ground = node => {
    if (!behind.has(node)) {
      const is = getComputedStyle(node);
      const own = [is.backgroundColor, is.backgroundImage, is.opacity, is.position, is.clip, is.clipPath,
        is.filter, is.mixBlendMode].join();
      behind.set(node, ground(node.parentElement) + (own === plain ? '' : `|${own}`));
    }
    return behind.get(node);
  };
  const kind = node => {
    const is = getComputedStyle(node);
    return [node.localName, is.color, is.fontSize, is.fontWeight, is.textShadow, ground(node)].join();
  };
  const speaks = node => node.matches('input, select, textarea')
    || [...node.childNodes].some(one => one.nodeType === Node.TEXT_NODE && one.data.trim());
  const fresh = [...document.body.querySelectorAll('*')].filter(node => speaks(node)
    && node.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !known.has(kind(node)));
  const run = (where, options) => axe.run(where, {selectors: false, preload: false, ...options});
  const only = {type: 'rule', values: ['color-contrast']};
  const results = [];
  if (whole) {
    results.push(await run(document, {
      resultTypes: ['violations'], runOnly: tags, rules: {'color-contrast': {enabled: false}}}));
  }
  if (fresh.length) {
    const contrast = await run({include: fresh}, {
      resultTypes: ['violations', 'passes'], runOnly: only, elementRef: true});
    for (const rule of contrast.passes) for (const node of rule.nodes) known.add(kind(node.element));
    results.push(contrast);
  }
  const found = results.flatMap(one => one.violations)
    .map(one => `${one.id} ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(' ')}`);
  return {found, passed: [...known]};
}"""


def found_by_axe(page: Page, passed: set[str], *, whole: bool = True) -> list[str]:
    """Each rule that the page breaks, with up to three places.

    passed  kinds of text whose contrast axe has passed; it grows
    whole   every rule; else contrast alone, such as where only the theme has changed
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    answer = page.evaluate(LOOK, {"passed": list(passed), "tags": list(TAGS), "whole": whole})
    passed.update(answer["passed"])
    found: list[str] = answer["found"]
    return found
