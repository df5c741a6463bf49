"""Who gets what at the addresses of assessment, evidence and the questionnaire editor."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from assessment import actions, editing_actions
from assessment.evidence.actions import RosterEntry, save_asset, save_person
from assessment.models import AnswerFile, Assessment, QuestionnaireVersion, Result
from jobs import files
from tests.assessment.cast import GATE_ITEM, answer_all, make_round, respondent_of, standard_questionnaires
from tests.kept import kept
from tests.urls_rows import IN, MISSING, POST, SIGN_IN, Row, at, by_link, everybody, own, signed_in

Make = Callable[[Any], list[Any]]


def _round(cast: Any) -> Assessment:
    return make_round(SimpleNamespace(organization=cast.organization, fay=cast.frank))


def round_with(*more: Any) -> Make:
    """The id of an open round and what follows it in the address."""
    return lambda cast: [_round(cast).pk, *more]


@kept
def reviewed(cast: Any, level: int = 2) -> Assessment:
    """A round in review in which everybody gave this level everywhere."""
    found = _round(cast)
    answer_all(found, level)
    actions.start_review(found, by=cast.frank)
    return found


@kept
def closed(cast: Any, level: int = 2) -> Assessment:
    found = reviewed(cast, level)
    actions.close(found, by=cast.frank)
    return found


def in_review_with(*more: Any) -> Make:
    return lambda cast: [reviewed(cast).pk, *more]


def closed_with(*more: Any) -> Make:
    return lambda cast: [closed(cast).pk, *more]


def two_closed(cast: Any) -> list[Any]:
    return [closed(cast).pk, closed(cast).pk]


def person(cast: Any) -> list[Any]:
    found = _round(cast)
    return [found.pk, respondent_of(found).pk]


def file(cast: Any) -> list[Any]:
    found = _round(cast)
    stored = files.store(b"x", organization=cast.organization, name="x.txt", content_type="text/plain")
    row = AnswerFile.objects.create(respondent=respondent_of(found), item=GATE_ITEM, file=stored)
    return [found.pk, row.pk]


def answering(*more: Any) -> Make:
    """The id of somebody asked, whose answers are open to that person only."""
    return lambda cast: [respondent_of(_round(cast)).pk, *more]


def asset(cast: Any) -> list[Any]:
    return [save_asset(cast.organization, {"name": "Tickets"}, by=cast.frank).pk]


def rostered(cast: Any) -> list[Any]:
    return [save_person(cast.organization, RosterEntry("Priya"), by=cast.frank).pk]


def _draft(cast: Any) -> Any:
    _round(cast)
    return editing_actions.start_draft(cast.organization, key="readiness", by=cast.frank)


def draft_with(*more: Any) -> Make:
    return lambda cast: [_draft(cast).pk, *more]


def own_version(cast: Any) -> list[Any]:
    _round(cast)
    standard = QuestionnaireVersion.objects.get(organization=None)
    standard.pk, standard.organization, standard.version = None, cast.organization, 2
    standard.save()
    return [standard.pk]


def published(cast: Any) -> list[Any]:
    standard_questionnaires()
    return ["readiness"]


def respondent(cast: Any) -> list[Any]:
    return [respondent_of(_round(cast)).pk]


def result(cast: Any) -> list[Any]:
    return [Result.objects.get(assessment=closed(cast)).pk]


ROUNDS = {
    "assessment:list": own("view"),
    "assessment:create": own("manage"),
    "assessment:show": at("view", make=round_with()),
    "assessment:invite": at("manage", make=round_with()),
    "assessment:remind": at("manage", make=round_with(), method=POST),
    "assessment:workshop": at("manage", make=round_with(), method=POST),
    "assessment:open": at("manage", make=round_with()),
    "assessment:review": at("manage", make=round_with()),
    "assessment:close": at("manage", make=in_review_with()),
    "assessment:reopen": at("manage", make=closed_with()),
    "assessment:person": at("manage", make=person),
    "assessment:person_link": at("manage", make=person, method=POST),
    "assessment:person_remind": at("manage", make=person, method=POST),
    "assessment:person_remove": at("manage", make=person, method=POST),
    "assessment:item": at("view", make=closed_with(GATE_ITEM)),
    "assessment:consensus": at("manage", make=in_review_with(GATE_ITEM), method=POST),
    "assessment:consensus_remove": at("manage", make=in_review_with(GATE_ITEM), method=POST),
    "assessment:dimension": at("view", make=closed_with("T3")),
    "assessment:chart_csv": at("view", make=closed_with("pillars")),
    "assessment:chart_live": at("view", make=closed_with("pillars")),
    "assessment:compare": at("view", make=two_closed),
}
ANSWERING = {
    "answer:enter": everybody(make=answering()),
    "answer:join": by_link(make=round_with()),
    "answer:first": by_link(make=answering()),
    "answer:start": by_link(make=answering(), method=POST),
    "answer:function": by_link(make=answering()),
    "answer:dimension": by_link(make=answering("T3")),
    "answer:save": by_link(make=answering("T3"), method=POST),
    "answer:rest": by_link(make=answering()),
    "answer:rest_dimension": by_link(make=answering("T3")),
    "answer:rest_save": by_link(make=answering("T3"), method=POST),
    "answer:save_item": by_link(make=answering(GATE_ITEM), method=POST),
    "answer:upload": by_link(make=answering(GATE_ITEM), method=POST),
    "answer:file": by_link(make=answering(uuid4())),
    "answer:remove_file": by_link(make=answering(uuid4()), method=POST),
    "answer:review": by_link(make=answering()),
    "answer:submit": by_link(make=answering(), method=POST),
    "answer:done": by_link(make=answering()),
    "answer:leave": by_link(make=answering(), method=POST),
    "answer:result": by_link(make=answering()),
}
EVIDENCE = {
    "evidence:assets": own("view"),
    "evidence:asset_new": own("edit"),
    "evidence:asset_import": own("edit"),
    "evidence:asset_template": own("view"),
    "evidence:asset": at("view", make=asset),
    "evidence:asset_archive": at("edit", make=asset, method=POST),
    "evidence:roster": own("view"),
    "evidence:person_new": own("manage"),
    "evidence:roster_import": own("manage"),
    "evidence:roster_template": own("view"),
    "evidence:person": at("manage", make=rostered),
    "evidence:person_archive": at("manage", make=rostered, method=POST),
}
QUESTIONNAIRES = {
    "questionnaires:list": own("view"),
    "questionnaires:start": own("manage", make=published, method=POST),
    "questionnaires:version": at("view", make=own_version),
    "questionnaires:version_export": at("view", make=own_version),
    "questionnaires:draft": at("manage", make=draft_with()),
    "questionnaires:discard": at("manage", make=draft_with()),
    "questionnaires:publish": at("manage", make=draft_with()),
    "questionnaires:export": at("manage", make=draft_with()),
    "questionnaires:import": at("manage", make=draft_with()),
    "questionnaires:frame": at("manage", make=draft_with()),
    "questionnaires:add": at("manage", make=draft_with()),
    "questionnaires:item": at("manage", make=draft_with(GATE_ITEM)),
    "questionnaires:drop": at("manage", make=draft_with(GATE_ITEM)),
}
API = {
    "assessment-list": own("view"),
    "assessment-detail": at("view", make=round_with()),
    "assessment-open": at("manage", make=round_with(), method=POST),
    "assessment-start-review": at("manage", make=round_with(), method=POST),
    "assessment-close": at("manage", make=in_review_with(), method=POST),
    "assessment-reopen": at("manage", make=closed_with(), method=POST),
    # These two ask for the round in the query, and answer that first.
    "respondent-list": signed_in(),
    "answer-list": signed_in(),
    "respondent-detail": at("manage", make=respondent, method="delete"),
    "respondent-remind": at("manage", make=respondent, method=POST),
    "result-list": own("view"),
    "result-detail": at("view", make=result),
    "data-asset-list": own("view"),
    "data-asset-detail": at("view", make=asset),
    "roster-list": own("view"),
    "roster-detail": at("view", make=rostered),
}
ROWS: dict[str, Row] = {
    **API,
    **ROUNDS,
    **ANSWERING,
    **EVIDENCE,
    **QUESTIONNAIRES,
    # Files show whose they are, so for the others they are not there.
    "assessment:file": Row((SIGN_IN, MISSING, MISSING, MISSING, IN, IN), make=file),
}
