"""What the tests of printed reports share: results and plans without database, and reading a PDF."""

from __future__ import annotations

import io
import json
import re
import subprocess
from datetime import date
from functools import cache, lru_cache
from typing import Any

import pypdf

from assessment.question_bank import Questionnaire, load_questionnaire
from assessment.scoring import score
from reports.roadmap_chapters import Surroundings
from roadmap.catalogue import gate_rows
from roadmap.planner import plan
from roadmap.problem import PlanProblem
from roadmap.standard import default_capacity, role_names, standard_catalogue
from tests.assessment.rounds import FIXTURES, demo_round

AS_OF = date(2026, 11, 20)
# The margin above and below the text, 22 mm in points.
MARGIN = 62.4


@cache
def questionnaire() -> Questionnaire:
    return load_questionnaire(FIXTURES / "questionnaires" / "readiness.yaml")


def result(number: int = 2, **more: Any) -> dict[str, Any]:
    """The demo's round 1 or 2 as a result, as it would be stored."""
    respondents, answers = demo_round(number)
    found = score(questionnaire(), respondents, answers, target_phase=2, **more).to_dict()
    found["round"] = {"title": f"Round {number}", "invited": len(respondents), "consensus": []}
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def empty_result() -> dict[str, Any]:
    """A round that nobody answered."""
    return score(questionnaire(), [], [], target_phase=2).to_dict()


@cache
def stored_plan(budget: int = 900_000, by_week: int = 104) -> str:
    unknown = tuple(
        (item, int(level)) for item, level in (key.split(":") for key in result()["unknown_gates"])
    )
    problem = PlanProblem(
        standard_catalogue(),
        gate_rows(questionnaire()),
        AS_OF,
        2,
        levels=result()["current_levels"],
        capacity=default_capacity(),
        budget=budget,
        by_week=by_week,
        unknown=unknown,
    )
    return json.dumps([plan(problem).to_dict(), problem.to_dict()])


def planned(**more: Any) -> tuple[dict[str, Any], Surroundings]:
    """A plan from round 2 with all that the report says in words."""
    made, problem = json.loads(stored_plan(**more))
    catalogue = standard_catalogue()
    around = Surroundings(
        currency="EUR",
        round_title="Round 2",
        gates={gate.key: gate.title for gate in questionnaire().gates},
        initiatives={entry.key: entry.title for entry in catalogue.initiatives},
        done_when={entry.key: entry.done_when for entry in catalogue.initiatives},
        codes={key: dimension.code for key, dimension in questionnaire().dimensions.items()},
        pillars={key: pillar.title for key, pillar in questionnaire().pillars.items()},
        roles=role_names(),
        phases={phase.phase: phase.title for phase in questionnaire().phases},
        problem=problem,
    )
    return made, around


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


@lru_cache(maxsize=4)
def pages(content: bytes) -> list[str]:
    """The text of each page, white space folded; reading one takes longer than making it."""
    return [" ".join(page.extract_text().split()) for page in read(content).pages]


def text(content: bytes) -> str:
    return " ".join(pages(content))


def fills(content: bytes) -> list[float]:
    """How far down the text of each page reaches, as a part of the room between head and foot."""
    told = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True)
    found = []
    for page in told.stdout.decode().split("<page ")[1:]:
        height = float(re.search(r'height="([\d.]+)"', page)[1])  # type: ignore[index]
        lowest = [float(at) for at in re.findall(r'<word [^>]*yMax="([\d.]+)"', page)]
        reached = max([at for at in lowest if at <= height - MARGIN], default=MARGIN)
        found.append((reached - MARGIN) / (height - 2 * MARGIN))
    return found


def is_tagged(reader: pypdf.PdfReader) -> bool:
    root: Any = reader.trailer["/Root"]
    return bool(root["/MarkInfo"]["/Marked"]) and "/StructTreeRoot" in root and root["/Lang"] != ""
