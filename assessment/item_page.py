"""One question in the room: the dots, what was agreed, and who answered what where names may be seen."""

from __future__ import annotations

import hashlib
from typing import Any

from assessment.answer_pages import content_of, describe
from assessment.disagreement import Counts, dots_of, people_on, splits_of
from assessment.forms import ConsensusForm
from assessment.models import AnswerFile, Assessment, Consensus
from assessment.question_bank import Item
from assessment.question_bank import Questionnaire as Bank
from assessment.result_words import first_lower


def item_context(
    assessment: Assessment, item: Item, counts: Counts, *, names: bool, manages: bool
) -> dict[str, Any]:
    questionnaire = counts.questionnaire
    agreed = {found.item: found for found in Consensus.objects.filter(assessment=assessment)}
    answers = people_on(assessment, item)
    routed = [
        (a.respondent.function, a.state, a.level) for a in answers if a.respondent.function in item.functions
    ]
    maturity = item.kind == "maturity"
    splits = splits_of(counts, agreed)
    place = next((number for number, split in enumerate(splits) if split.item.key == item.key), None)
    consensus = agreed.get(item.key)
    return {
        "assessment": assessment,
        "item": item,
        "dimension": questionnaire.dimensions[item.dimension],
        "pillar": questionnaire.pillars[item.pillar],
        "dots": dots_of(counts, item, routed, confidential=not names) if maturity else None,
        "finding": _finding(counts, item) if maturity else "",
        "gates": [gate for gate in questionnaire.gates if gate.item == item.key],
        "splits": splits,
        "place": place,
        "following": _following(splits, place),
        "consensus": consensus,
        "form": ConsensusForm(initial=_initial(consensus)),
        "names": names,
        "manages": manages,
        "people": _people(answers, item, questionnaire, assessment) if names else [],
        "remarks": [] if names or not manages else _remarks(answers),
        "values": [] if maturity or not (names or manages) else _values(answers, item, names),
    }


def _initial(consensus: Consensus | None) -> dict[str, Any]:
    if consensus is None:
        return {}
    return {"level": consensus.level, "reason": consensus.reason, "who_differs": consensus.who_differs}


def _following(splits: list[Any], place: int | None) -> Any:
    rest = splits if place is None else splits[place + 1 :]
    return next((split for split in rest if split.consensus is None), None)


def _finding(counts: Counts, item: Item) -> str:
    """Who stands highest and lowest, in the words of the sentences they chose."""
    groups = [group for group in counts.tally.get(item.key, ()) if group.level is not None]
    if len(groups) < 2:
        return "Too few functions gave a level to compare them."
    high = max(groups, key=lambda group: group.level or 0)
    low = min(groups, key=lambda group: group.level or 0)
    if float((high.level or 0) - (low.level or 0)) < 1:
        return "Functions stand within one level of each other."
    top, bottom = (counts.columns.title(group.members) for group in (high, low))
    highest, lowest = (float(group.level or 0) for group in (high, low))
    return f"{top} at {highest:.1f}, {first_lower(bottom)} at {lowest:.1f}."


def _people(
    answers: list[Any], item: Item, questionnaire: Bank, assessment: Assessment
) -> list[dict[str, Any]]:
    files: dict[object, list[AnswerFile]] = {}
    kept = AnswerFile.objects.select_related("file").filter(respondent__assessment=assessment, item=item.key)
    for one in kept:
        files.setdefault(one.respondent_id, []).append(one)
    return [
        {
            "name": str(answer.respondent),
            "function": questionnaire.functions[answer.respondent.function].title,
            "text": describe(item, content_of(answer)),
            "answer": answer,
            "voluntary": answer.respondent.function not in item.functions,
            "files": files.get(answer.respondent_id, []),
        }
        for answer in answers
    ]


def _remarks(answers: list[Any]) -> list[str]:
    """Comments of a confidential round, in an order that says nothing about who wrote them."""
    texts = [answer.comment for answer in answers if answer.comment]
    return sorted(texts, key=lambda text: hashlib.sha256(text.encode()).hexdigest())


def _values(answers: list[Any], item: Item, names: bool) -> list[str]:
    texts = sorted(describe(item, content_of(answer)) for answer in answers)
    return texts if names or len(texts) >= 3 else []
