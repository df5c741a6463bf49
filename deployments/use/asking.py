"""Asking a deployment for a person of the product, by the same door that programs use.

The gateway is asked over HTTP with a token that is made for this moment, opens this one deployment, and has
the rights that the person has now; it is deleted afterwards. So what people ask on the page is counted, kept
and limited as every other request is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.models.keys import hash_secret, new_secret
from deployments.models import Deployment
from projects.actions.tokens import PREFIX
from projects.models import ProjectToken
from ui.errors import Conflict, DomainError

LIVES = dt.timedelta(minutes=2)
LARGEST = 20 * 1024 * 1024
# On top of the time that the environment gives the model.
PATIENCE = 5.0
# How many times as long the gateway waits for an explanation.
EXPLAINING = 4


class GatewayAway(DomainError):
    """Nothing answers at the address of the gateway."""

    status = 503
    code = "unavailable"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said: predictions, or an error with what does not fit by column."""

    status: int
    body: Mapping[str, Any]
    version: str = ""
    fallback: str = ""
    request_id: str = ""
    retry_after: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def predictions(self) -> list[Any]:
        found = self.body.get("predictions")
        return found if isinstance(found, list) else [found]

    @property
    def error(self) -> str:
        """The error as a sentence, with each column that does not fit."""
        told = self.body.get("error")
        if not isinstance(told, Mapping):
            return f"The gateway answered {self.status}."
        fields = told.get("fields")
        named = fields.items() if isinstance(fields, Mapping) else ()
        parts = [f"{name}: {' '.join(map(str, words))}" for name, words in named]
        return " ".join([str(told.get("message", "")), *parts])[:1000]


class Asker:
    """Asks one deployment, several times over one connection. To be used in a `with`."""

    def __init__(self, deployment: Deployment, by: User) -> None:
        self._deployment, self._by = deployment, by
        self._token: ProjectToken | None = None
        self._secret = ""
        self._connection: HTTPConnection | None = None
        self._patience = deployment.environment.timeout_ms / 1000

    def __enter__(self) -> Asker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()
        if self._connection is not None:
            self._connection.close()

    def ask(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answer:
        """The answers to these rows. Raises GatewayAway where nothing answers."""
        return self._post("invocations", columns, rows)

    def explain(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answer:
        """Why these rows get their answers. The gateway gives this more time than an answer."""
        self._patience = EXPLAINING * self._patience
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return self._post("explain", columns, rows)

    def _post(self, what: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Answer:
        self._renew()
        table = {"dataframe_split": {"columns": list(columns), "data": [list(row) for row in rows]}}
        path = f"{address_of(self._deployment)}/{what}"
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        try:
            status, told, content = self._send(path, json.dumps(table).encode(), headers)
        except (OSError, HTTPException) as error:
            raise GatewayAway(
                "The gateway does not answer. An operator sees why in the log of the gates process."
            ) from error
        return _answer(status, told, content)

    def _send(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request over the kept connection, over a new one where that was closed."""
        if self._connection is None:
            self._connection = _connection(self._patience + PATIENCE)
        try:
            self._connection.request("POST", path, body, dict(headers))
            response = self._connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return response.status, told, response.read(LARGEST)
        except (OSError, HTTPException):
            self._connection.close()
            self._connection = None
            raise

    def _renew(self) -> None:
        """A token that holds for at least half of its life from now."""
        now = timezone.now()
        if self._token is not None and self._token.expires_at and self._token.expires_at - now > LIVES / 2:
            return
        project = self._deployment.project
        if project is None:
            raise Conflict(f"{self._deployment.title} runs elsewhere: it is not asked here.")
        self._forget()
        self._secret = PREFIX + new_secret()
        self._token = ProjectToken.objects.create(
            project=project,
            user=self._by,
            scope=ProjectToken.Scope.SERVING,
            only=self._deployment.name,
            name="A question on the page",
            prefix=self._secret[: len(PREFIX) + 8],
            token_hash=hash_secret(self._secret),
            expires_at=now + LIVES,
        )

    def _forget(self) -> None:
        if self._token is not None:
            ProjectToken.objects.filter(pk=self._token.pk).delete()
            self._token = None


def address_of(deployment: Deployment) -> str:
    """The path of a deployment on the gates' host."""
    slug = deployment.project.slug if deployment.project else ""
    return f"/serve/{slug}/{deployment.name}"


def _connection(timeout: float) -> HTTPConnection:
    wanted = urlsplit(settings.GATES_URL)
    kind = HTTPSConnection if wanted.scheme == "https" else HTTPConnection
    return kind(wanted.hostname or "", wanted.port, timeout=timeout)


def _answer(status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = {}
    after = headers.get("retry-after", "")
    return Answer(
        status=status,
        body=body if isinstance(body, dict) else {},
        version=headers.get("x-throughline-version", ""),
        fallback=headers.get("x-throughline-fallback", ""),
        request_id=headers.get("x-request-id", ""),
        retry_after=float(after) if after.isdigit() else 0.0,
    )
