"""The review: which items split the room, what is agreed already, and what closing will freeze."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from assessment.disagreement import counts_of, splits_of
from assessment.models import Assessment, Consensus
from ui.words import counted, sentence


def review_context(assessment: Assessment) -> dict[str, Any]:
    counts = counts_of(assessment)
    agreed = {found.item: found for found in Consensus.objects.filter(assessment=assessment)}
    splits = splits_of(counts, agreed)
    left = [split for split in splits if split.consensus is None]
    submitted = assessment.respondents.exclude(submitted_at=None).count()
    asked = assessment.respondents.count()
    return {
        "assessment": assessment,
        "splits": splits,
        "title": _title(len(splits), len(left)),
        "legend": [(column.title, column.members[0]) for column in counts.columns.groups if column.members],
        "facts": [
            {"term": "State", "value": "In review, answers are locked"},
            {"term": "Handed in", "value": f"{submitted} of {asked}"},
            {"term": "Agreed so far", "value": f"{len(splits) - len(left)} of {len(splits)}"},
            {"term": "Scores", "value": "Provisional until the round is closed"},
        ],
        "buttons": [
            {"label": "Open again…", "url": reverse("assessment:reopen", args=[assessment.pk])},
            {
                "label": "Close the round…",
                "url": reverse("assessment:close", args=[assessment.pk]),
                "kind": "" if left else "primary",
            },
            *(
                [
                    {
                        "label": "Start with the widest gap",
                        "url": reverse("assessment:item", args=[assessment.pk, left[0].item.key]),
                        "kind": "primary",
                    }
                ]
                if left
                else []
            ),
        ],
    }


def _title(total: int, left: int) -> str:
    if not total:
        return "No item splits the room"
    if not left:
        return sentence(f"{counted(total, 'item that splits', 'items that split')} the room talked over")
    return sentence(f"{counted(left, 'item splits', 'items split')} the room")
