"""Readings, verdicts, learning and the decision of a charter in force."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, OutgoingMail
from assessment.models import Observation
from charters.actions import (
    Choice,
    Proof,
    decide,
    record_learning,
    record_reading,
    start_revision,
    withdraw_learning,
)
from charters.erasing import erase
from charters.keeping import standing_of
from charters.kept_page import similar_learnings
from charters.models import ChangeRequest, Charter, Decision, Learning, Reading, Revision
from charters.queries import revision_in_force
from roadmap.models import InitiativeChoice, ItemProgress, NextStep, OwnInitiative
from roadmap.use_case_actions import create_use_case
from tests.assessment.cast import standard_questionnaires
from tests.charters.cast import PASSWORD, Cast, build_cast, fresh, send_charter
from tests.charters.kept_cast import change_fields, in_force, sign_all
from ui.errors import Conflict, FreshSignInRequired, Invalid, NotAllowed

pytestmark = pytest.mark.django_db

ITEM = "culture.stakeholder_alignment.all_at_table"


@pytest.fixture
def cast() -> Cast:
    standard_questionnaires()
    return build_cast()


def today() -> dt.date:
    return timezone.localdate()


def recall(cast: Cast, revision: Revision, value: float, **more: Any) -> Reading:
    given: dict[str, Any] = {
        "unit": "fraction",
        "metric_key": "recall_score",
        "data_name": "holdout.csv",
        "taken_on": today(),
        "by": cast.signers["project_lead"],
    }
    return record_reading(revision, "c1", value=value, **(given | more))


def outcomes(revision: Revision) -> dict[str, str]:
    return {item.criterion.key: str(item.verdict.outcome) for item in standing_of(revision).judged}


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def signed_in_client(user: Any) -> Client:
    """A client with a fresh sign-in by password."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def page(user: Any, path: str) -> str:
    answer = client_of(user).get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_readings_are_judged_and_kept(cast: Cast) -> None:
    _, revision = in_force(cast)
    assert outcomes(revision) == dict.fromkeys(("c1", "c2", "c3", "c4"), "not_yet")
    recall(cast, revision, 0.7)
    assert outcomes(revision)["c1"] == "missed"
    recall(cast, revision, 0.8)
    assert outcomes(revision)["c1"] == "met"
    recall(cast, revision, 0.9, data_name="bench.csv")
    standing = standing_of(revision)
    assert (standing.verdict.outcome, standing.judged[0].verdict.why) == (
        "does_not_count",
        "Measured on bench.csv; the charter names holdout.csv.",
    )
    assert Reading.objects.count() == 3
    entry = AuditEvent.objects.filter(event="charter.reading").latest("number")
    assert (entry.data["criterion"], entry.data["value"]) == ("c1", 0.9)
    assert audit.verify().intact


def test_all_figures_of_a_model_are_read_for_one_version(cast: Cast) -> None:
    _, revision = in_force(cast)
    recall(cast, revision, 0.9, candidate="bearing 6")
    drift = {"unit": "none", "metric_key": "psi_max", "taken_on": today(), "by": cast.frida}
    record_reading(revision, "c3", value=0.1, candidate="bearing 7", **drift)
    assert standing_of(revision).candidate == "bearing 7"
    assert (outcomes(revision)["c1"], outcomes(revision)["c3"]) == ("not_yet", "met")
    nominated = standing_of(revision, candidate="bearing 6")
    assert [str(item.verdict.outcome) for item in nominated.judged][:3] == ["met", "not_yet", "not_yet"]


@pytest.mark.parametrize(
    ("key", "values", "field"),
    [
        ("c9", {"value": 0.5}, "criterion"),
        ("c1", {"value": float("nan")}, "value"),
        ("c1", {"value": float("inf")}, "value"),
        ("c1", {"value": 1e300}, "value"),
        ("c1", {"value": None}, "value"),
        ("c1", {"value": 75.0, "unit": "fraction"}, "value"),
        ("c1", {"value": 0.5, "data_sha256": "abc"}, "data_sha256"),
        ("c1", {"value": 0.5, "candidate": "a\x00b"}, "candidate"),
        ("c1", {"value": 0.5, "metric_key": "m" * 251}, "metric_key"),
        ("c1", {"value": 0.5, "taken_on": dt.date(2999, 1, 1)}, "taken_on"),
        ("c1", {"value": 0.5, "source": "rumor"}, "source"),
        ("c2", {"value": 16.0, "unit": "count"}, "proof"),
        ("c4", {"answer": "Yes"}, "proof"),
        ("c4", {"answer": "Yes", "proof": "Notes", "value": 1.0}, "value"),
    ],
)
def test_what_no_reading_can_be_is_named(cast: Cast, key: str, values: dict[str, Any], field: str) -> None:
    _, revision = in_force(cast)
    with pytest.raises(Invalid) as refused:
        record_reading(revision, key, by=cast.frida, **{"taken_on": today(), **values})
    assert field in refused.value.fields
    assert not Reading.objects.exists()


