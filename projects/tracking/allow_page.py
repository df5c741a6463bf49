"""What MLflow's own page may ask for, beside what its client may. Pure.

The page says `/ajax-api/2.0/mlflow/…` where programs say `/api/2.0/mlflow/…`: the same list holds for both.
What only the page needs is listed here; it is open to a visitor with a cookie and never to a token.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from projects.tracking import allow
from projects.tracking.allow import READ, Refused, Rule

ROOT: Final = "/"
AJAX: Final = "/ajax-api/2.0/mlflow/"
SERVER_INFO: Final = "/ajax-api/3.0/mlflow/server-info"
GRAPHQL: Final = "/graphql"
STATIC: Final = "/static-files/"
# Asked for at every list of runs, with a complaint where nothing answers: the gate says that there is none.
GATEWAY: Final = ("GET", f"{AJAX}gateway-proxy")
_FILES: Final = re.compile(rf"{AJAX}logged-models/{allow.ID}/artifacts/files")
_STATIC: Final = re.compile(rf"{STATIC}[\w./-]{{1,200}}")
# Files that a run or a version has kept, by run or by name; MLflow looks them up in the workspace.
ARTIFACTS: Final = ("/get-artifact", "/model-versions/get-artifact")
# By SHA-256 of their words: every question that the page of this version of MLflow asks.
QUESTIONS: Final[Mapping[str, str]] = {
    "b0b11bbd4dd630e2ce1e2819bb0cdd276524cd33c786fbda4f6c2342a16036d1": "GetRun",
    "3d1729fa10bba304cc62cb838ce225913582a815d55107c0d29bad6960075a9d": "GetMetricHistoryBulkInterval",
    "e5130d9a9bcaeb651372a65c0467dfd63ebb9c8e56079a32399d580f71c80a1e": "MlflowGetExperimentQuery",
    "cc49c14ac7bfd321e765935b154cb843f5c54e80c6805e19cee6e85fc0af0b7f": "SearchRuns",
}
PLAIN: Final[Mapping[tuple[str, str], Rule]] = {
    ("GET", ROOT): Rule(READ),
    ("GET", SERVER_INFO): Rule(READ),
    ("GET", f"{AJAX}metrics/get-history-bulk"): Rule(READ),
    ("GET", f"{AJAX}metrics/get-history-bulk-interval"): Rule(READ),
    ("POST", f"{AJAX}experiments/search-datasets"): Rule(READ, "json"),
    ("POST", GRAPHQL): Rule(READ, "json"),
    **{("GET", path): Rule(READ) for path in ARTIFACTS},
}


def rule_for(method: str, path: str) -> tuple[Rule, str]:
    """The rule of a route that the page may use, and how MLflow's programs call it."""
    if allow.ODD.search(path):
        raise Refused("This path is not allowed.")
    found = PLAIN.get((method, path))
    if found is not None:
        return found, path
    if method == "GET" and (_STATIC.fullmatch(path) or _FILES.fullmatch(path)):
        return Rule(READ), path
    if path.startswith(AJAX):
        inward = f"{allow.API}{path.removeprefix(AJAX)}"
        return allow.rule_for(method, inward), inward
    raise Refused("This part of MLflow is not open here.")


def is_file(path: str) -> bool:
    """Whether an answer is a file that somebody has kept with a run or a model."""
    return path in ARTIFACTS or bool(_FILES.fullmatch(path))


def check_question(body: Mapping[str, Any]) -> None:
    """Refuse every question in GraphQL that is not word for word one of the page's own; values may differ."""
    asked = body.get("query")
    if not isinstance(asked, str) or digest_of(asked) not in QUESTIONS:
        raise Refused("query: this question is not open here.")
    values = body.get("variables")
    if not isinstance(values, Mapping) or not all(isinstance(value, Mapping) for value in values.values()):
        raise Refused("variables: an object of objects.")


def digest_of(question: str) -> str:
    """What is kept of a question: its words without `__typename`, which the page adds by itself."""
    words = " ".join(word for word in question.split() if word != "__typename")
    return hashlib.sha256(words.encode()).hexdigest()
