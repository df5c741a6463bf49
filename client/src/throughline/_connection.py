"""Where the project is and how it is asked: by what MLflow's own client is set up with."""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

SECONDS = 30
MOST_BYTES = 5 * 1024 * 1024
SERVER_INFO = "/api/3.0/mlflow/server-info"


class ThroughlineError(Exception):
    """What a person at the script can read: what is missing, or what the server said."""


class _NoRedirect(HTTPRedirectHandler):
    """A token goes to the address that was asked and to no other."""

    def redirect_request(self, *parts: Any) -> None:
        return None


def tracking_uri() -> str:
    """The project's address for MLflow. Raises ThroughlineError unless it is one of Throughline's."""
    import mlflow

    address = str(mlflow.get_tracking_uri()).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.path.startswith("/mlflow/"):
        raise ThroughlineError(
            "MLFLOW_TRACKING_URI is not the address of a project. Copy it from the project’s page “Connect”."
        )
    return address


def slug() -> str:
    """The project's short name."""
    return urlsplit(tracking_uri()).path.removeprefix("/mlflow/").partition("/")[0]


def pages_url() -> str:
    """Where the pages and the API are: THROUGHLINE_URL, or what the tracking server says."""
    given = os.environ.get("THROUGHLINE_URL", "").rstrip("/")
    found = given or str(get(f"{tracking_uri()}{SERVER_INFO}").get("throughline_url", "")).rstrip("/")
    if not found.startswith(("http://", "https://")):
        raise ThroughlineError("The tracking server does not say where the pages are. Set THROUGHLINE_URL.")
    return found


def get(address: str) -> dict[str, Any]:
    """A JSON object from an address, asked with the token of MLflow's client."""
    token = os.environ.get("MLFLOW_TRACKING_TOKEN", "")
    if not token:
        raise ThroughlineError(
            "MLFLOW_TRACKING_TOKEN is not set. The project’s page “Connect” makes a token."
        )
    request = Request(address, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})  # noqa: S310
    try:
        with build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
            body = json.loads(answer.read(MOST_BYTES))
    except HTTPError as error:
        with error:
            raise ThroughlineError(f"{address} answered {error.code}. {_words(error)}".rstrip()) from None
    except (URLError, OSError, HTTPException) as error:
        raise ThroughlineError(f"{address} does not answer: {error}") from error
    except ValueError:
        raise ThroughlineError(f"{address} did not answer in JSON.") from None
    if not isinstance(body, dict):
        raise ThroughlineError(f"{address} did not answer as expected.")
    return body


def _words(error: HTTPError) -> str:
    """What the server said, in either of the forms that it writes errors in."""
    try:
        body = json.loads(error.read(MOST_BYTES))
    except (ValueError, OSError):
        return ""
    if not isinstance(body, dict):
        return ""
    inner = body.get("error")
    found = inner.get("message") if isinstance(inner, dict) else body.get("message") or body.get("detail")
    return str(found or "")