def test_readings_outlive_a_moved_bar(cast: Cast) -> None:
    charter, first = in_force(cast)
    recall(cast, first, 0.72)
    start_revision(charter, by=cast.frida, reason="Two plants")
    change_fields(cast, charter, criterion__c1={"target": "0.7"})
    sign_all(cast, send_charter(cast, charter))
    second = revision_in_force(charter)
    assert second is not None
    assert outcomes(second)["c1"] == "met"
    with pytest.raises(Conflict, match="is not in force"):
        recall(cast, first, 0.9)
    start_revision(charter, by=cast.frida, reason="Another file")
    change_fields(cast, charter, criterion__c1={"file": "other.csv"})
    sign_all(cast, send_charter(cast, charter))
    third = revision_in_force(charter)
    assert third is not None
    assert outcomes(third)["c1"] == "not_yet"


def test_the_outcome_owner_hears_of_a_changed_verdict(cast: Cast) -> None:
    _, revision = in_force(cast)
    mails = OutgoingMail.objects.filter(template="emails/charter_verdict")
    recall(cast, revision, 0.7)
    assert [mail.to for mail in mails] == ["rolf@halvorsen.example"]
    assert mails[0].subject.endswith("Failures announced 14 days ahead: missed")
    recall(cast, revision, 0.71)
    assert mails.count() == 1


def test_readings_by_form(cast: Cast) -> None:
    charter, _ = in_force(cast)
    path = f"/charters/{charter.pk}/readings/"
    given = {"value": "0.8", "unit": "fraction", "metric_key": "recall_score", "data_name": "holdout.csv",
             "taken_on": today().isoformat()}  # fmt: skip
    priya = client_of(cast.signers["project_lead"])
    assert priya.get(f"{path}c1/new/").status_code == 200
    assert priya.post(f"{path}c1/new/", given | {"value": "much"}).status_code == 422
    assert priya.post(f"{path}c1/new/", given | {"value": "75"}).status_code == 422
    assert priya.post(f"{path}c1/new/", given).status_code == 302
    assert priya.get(f"{path}c9/new/").status_code == 404
    assert priya.get(f"{path}c4/new/").status_code == 200
    shown = page(cast.vera, path)
    assert "Self-reported by Priya Nandakumar" in shown
    assert "The one must is met" in shown
    assert "Hand in a figure" not in shown
    assert client_of(cast.max).get(f"{path}c1/new/").status_code == 403
    assert client_of(cast.vera).get(f"{path}c1/new/").status_code == 403
    assert client_of(cast.sten).get(path).status_code == 404
    assert "How it stands" in page(cast.max, f"/charters/{charter.pk}/")


def test_learning_is_tied_and_can_be_withdrawn(cast: Cast) -> None:
    charter, revision = in_force(cast)
    with pytest.raises(Invalid) as refused:
        record_learning(charter, by=cast.frida, learned="", item="no", initiative="no", criterion="c1")
    assert set(refused.value.fields) == {"learned", "item", "initiative", "criterion"}
    recall(cast, revision, 0.5)
    answer = {"answer": "Yes", "proof": "Notes", "taken_on": dt.date(2026, 11, 1)}
    record_reading(revision, "c4", by=cast.frida, **answer)
    assert standing_of(revision).verdict.outcome == "missed"
    loose = record_learning(charter, by=cast.frida, learned="Labels are late", criterion="c4")
    assert standing_of(revision).verdict.outcome == "missed"
    tied = record_learning(charter, by=cast.frida, learned="Ask those who can open a source", item=ITEM)
    standing = standing_of(revision)
    assert standing.verdict.outcome == "met"
    assert "Succeeds on learning alone" in standing.verdict.why
    withdraw_learning(tied, by=cast.frida)
    assert standing_of(revision).verdict.outcome == "missed"
    with pytest.raises(Conflict):
        withdraw_learning(tied, by=cast.frida)
    assert Learning.objects.filter(withdrawn_at=None).get() == loose


