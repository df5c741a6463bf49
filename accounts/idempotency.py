"""Sending a request twice without doing it twice: the header ``Idempotency-Key``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import current_organization, person
from accounts.chain import canonical
from accounts.models import IdempotencyKey
from ui.errors import Conflict, Invalid

MAX_KEY = 80
Method = TypeVar("Method", bound=Callable[..., Response])


def idempotent(method: Method) -> Method:
    """A view method that answers a repeated key with the first answer and changes nothing.

    The key is kept in the transaction of the change: a request that failed may be sent again.
    """

    @wraps(method)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return method(self, request, *args, **kwargs)
        if len(key) > MAX_KEY or not key.isprintable():
            raise Invalid(f"An idempotency key has at most {MAX_KEY} printable characters.")
        with transaction.atomic():
            row = _claim(request, key)
            if row.status is not None:
                return Response(row.body, status=row.status, headers={"Idempotent-Replay": "true"})
            response = method(self, request, *args, **kwargs)
            IdempotencyKey.objects.filter(pk=row.pk).update(
                status=response.status_code, body=_kept(response.data)
            )
        return response

    return cast(Method, once)


def _claim(request: Request, key: str) -> IdempotencyKey:
    asked = hashlib.sha256(canonical([request.method, request.path, _kept(request.data)])).hexdigest()
    row, _ = IdempotencyKey.objects.select_for_update().get_or_create(
        user=person(request),
        organization=current_organization(request),
        key=key,
        defaults={"request_hash": asked},
    )
    if row.request_hash != asked:
        raise Conflict("This idempotency key was used for another request.")
    return row


def _kept(data: Any) -> Any:
    """The data as JSON keeps it; an uploaded file counts by its name and size."""
    if isinstance(data, dict):
        return {str(name): _kept(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_kept(value) for value in data]
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if hasattr(data, "size") and hasattr(data, "name"):
        return [str(data.name), int(data.size)]
    return str(data)
