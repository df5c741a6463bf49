"""What two people let pass at the gate stands in every later report, whichever it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from deployments.models import Waiver
from reports.kinds import KINDS
from reports.layout import numbered
from reports.readiness import readiness_context
from reports.roadmap import render_roadmap, roadmap_context
from reports.waivers import chapters
from reports.waivers_input import waivers_of
from roadmap.actions import request_plan
from tests.deployments.registry_cast import deployment_of, release_of, waiver_of
from tests.reports.pdfs import AS_OF, planned, questionnaire, result, text
from tests.roadmap.plans import closed_round, made, wishes_for
from ui.formats import day

ROW: dict[str, Any] = {
    "what": "bearing version 2 in Production",
    "project": "Bearing wear, charter CH-1",
    "checks": ["The readings are verified", "A reference sample is there"],
    "reason": "The season ends <soon>.",
    "asked": "Frank, 3 Nov 2026",
    "signed": ["Rolf, outcome owner, 4 Nov 2026", "Ida, second person, 5 Nov 2026"],
    "until": "30 Nov 2026",
    "end": "",
    "deployed": ["Bearing wear, release 2, live on 6 Nov 2026"],
}


def signed(**more: Any) -> dict[str, Any]:
    now = timezone.now()
    names = {"owner_name": "Rolf", "second_name": "Ida"}
    return {"owner_signed_at": now, "second_signed_at": now, **names, **more}


@pytest.mark.django_db
def test_a_waiver_counts_once_both_have_signed_and_for_ever(cast: Any) -> None:
    deployment = deployment_of(cast)
    project = deployment.project
    assert project is not None
    waiver_of(cast, project=project, owner_signed_at=timezone.now(), owner_name="Rolf")
    assert waivers_of(cast.organization) == []

    today = timezone.localdate()
    ended = waiver_of(cast, project=project, **signed(ends_on=today - dt.timedelta(days=1)))
    release_of(deployment, version=1, waiver=ended)
    release_of(deployment, version=1, state="failed", waiver=ended)
    waiver_of(cast, project=project, version=2, **signed(withdrawn_at=timezone.now()))
    first, second = waivers_of(cast.organization)
    assert project.charter is not None
    assert first == {
        "what": "bearing version 1 in Staging",
        "project": f"{project.name}, charter {project.charter.code}",
        "checks": ["Every must criterion is met by this version"],
        "reason": "The season ends.",
        "asked": f"Frank, {day(ended.asked_at)}",
        "signed": [f"Rolf, outcome owner, {day(today)}", f"Ida, second person, {day(today)}"],
        "until": day(ended.ends_on),
        "end": "",
        "deployed": [f"Bearing wear, release 1, live on {day(today)}"],
    }
    assert (second["deployed"], second["end"]) == ([], f"withdrawn on {day(today)}")
    assert waivers_of(cast.other) == []


@pytest.mark.django_db(transaction=True)
def test_the_readiness_report_has_them_and_is_the_same_until_one_is_signed(cast: Any) -> None:
    waiver = waiver_of(cast)
    kind, found = KINDS["readiness"], closed_round(cast.organization, cast.frank)
    subject = kind.find(cast.bob, str(found.pk), "view")
    before = kind.inputs(subject)
    assert before["waivers"] == []
    Waiver.objects.filter(pk=waiver.pk).update(**signed())
    assert kind.inputs(subject) == {**before, "waivers": waivers_of(cast.organization)}
    assert len(waivers_of(cast.organization)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_roadmap_has_them(cast: Any) -> None:
    waiver_of(cast, **signed())
    open_ones = {"team.production_ownership.on_call": 0}
    closed_round(cast.organization, cast.frank, level=3, but=open_ones)
    plan = made(request_plan(cast.organization, wishes_for(cast.organization), by=cast.frank, name="Lean"))
    kind = KINDS["roadmap"]
    told = kind.inputs(kind.find(cast.bob, str(plan.pk), "view"))["waivers"]
    assert told == waivers_of(cast.organization)
    assert len(told) == 1


def test_both_reports_print_them_before_their_sources_and_nothing_without_any() -> None:
    plan, around = planned()
    names: dict[str, Any] = {"organization_name": "Halvorsen Pumps", "as_of": AS_OF}
    contexts: tuple[Callable[[list[Any]], dict[str, Any]], ...] = (
        lambda rows: roadmap_context(plan, around, waivers=rows, **names),
        lambda rows: readiness_context(result(), questionnaire(), waivers=rows, **names),
    )
    for context in contexts:
        without = [chapter.name for chapter in context([])["chapters"]]
        printed = [chapter.name for chapter in context([ROW])["chapters"]]
        assert printed == [*without[:-1], "Waivers", "Sources"]


def test_the_page_says_what_passed_why_by_whom_and_until_when() -> None:
    (chapter,) = numbered(chapters([ROW]))
    assert chapter.finding == "One waiver was signed"
    html = render_to_string(chapter.template, {"chapter": chapter, "data": chapter.data})
    plain = html.replace("\u200b", "").replace("<wbr>", "")
    for part in (
        "bearing version 2 in Production",
        "CH-1",
        "The readings are verified<br>A reference sample is there",
        "The season ends &lt;soon&gt;.",
        "Frank, 3 Nov 2026",
        "Rolf, outcome owner, 4 Nov 2026<br>Ida, second person, 5 Nov 2026",
        "30 Nov 2026</dd>",
        "release 2, live on 6 Nov 2026",
    ):
        assert part in plain
    ended = numbered(chapters([{**ROW, "end": "withdrawn on 9 Nov 2026", "deployed": []}, ROW]))[0]
    html = render_to_string(ended.template, {"chapter": ended, "data": ended.data})
    assert "30 Nov 2026; withdrawn on 9 Nov 2026</dd>" in html
    assert "Nothing</dd>" in html
    assert ended.finding == "Two waivers were signed"


def test_the_same_waivers_give_the_same_bytes() -> None:
    plan, around = planned()
    names: dict[str, Any] = {"organization_name": "Halvorsen Pumps", "as_of": AS_OF, "waivers": [ROW]}
    printed = render_roadmap(plan, around, **names)
    assert printed == render_roadmap(plan, around, **names)
    assert "The season ends <soon>." in text(printed)