def test_learning_by_form(cast: Cast) -> None:
    charter, _ = in_force(cast)
    path = f"/charters/{charter.pk}/learning/"
    frida, priya = client_of(cast.frida), client_of(cast.signers["project_lead"])
    text = html.unescape(priya.get(path).content.decode())
    assert "Who is at the table" in text or "question of the questionnaire" in text
    assert priya.post(path, {"learned": "", "item": "x"}).status_code == 422
    given = {"learned": "Names of who can open a source", "item": ITEM, "initiative": "", "criterion": "c4"}
    assert priya.post(path, given).status_code == 302
    row = Learning.objects.get()
    assert "Names of who can open a source" in page(cast.vera, path)
    assert client_of(cast.max).post(path, given).status_code == 403
    withdraw = f"{path}{row.pk}/withdraw/"
    assert client_of(cast.max).post(withdraw).status_code == 403
    assert client_of(cast.sten).post(withdraw).status_code == 404
    assert frida.post(withdraw).status_code == 302
    assert "Names of who" not in page(cast.vera, path)


def test_learning_is_shown_to_similar_use_cases(cast: Cast) -> None:
    charter, _ = in_force(cast)
    first, alike, other = (
        create_use_case(cast.organization, by=cast.frida, values={"title": title, "problem_type": kind})
        for title, kind in (("A", "classification"), ("B", "classification"), ("C", "forecasting"))
    )
    Charter.objects.filter(pk=charter.pk).update(use_case=first)
    record_learning(charter, by=cast.frida, learned="Labels take six weeks")
    assert [row.row.learned for row in similar_learnings(alike)] == ["Labels take six weeks"]
    assert similar_learnings(other) == []
    assert "Labels take six weeks" in page(cast.vera, f"/roadmap/use-cases/{alike.pk}/")
    assert "Labels take six weeks" not in page(cast.vera, f"/roadmap/use-cases/{other.pk}/")


def choice(outcome: str = "scale", **more: Any) -> Choice:
    given: dict[str, Any] = {"next_action": "Production for two plants", "next_owner": "Rolf Tennfjord"}
    return Choice(outcome, **(given | {"next_on": today() + dt.timedelta(days=30)} | more))


def test_the_outcome_owner_decides(cast: Cast) -> None:
    charter, revision = in_force(cast)
    rolf = cast.signers["outcome_owner"]
    recall(cast, revision, 0.8)
    shown = standing_of(revision).mark
    with pytest.raises(NotAllowed):
        decide(charter, choice(), by=cast.frida, shown=shown, proof=fresh())
    old = Proof("account", "password", timezone.now() - dt.timedelta(minutes=6))
    with pytest.raises(FreshSignInRequired):
        decide(charter, choice(), by=rolf, shown=shown, proof=old)
    with pytest.raises(Conflict, match="Look again"):
        decide(charter, choice(), by=rolf, shown="0" * 32, proof=fresh())
    decision = decide(charter, choice(), by=rolf, shown=shown, proof=fresh())
    charter.refresh_from_db()
    revision.refresh_from_db()
    assert (charter.state, revision.state) == ("closed", "closed")
    assert (decision.as_agreed, decision.reason) == (True, "As agreed: All musts met")
    assert decision.verdict["outcome"] == "met"
    step = NextStep.objects.get()
    assert (step.key, step.owner, step.source) == (
        decision.plan_item, "Rolf Tennfjord", f"Charter {charter.code}"
    )  # fmt: skip
    assert OwnInitiative.objects.filter(key=step.key, archived_at=None).exists()
    assert InitiativeChoice.objects.get(key=step.key).choice == "in"
    told = set(OutgoingMail.objects.filter(template="emails/charter_decided").values_list("to", flat=True))
    assert len(told) == len(cast.signers)
    kinds = set(Observation.objects.values_list("kind", flat=True))
    assert kinds == {"charter.signed_with_owner", "charter.criteria_unchanged"}
    assert audit.verify().intact
    with pytest.raises(Conflict):
        decide(charter, choice(), by=rolf, shown=shown, proof=fresh())
    with pytest.raises(Conflict):
        start_revision(charter, by=cast.frida, reason="Once more")
    with pytest.raises(Conflict):
        recall(cast, revision, 0.9)
    text = page(cast.vera, f"/charters/{charter.pk}/decision/")
    assert "Decided: scale" in text
    assert f"/roadmap/initiatives/{step.key}/" in text
    assert f"/charters/{charter.pk}/decision/" in page(cast.vera, f"/roadmap/initiatives/{step.key}/")


def test_another_decision_than_the_result_calls_for_needs_a_reason(cast: Cast) -> None:
    charter, revision = in_force(cast)
    rolf = cast.signers["outcome_owner"]
    recall(cast, revision, 0.5)
    shown = standing_of(revision).mark
    with pytest.raises(Invalid) as refused:
        decide(charter, choice("scale"), by=rolf, shown=shown, proof=fresh())
    assert "reason" in refused.value.fields
    decision = decide(
        charter, choice("scale", reason="The market moves"), by=rolf, shown=shown, proof=fresh()
    )
    assert (decision.as_agreed, decision.reason) == (False, "The market moves")


