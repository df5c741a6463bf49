"""Writing a criterion: the sentence while it is typed, what is wrong, the library, the hash of a file."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from charters.content import content
from charters.criteria import Kind
from charters.criterion_check import writing_problems
from charters.document import to_criterion
from charters.fields import clean
from charters.library import library_for
from charters.models import Charter
from charters.queries import draft_of
from tests.charters.cases import complete_fields
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.test_pages import signed_in

GOOD: dict[str, Any] = dict(complete_fields()["criterion.c1"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"target": ""}, "Missing: a target."),
        ({"baseline": "", "baseline_method": ""}, "No figure of today"),
        ({"target": "75"}, "runs from 0 to 1"),
        ({"unit": "percent"}, "logged as a fraction"),
        ({"unit": "percent", "target": "75"}, "is logged as fraction, and the unit here is percent"),
        ({"unit": "ms", "target": "75"}, "is logged as fraction, and the unit here is ms"),
        ({"unit": "count", "target": "1.5"}, "whole number"),
        ({"baseline": "0.8"}, "asks for nothing new"),
        ({"by": ""}, "by when"),
        ({"metric_key": "training_recall"}, "training data"),
        ({"target": "NaN"}, "not a number"),
        ({"kind": "learning_question", "question": "Why?"}, "Missing: what would prove the answer."),
        ({"sha256": "a" * 64}, "who has it measured chooses it"),
        ({"sha256": "a" * 64, "truth_column": "fails"}, ""),
        ({"threshold": "0.5"}, "Name the positive class."),
        ({"threshold": "0.5", "positive_class": "1"}, ""),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str) -> None:
    found = writing_problems(to_criterion("c1", GOOD | changes), content())
    assert (found == []) if not said else any(said in sentence for sentence in found), found


def test_a_kind_keeps_its_own_parts_alone() -> None:
    question = {
        "kind": "learning_question",
        "question": "Why?",
        "evidence": "A run",
        "target": "3",
        "unit": "ms",
    }
    assert clean("criterion.c9", question) == {
        "kind": "learning_question",
        "question": "Why?",
        "evidence": "A run",
    }
    assert "question" not in dict(clean("criterion.c9", GOOD | {"question": "Why?"}))  # type: ignore[arg-type]


def test_every_entry_of_the_library_makes_a_record_that_can_be_kept() -> None:
    for problem_type in ("", *content().problem_types):
        library = library_for(problem_type, content())
        for shelf in library.shelves:
            for entry in shelf.entries:
                assert library.entry(entry.key) == entry
                record = clean("criterion.c1", entry.record)
                assert isinstance(record, dict)
                assert to_criterion("c1", record).kind in list(Kind)


@pytest.fixture
def cast(db: None) -> Cast:
    return build_cast()


@pytest.fixture
def charter(cast: Cast) -> Charter:
    return write_charter(cast)


def typed(**changes: str) -> dict[str, str]:
    record = {part: "on" if value is True else str(value) for part, value in GOOD.items()} | changes
    return {f"criterion.c1.{part}": value for part, value in record.items()} | {"v:criterion.c1": "1"}


def test_typing_is_checked_and_saves_nothing(cast: Cast, charter: Charter) -> None:
    client, url = signed_in(cast.max), reverse("charters:criterion_check", args=[charter.pk, "c1"])
    before = draft_of(charter).versions
    good = client.post(url, typed(target="0.8")).content.decode()
    assert "<b>at least 0.8</b>" in good
    assert "It can be measured as it stands" in good
    bad = client.post(url, typed(target="a lot", tolerance="0.1")).content.decode()
    assert "Target: a number such as 0.75." in bad
    assert "equal to" in bad
    assert draft_of(charter).versions == before
    assert client.post(url, {"criterion.c1.name": "a\0b"}).status_code in (200, 400)
    assert client.post(url).status_code == 200


def test_the_page_works_without_scripts(cast: Cast, charter: Charter) -> None:
    client, url = signed_in(cast.max), reverse("charters:criterion", args=[charter.pk, "c1"])
    page = client.get(url).content.decode()
    assert "It can be measured as it stands" in page
    refused = client.post(url, typed(target="NaN"))
    assert refused.status_code == 422
    assert "Target: a number" in refused.content.decode()
    assert client.post(url, typed(target="0.9")).status_code == 302
    assert dict(draft_of(charter).values["criterion.c1"])["target"] == "0.9"  # type: ignore[arg-type]


def test_how_answers_are_held_against_the_truth_is_written_and_read(cast: Cast, charter: Charter) -> None:
    client, url = signed_in(cast.max), reverse("charters:criterion", args=[charter.pk, "c1"])
    fixed = {"truth_column": "fails", "positive_class": "late", "threshold": "0.55"}
    check = reverse("charters:criterion_check", args=[charter.pk, "c1"])
    said = client.post(check, typed(**fixed)).content.decode()
    assert "yes is <b>“late”</b> from a chance of <b>0.55</b> on" in said
    refused = client.post(url, typed(**fixed | {"threshold": "55"}))
    assert refused.status_code == 422
    assert "more than 0 and less than 1" in refused.content.decode()
    assert client.post(url, typed(**fixed, own_answers="on")).status_code == 422
    assert client.post(url, typed(**fixed)).status_code == 302
    record = dict(draft_of(charter).values["criterion.c1"])  # type: ignore[arg-type]
    assert {part: record[part] for part in fixed} == fixed
    assert 'value="0.55"' in client.get(url).content.decode()


def test_nothing_written_is_not_called_measurable(cast: Cast, charter: Charter) -> None:
    page = signed_in(cast.max).get(f"/charters/{charter.pk}/criteria/new/").content.decode()
    assert "It can be measured as it stands" not in page
    assert "What it lacks is said here" in page


def test_the_server_hashes_an_uploaded_file(cast: Cast, charter: Charter, monkeypatch: Any) -> None:
    client, url = signed_in(cast.max), reverse("charters:criterion", args=[charter.pk, "c1"])
    rows = b"pump,stop\n1,0\n" * 10_000
    sent = typed(file="") | {"upload": SimpleUploadedFile("holdout_2026.csv", rows)}
    assert client.post(url, sent).status_code == 302
    record = dict(draft_of(charter).values["criterion.c1"])  # type: ignore[arg-type]
    assert record["sha256"] == hashlib.sha256(rows).hexdigest()
    assert record["file"] == "holdout_2026.csv"
    monkeypatch.setattr("charters.views.criteria.MAX_UPLOAD", 10)
    refused = client.post(url, typed() | {"upload": SimpleUploadedFile("x.csv", rows)})
    assert refused.status_code == 422
    assert "compute the hash yourself" in refused.content.decode()


def test_the_library_fills_a_new_criterion(cast: Cast, charter: Charter) -> None:
    client, url = signed_in(cast.max), reverse("charters:criterion_new", args=[charter.pk])
    page = client.get(f"{url}?type=classification").content.decode()
    assert "Typical: at least 0.7" in page
    assert "Invoices paid late" in page
    filled = client.get(f"{url}?from=metric-2&type=classification").content.decode()
    assert 'value="recall_score"' in filled
    assert "<b>at least 0.7</b>" in filled
    for odd in ("?type=nothing", "?from=metric-99", "?from=%00"):
        assert client.get(url + odd).status_code in (200, 400), odd


def test_viewers_and_strangers_check_nothing(cast: Cast, charter: Charter) -> None:
    url = reverse("charters:criterion_check", args=[charter.pk, "c1"])
    assert signed_in(cast.vera).post(url, typed()).status_code == 403
    assert signed_in(cast.sten).post(url, typed()).status_code == 404
    assert Client().post(url, typed()).status_code == 302
