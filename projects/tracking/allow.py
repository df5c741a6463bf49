"""What may pass to MLflow: an allow list by method and path, and what requests may carry. Pure.

Everything that is not listed does not exist. `CLOSED` says why known routes stay shut; a test fails
for a route of a newer MLflow that is in neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

READ: Final = "view"
WRITE: Final = "contribute"


class Refused(Exception):
    """A request that does not pass; the message is for the person at the client."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A route of MLflow that is open: `need` is the right in the project, `body` how the body is treated.

    body   "none", "json" (read whole, checked) or "stream" (passed on as it comes)
    """

    need: str
    body: str = "none"


_RUN_READS = ("runs/get", "metrics/get-history", "artifacts/list")
_EXPERIMENT_READS = ("experiments/get", "experiments/get-by-name", "experiments/search")
_MODEL_READS = (
    "registered-models/get",
    "registered-models/search",
    "registered-models/alias",
    "registered-models/get-latest-versions",
    "model-versions/get",
    "model-versions/search",
    "model-versions/get-download-uri",
)
_WRITES = {
    "POST": (
        "experiments/create",
        "experiments/update",
        "experiments/delete",
        "experiments/restore",
        "experiments/set-experiment-tag",
        "experiments/delete-experiment-tag",
        "runs/create",
        "runs/update",
        "runs/delete",
        "runs/restore",
        "runs/log-metric",
        "runs/log-parameter",
        "runs/log-batch",
        "runs/log-model",
        "runs/log-inputs",
        "runs/outputs",
        "runs/set-tag",
        "runs/delete-tag",
        "logged-models",
        "registered-models/create",
        "registered-models/rename",
        "registered-models/set-tag",
        "registered-models/alias",
        "model-versions/create",
        "model-versions/set-tag",
        "model-versions/transition-stage",
    ),
    "PATCH": ("registered-models/update", "model-versions/update"),
    "DELETE": (
        "registered-models/delete",
        "registered-models/delete-tag",
        "registered-models/alias",
        "model-versions/delete",
        "model-versions/delete-tag",
    ),
}
# Searches are reads that come as POST.
_POST_READS = (
    "runs/search",
    "experiments/search",
    "logged-models/search",
    "registered-models/get-latest-versions",
)
API: Final = "/api/2.0/mlflow/"
ARTIFACTS: Final = "/api/2.0/mlflow-artifacts/artifacts"
ID: Final = r"[A-Za-z0-9_-]{1,64}"


def _plain() -> dict[tuple[str, str], Rule]:
    rules = {("GET", f"{API}{name}"): Rule(READ) for name in (*_RUN_READS, *_EXPERIMENT_READS, *_MODEL_READS)}
    rules |= {("POST", f"{API}{name}"): Rule(READ, "json") for name in _POST_READS}
    for method, names in _WRITES.items():
        rules |= {(method, f"{API}{name}"): Rule(WRITE, "json") for name in names}
    rules["GET", "/api/3.0/mlflow/server-info"] = Rule(READ)
    rules["GET", ARTIFACTS] = Rule(READ)
    return rules


PLAIN: Final[Mapping[tuple[str, str], Rule]] = _plain()
PATTERNS: Final[tuple[tuple[str, re.Pattern[str], Rule], ...]] = (
    ("GET", re.compile(f"{API}logged-models/{ID}"), Rule(READ)),
    ("GET", re.compile(f"{API}logged-models/{ID}/artifacts/directories"), Rule(READ)),
    ("PATCH", re.compile(f"{API}logged-models/{ID}"), Rule(WRITE, "json")),
    ("PATCH", re.compile(f"{API}logged-models/{ID}/tags"), Rule(WRITE, "json")),
    ("POST", re.compile(f"{API}logged-models/{ID}/params"), Rule(WRITE, "json")),
    ("DELETE", re.compile(f"{API}logged-models/{ID}"), Rule(WRITE, "json")),
    ("DELETE", re.compile(rf"{API}logged-models/{ID}/tags/[\w. -]{{1,250}}"), Rule(WRITE, "json")),
    ("GET", re.compile(f"{ARTIFACTS}/.+"), Rule(READ)),
    ("PUT", re.compile(f"{ARTIFACTS}/.+"), Rule(WRITE, "stream")),
    ("DELETE", re.compile(f"{ARTIFACTS}/.+"), Rule(WRITE, "json")),
)
ODD: Final = re.compile(r"[\x00-\x1f\x7f\\%;#?]|//|(?:^|/)\.{1,2}(?:/|$)")


def rule_for(method: str, path: str) -> Rule:
    """The rule of an open route. Raises `Refused` for a path with odd parts and for every other route.

    `path` is the part behind the project, decoded once. Encoded separators, dots that climb, backslashes and
    a second layer of encoding therefore show as what they are.
    """
    if ODD.search(path):
        raise Refused("This path is not allowed.")
    found = PLAIN.get((method, path))
    if found is not None:
        return found
    for verb, pattern, rule in PATTERNS:
        if verb == method and pattern.fullmatch(path):
            return rule
    raise Refused("This part of MLflow is not open here.")


_SOURCE: Final = re.compile(r"(?:runs:/|models:/|mlflow-artifacts:/)[\w./ @-]{1,500}")
_UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")
_TEXTS: Final = ("run_id", "run_uuid", "experiment_id", "model_id", "name", "new_name", "alias", "key")
_PROMPT: Final = "mlflow.prompt."


def check_query(values: Mapping[str, list[str]]) -> None:
    """Refuse what no client sends: a path that climbs, another tracking root, a list without end."""
    for name, given in values.items():
        if len(given) > 50:
            raise Refused(f"{name}: at most 50 values.")
        if any(has_unwritable(value) for value in given):
            raise Refused(f"{name}: a character that cannot be written.")
        paths = given if name in ("path", "artifact_path", "filename") else ()
        if any(ODD.search(path) or path.startswith("/") for path in paths):
            raise Refused(f"{name}: a path below the artifacts of the run.")


def check_place(path: str, slug: str, query: Mapping[str, list[str]]) -> None:
    """Refuse files of another project: artifacts lie below the workspace of their own."""
    places = [path.removeprefix(f"{ARTIFACTS}/")] if path.startswith(f"{ARTIFACTS}/") else []
    if path == ARTIFACTS:
        places = query.get("path") or [""]
    if not all(_is_own(place, slug) for place in places):
        raise Refused("These files belong to another project.")


def _is_own(place: str, slug: str) -> bool:
    return f"{place}/".startswith(f"workspaces/{slug}/")


def check_body(body: Mapping[str, Any], slug: str) -> None:
    """Refuse bodies that name places outside the project's own artifacts, or turn a model into a prompt."""
    if body.get("artifact_location"):
        raise Refused("artifact_location: the place of artifacts is chosen by the server.")
    source = body.get("source")
    if source is not None and (not isinstance(source, str) or not _is_inside(source, slug)):
        raise Refused("source: runs:/…, models:/… or mlflow-artifacts:/… of this project.")
    for name in _TEXTS:
        if not isinstance(body.get(name, ""), str):
            raise Refused(f"{name}: a text.")
    _check_metrics(body)
    for tag in _tags(body):
        if str(tag.get("key", "")).startswith(_PROMPT):
            raise Refused(f"tags: {_PROMPT}* is not open here.")
    if str(body.get("key", "")).startswith(_PROMPT):
        raise Refused(f"key: {_PROMPT}* is not open here.")
    artifact = body.get("path") or body.get("artifact_path")
    if isinstance(artifact, str) and ODD.search(artifact):
        raise Refused("path: a path below the artifacts of the run.")