def test_a_decision_drops_an_open_change_and_moves_the_roadmap(cast: Cast) -> None:
    use_case = create_use_case(cast.organization, by=cast.frida, values={"title": "A"})
    charter, revision = in_force(cast)
    Charter.objects.filter(pk=charter.pk).update(use_case=use_case, plan_item="poc_2_internal")
    recall(cast, revision, 0.5)
    start_revision(charter, by=cast.frida, reason="More time")
    round_ = send_charter(cast, charter)
    shown = standing_of(revision).mark
    decide(charter, choice("stop"), by=cast.signers["outcome_owner"], shown=shown, proof=fresh())
    round_.refresh_from_db()
    use_case.refresh_from_db()
    assert round_.state == "superseded"
    assert ChangeRequest.objects.get().state == "dropped"
    assert use_case.state == "stopped"
    assert ItemProgress.objects.get(key="poc_2_internal").state == "done"
    assert NextStep.objects.get().poc == "poc_2_internal"
    assert audit.verify().intact


def test_deciding_by_page(cast: Cast) -> None:
    charter, revision = in_force(cast)
    path = f"/charters/{charter.pk}/decision/"
    assert "The outcome owner decides" in page(cast.frida, path)
    assert client_of(cast.frida).post(path, {"outcome": "stop"}).status_code == 403
    rolf = client_of(cast.signers["outcome_owner"])
    text = rolf.get(path).content.decode()
    assert "Your decision as outcome owner" in text
    given = {"shown": standing_of(revision).mark, "outcome": "stop"}
    assert "resume=" in rolf.post(path, given).headers["Location"]
    assert not Decision.objects.exists()
    fresh_client = signed_in_client(cast.signers["outcome_owner"])
    assert fresh_client.post(path, given).status_code == 422
    answer = fresh_client.post(path, given | {"reason": "Nobody measured", "next_on": "2999-01-01"})
    assert answer.status_code == 422
    soon = (today() + dt.timedelta(days=30)).isoformat()
    answer = fresh_client.post(path, given | {"reason": "Nobody measured", "next_on": soon})
    assert answer.status_code == 302
    assert Decision.objects.get().outcome == "stop"
    assert fresh_client.post(path, given).status_code == 409


def test_the_database_keeps_decisions_single_and_reasoned(cast: Cast) -> None:
    charter, revision = in_force(cast)
    recall(cast, revision, 0.8)
    shown = standing_of(revision).mark
    decision = decide(charter, choice(), by=cast.signers["outcome_owner"], shown=shown, proof=fresh())
    for changes in ({"reason": ""}, {"outcome": "wait"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(**changes)
    decision.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        decision.save(force_insert=True)


def test_scale_iterate_and_stop_are_settled_before_anyone_signs(cast: Cast) -> None:
    for missing in ("condition", "owner", "on"):
        agreed = {"condition": "All musts met", "owner": "Rolf", "on": "2026-12-18", "reserved": "Money"}
        del agreed[missing]
        with pytest.raises(Invalid) as refused:
            in_force(cast, pathway__iterate=agreed)
        assert "charter.no_pathway" in refused.value.details["problems"]


def test_an_erased_person_leaves_readings_and_learning_without_a_name(cast: Cast) -> None:
    charter, revision = in_force(cast)
    gunhild = cast.signers["domain_expert"]
    record_reading(
        revision, "c4", by=gunhild, answer="Yes, says Gunhild Strand", proof="Notes", taken_on=today()
    )
    record_learning(charter, by=gunhild, learned="Ask Gunhild Strand first")
    start_revision(charter, by=cast.frida, reason="Gunhild Strand asked for it")
    erase(gunhild, {gunhild.email})
    for row in (Reading.objects.get(), Learning.objects.get(), ChangeRequest.objects.get()):
        assert "Gunhild" not in " ".join(str(value) for value in vars(row).values())
    assert Reading.objects.get().audit is not None


def test_nothing_is_decided_in_an_archived_organization(cast: Cast) -> None:
    charter, revision = in_force(cast)
    recall(cast, revision, 0.8)
    shown = standing_of(revision).mark
    cast.organization.archived_at = timezone.now()
    cast.organization.save()
    with pytest.raises(NotAllowed):
        decide(charter, choice(), by=cast.signers["outcome_owner"], shown=shown, proof=fresh())
