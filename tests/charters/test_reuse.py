"""Beginning from what was written before: what templates keep, what copies take along and replace."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from charters.actions.templates import archive_template, begin_charter, rename_template, save_template
from charters.content import content
from charters.models import Charter, CharterTemplate
from charters.queries import draft_of
from charters.reuse import copy_fields, template_fields
from tests.charters.cases import PEOPLE, complete_fields
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.test_pages import signed_in
from ui.errors import Conflict, Invalid


def test_a_template_keeps_no_person_no_day_and_no_own_figure() -> None:
    kept = template_fields(complete_fields(), content())
    text = json.dumps({name: value for name, value in kept.items() if name != "clause.collab_transfer"})
    for name, _, _ in PEOPLE.values():
        assert name not in text
    for word in ("@", "2026-", "70000", "holdout.csv", "0.36", "Service, cost center"):
        assert word not in text, word
    assert kept["criterion.c1"] == {
        "name": "Failures announced 14 days ahead",
        "kind": "tracked_metric",
        "must": True,
        "metric_key": "recall_score",
        "comparator": "at_least",
        "target": "0.75",
        "unit": "fraction",
    }
    assert kept["route"] == "collaborative"
    assert "clause.collab_team" not in kept
    assert "data.1" not in kept
    assert "title" not in kept


def test_a_template_keeps_how_answers_are_held_against_the_truth() -> None:
    terms = {"truth_column": "fails", "positive_class": "1", "threshold": "0.55"}
    record = {"kind": "tracked_metric", "file": "holdout.csv", "sha256": "a" * 64, **terms}
    kept = template_fields({"criterion.c1": record}, content())
    assert kept["criterion.c1"] == {"kind": "tracked_metric", **terms}


def test_a_copy_drops_days_alone() -> None:
    fields = complete_fields()
    kept = copy_fields(fields)
    assert {name for name in fields if name not in kept} == {
        "time_start", "time_end", "decision_on", "funded_until", "told_on"
    }  # fmt: skip
    criterion = fields["criterion.c1"]
    assert isinstance(criterion, dict)
    assert kept["criterion.c1"] == {part: value for part, value in criterion.items() if part != "by"}


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


def test_a_charter_begins_from_a_template(cast: Cast) -> None:
    template = save_template(write_charter(cast), name="  Warnings ", by=cast.frida)
    assert template.name == "Warnings"
    charter = begin_charter(cast.organization, by=cast.max, title="Leak warning", template=template)
    values = draft_of(charter).values
    assert values["title"] == "Leak warning"
    assert values["fallback"] == "The fixed interval of 300 days."
    with pytest.raises(Conflict, match="already"):
        save_template(charter, name="WARNINGS", by=cast.frida)
    rename_template(template, name="Old warnings", note="For pumps", by=cast.frida)
    save_template(charter, name="WARNINGS", by=cast.frida)
    archive_template(template, by=cast.frida)
    for move in (
        lambda: archive_template(template, by=cast.frida),
        lambda: rename_template(template, name="x", by=cast.frida),
    ):
        with pytest.raises(Conflict, match="archived"):
            move()
    template.refresh_from_db()
    with pytest.raises(Invalid):
        begin_charter(cast.organization, by=cast.max, title="x", template=template)


def test_only_a_charter_in_force_can_be_replaced(cast: Cast) -> None:
    charter = write_charter(cast)
    with pytest.raises(Invalid, match="in force"):
        begin_charter(cast.organization, by=cast.frida, copy_of=charter, replaces=True)
    Charter.objects.filter(pk=charter.pk).update(state="in_force")
    charter.refresh_from_db()
    copy = begin_charter(cast.organization, by=cast.frida, copy_of=charter, replaces=True)
    assert copy.replaces == charter
    assert copy.title == charter.title
    assert copy.code != charter.code


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\0b"])
def test_a_template_without_a_usable_name_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(Invalid):
        save_template(write_charter(cast), name=name, by=cast.frida)


def test_the_pages_copy_and_keep(cast: Cast) -> None:
    charter = write_charter(cast)
    frida, sten = signed_in(cast.frida), signed_in(cast.sten)
    url = reverse("charters:template_new", args=[charter.pk])
    assert frida.post(url, {"name": ""}).status_code == 422
    assert frida.post(url, {"name": "Warnings"}).status_code == 302
    template = CharterTemplate.objects.get()
    assert "Warnings" in frida.get(reverse("charters:templates")).content.decode()
    new = reverse("charters:new")
    assert sten.get(f"{new}?copy={charter.pk}").status_code == 404
    assert frida.get(f"{new}?copy=nonsense").status_code == 404
    answer = frida.post(new, {"title": "By template", "template": str(template.pk)})
    assert answer.status_code == 302
    assert sten.post(new, {"title": "x", "template": str(template.pk)}).status_code == 404
    page = frida.get(f"{new}?copy={charter.pk}").content.decode()
    assert "Begin as a copy" in page
    assert "takes the place" not in page
    copied = frida.post(new, {"copy_of": str(charter.pk), "title": "The copy"})
    assert copied.status_code == 302, copied.content.decode()
    made = Charter.objects.get(title="The copy")
    assert draft_of(made).values["problem"] == draft_of(charter).values["problem"]
    assert "time_start" not in draft_of(made).values