def _is_inside(source: str, slug: str) -> bool:
    scheme, _, place = source.partition(":/")
    if not _SOURCE.fullmatch(source) or ODD.search(place):
        return False
    return scheme != "mlflow-artifacts" or _is_own(place, slug)


def _check_metrics(body: Mapping[str, Any]) -> None:
    """MLflow takes rows that are no metrics and says that all is well; the client is better told."""
    metrics = body.get("metrics", [])
    if not isinstance(metrics, list):
        raise Refused("metrics: a list.")
    if not isinstance(body.get("value", ""), str | int | float):
        raise Refused("value: a number or a text.")
    for row in [body, *metrics]:
        if not isinstance(row, Mapping):
            raise Refused("metrics: a list of objects.")
        for name in ("step", "timestamp"):
            if not _is_whole(row.get(name, 0)):
                raise Refused(f"{name}: a whole number of 64 bits.")
    alone = [body] if "timestamp" in body and "key" in body else []
    for row in [*alone, *metrics]:
        if not isinstance(row.get("key"), str) or not _is_number(row.get("value")):
            raise Refused("metrics: each needs a key, which is a text, and a value, which is a number.")


def _is_whole(given: Any) -> bool:
    if type(given) is int:
        return -(2**63) <= given < 2**63
    if isinstance(given, str) and re.fullmatch(r"-?\d{1,19}", given):
        return -(2**63) <= int(given) < 2**63
    return False


def _is_number(given: Any) -> bool:
    """JSON has no NaN and no infinity; clients write them as words."""
    if type(given) is float:
        return True
    if isinstance(given, str):
        try:
            float(given)
        except ValueError:
            return False
        return True
    return isinstance(given, int | float) and not isinstance(given, bool)


def has_unwritable(value: Any) -> bool:
    """Whether a text in a JSON value has a NUL or half a character, which no database takes."""
    if isinstance(value, str):
        return bool(_UNWRITABLE.search(value))
    if isinstance(value, Mapping):
        return any(has_unwritable(key) or has_unwritable(part) for key, part in value.items())
    return isinstance(value, list) and any(has_unwritable(part) for part in value)


def _tags(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tags = body.get("tags")
    return [tag for tag in tags if isinstance(tag, Mapping)] if isinstance(tags, list) else []


# Known families of MLflow's routes that stay shut, with the reason.
CLOSED: Final[Mapping[str, str]] = {
    r".*/gateway.*": "calls other services with stored keys",
    r".*/(assistant|mcp).*": "runs commands",
    r".*/jobs.*": "runs work on the server",
    r".*/webhooks.*": "calls addresses that a client chose",
    r".*/(users|permissions|roles|signup).*": "people and rights are kept by the product",
    r".*/workspaces.*": "one workspace for each project, made by the product",
    r".*/mlflow-artifacts/mpu/.*": "uploads in parts leave remains",
    r".*presigned.*": "addresses that work without a token",
    r".*(get-artifact|/graphql).*": "for MLflow's own page alone, in its own words: see allow_page",
    r".*/(traces|unified-traces|get-online-trace-details|trace).*": "not used by the product",
    r".*/(scorers|prompt.*|assessments|label-schemas|review.*|secrets|issues|datasets|demo).*": (
        "not used by the product"
    ),
    r".*/metrics/get-history-bulk.*": "for MLflow's own page alone: see allow_page",
    r"/api/2\.0mlflow/.*": "a slip in MLflow: the slash is missing, no client finds it",
    r"/ajax-api/.*": "for MLflow's own page alone, on a cookie of its own: see allow_page",
    r"/(static-files|build)/.*": "for MLflow's own page alone: see allow_page",
    r"/(version|health|metrics)?": "the product has its own",
    r"/(openapi\.json|docs.*|redoc)": "MLflow's own page",
    r"/v1/.*": "traces in OpenTelemetry's form; not used by the product",
}
