"""Prints every route of the mounted MLflow as JSON: pairs of method and path. Run in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import django

django.setup()

from projects.tracking import server  # noqa: E402


def fastapi_routes(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Routes of FastAPI with those of routers that were included; the Flask app is listed apart."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from fastapi_routes(route.effective_candidates(), prefix)
        elif type(getattr(route, "app", None)).__name__ == "_EfficientWSGIMiddleware":
            continue
        elif type(route).__name__ == "Mount":
            yield "GET", f"{prefix}{route.path}/<path:rest>"
        else:
            for method in getattr(route, "methods", None) or ["GET"]:
                yield method, f"{prefix}{route.path}"


def flask_routes() -> Iterator[tuple[str, str]]:
    from mlflow.server import app

    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            yield method, rule.rule


def main() -> None:
    streamed, ruled = sorted({*fastapi_routes(server.whole().routes)}), sorted({*flask_routes()})
    json.dump({"all": sorted({*streamed, *ruled}), "ruled": ruled}, sys.stdout)


main()
