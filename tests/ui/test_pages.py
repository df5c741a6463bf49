"""The style guide, its downloads, the error pages and what the tags write."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ui import formats, samples, words
from ui.forms import PlainForm, Segments
from ui.styleguide import parts, sample_form

ROOT = Path(__file__).resolve().parent.parent.parent


def drawn(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


@pytest.mark.django_db
class TestPages:
    def test_style_guide_obeys_the_policy(self) -> None:
        answer = Client().get("/styleguide/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert not re.search(r"\sstyle=", page)
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"\son[a-z]+=", page)
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_theme_by_choice(self, theme: str) -> None:
        assert f'data-theme="{theme}"' in Client().get(f"/styleguide/?theme={theme}").content.decode()

    def test_theme_takes_no_other_word(self) -> None:
        assert "data-theme" not in Client().get('/styleguide/?theme="><b>').content.decode()

    def test_figure_downloads(self) -> None:
        answer = Client().get("/styleguide/pillars.csv")
        read = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert answer["Content-Disposition"] == 'attachment; filename="pillars.csv"'
        assert [line[0] for line in read[1:]] == [row.name for row in samples.pillar_rows().rows]
        assert Client().get("/styleguide/pillars.json").json()["data"][0]["x"][0] == 38.4
        assert Client().get("/styleguide/none.csv").status_code == 404
        assert Client().post("/styleguide/").status_code == 405

    def test_not_there_says_so_and_no_more(self) -> None:
        answer = Client().get("/no/such/page/")
        assert answer.status_code == 404
        assert "There is no page here for you" in answer.content.decode()

    def test_stale_form(self) -> None:
        client = Client(enforce_csrf_checks=True)
        answer = client.post(
            reverse("account_login"), {"login": "x"}, HTTP_REFERER="https://elsewhere.example//evil?a=1"
        )
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.content.decode()
        assert "elsewhere" not in answer.content.decode()

    def test_no_rights_and_not_there_are_one_page(self) -> None:
        assert (ROOT / "templates/403.html").read_text() == (ROOT / "templates/404.html").read_text()


class TestParts:
    def test_state_has_shape_and_word(self) -> None:
        for kind in ("good", "watch", "bad", "open", "saved"):
            markup = drawn("{% state kind word %}", kind=kind, word="<b>")
            assert "<svg" in markup
            assert "&lt;b&gt;" in markup
            assert f"state-{kind}" in markup
        assert "<svg" not in drawn('{% state "neutral" "Draft" %}')

    def test_field_points_to_its_help_and_error(self) -> None:
        form = sample_form()
        markup = drawn("{% field form.measured %}", form=form)
        assert 'aria-invalid="true"' in markup
        for described in re.findall(r'aria-describedby="([^"]+)"', markup):
            for name in described.split():
                assert f'id="{name}"' in markup
        assert 'id="id_target_helptext"' in drawn("{% field form.target %}", form=form)
        assert 'aria-describedby="id_target_helptext"' in drawn("{% field form.target %}", form=form)

    def test_error_summary_links_to_fields(self) -> None:
        markup = drawn('{% include "ui/error_summary.html" with form=form only %}', form=sample_form())
        assert 'href="#id_measured"' in markup
        assert (
            drawn('{% include "ui/error_summary.html" with form=form only %}', form=PlainForm()).strip() == ""
        )

    def test_segments_keep_the_choice(self) -> None:
        widget = Segments(choices=[("a", "A"), ("b", "B")])
        markup = widget.render("x", "b")
        assert re.search(r'value="b" checked', markup)
        assert not re.search(r'value="a" checked', markup)

    def test_line_links_every_station_that_has_a_page(self) -> None:
        stations = parts("")["line_stations"]
        markup = drawn('{% include "ui/line.html" with stations=stations only %}', stations=stations)
        assert markup.count("<a ") == sum(bool(station["url"]) for station in stations)
        assert markup.count('aria-current="step"') == 1
        assert "not reached yet" in markup

    @pytest.mark.parametrize("status", ["signed", "you", "waiting", "declined", "void"])
    def test_signature_states(self, status: str) -> None:
        signature = {"name": "Eirik", "role": "Lead", "status": status, "when": "now", "reason": "No"}
        markup = drawn('{% include "ui/signature.html" with signature=s only %}', s=signature)
        assert ("Eirik</div>" in markup) is (status in ("signed", "void"))
        assert ("declined</span>" in markup) is (status == "declined")

    def test_job_asks_again_only_while_it_runs(self) -> None:
        job = {"id": 1, "title": "Solving", "running": True, "url": "/jobs/1/", "share": None, "seconds": 3}
        source = '{% include "ui/job.html" with job=job only %}'
        assert 'hx-get="/jobs/1/"' in drawn(source, job=job)
        done = drawn(source, job={**job, "running": False, "message": "Done", "result_url": "/plan/"})
        assert "hx-get" not in done
        assert 'href="/plan/"' in done

    def test_conflict_shows_and_keeps_both(self) -> None:
        markup = drawn(
            '{% include "ui/conflict.html" with theirs=t mine=m action="/x" name="target" only %}',
            t={"who": "Lotte", "when": "14:02", "text": "at least 72 %"},
            m={"text": "at least 70 %"},
        )
        assert markup.count("at least 72 %") == 2
        assert markup.count("at least 70 %") == 2
        assert markup.count("<form") == 2


class TestWords:
    def test_dates_in_the_active_zone(self) -> None:
        moment = datetime(2026, 12, 17, 23, 30, tzinfo=UTC)
        with timezone.override("Europe/Oslo"):
            assert drawn("{{ m|day }} {{ m|clock }}", m=moment) == "18 Dec 2026 00:30"
        with timezone.override("UTC"):
            assert drawn('{{ m|day:"short" }} {{ m|moment }}', m=moment) == "17 Dec 17 Dec 2026, 23:30"
        assert drawn("{{ m|day }}{{ m|clock }}", m=None) == ""

    def test_other_formats(self) -> None:
        chosen = formats.Formats(thousands=".", decimal=",", month_first=True, clock_12=True, currency="USD")
        with formats.using(chosen):
            assert formats.number(1234.5, 1) == "1.234,5"
            assert formats.day(date(2026, 12, 18)) == "Dec 18, 2026"
            assert formats.clock(datetime(2026, 1, 1, 0, 5)) == "12:05\u00a0am"
            assert formats.money(12) == "12\u00a0$"
        assert formats.number(1234.5, 1) == "1,234.5"

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("{{ 1184|number }}", "1,184"),
            ("{{ 2.5|number }}", "3"),
            ("{{ value|number }}", "–"),
            ("{{ 'NaN'|number }}", "–"),
            ("{{ 4|signed }} {{ -2|signed }} {{ 0|signed }}", "+4 \N{MINUS SIGN}2 0"),
            ("{{ 0.855|percent }}", "86\u00a0%"),
            ('{{ 412000|money:"EUR" }}', "412,000\u00a0€"),
            ('{{ 412000|money_k:"EUR" }}', "412\u00a0k€"),
            ('{{ 1|plural:"gate,gates" }} {{ 4|plural:"gate,gates" }}', "1 gate 4 gates"),
            ('{{ 4|counted:"gate,gates"|capfirst }} {{ 0|counted:"gate,gates" }}', "Four gates no gates"),
            ('{{ "https://x.example//evil"|local_path }}', "/"),
            ('{{ "https://x.example/a?b=1"|local_path }}', "/a?b=1"),
            ("{{ None|local_path }}", "/"),
        ],
    )
    def test_filters(self, source: str, expected: str) -> None:
        assert drawn(source) == expected

    def test_periods_and_lists(self) -> None:
        assert formats.period(date(2026, 10, 5), date(2026, 12, 18)) == "5 Oct to 18 Dec 2026"
        assert formats.period(date(2026, 10, 5), date(2027, 1, 8)) == "5 Oct 2026 to 8 Jan 2027"
        assert words.listed(["a", "b", "c"]) == "a, b and c"
        assert words.listed(["a"]) == "a"
        assert words.counted(13, "gate", "gates") == "13 gates"
        assert words.sentence("ML engineers") == "ML engineers"

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
    def test_no_number_is_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match="finite"):
            formats.number(value)


def test_templates_of_ours_stay_small_and_free_of_inline_code() -> None:
    ours = [*(ROOT / "templates").glob("*.html"), *(ROOT / "templates" / "ui").glob("*.html")]
    assert len(ours) > 25
    for path in ours:
        text = path.read_text()
        assert text.count("\n") < 140, path.name
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|javascript:", text), path.name
