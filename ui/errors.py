"""Domain errors: each carries a sentence for a person and is turned into an answer in one place.

Pages are answered by ``ui.middleware.DomainErrorMiddleware``, the API by ``ui.api.exception_handler``
and jobs by the message that ends them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404


class DomainError(Exception):
    """Something a person asked for cannot be done; the message says why and what is possible."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = details


class Invalid(DomainError):
    """Input that does not fit; ``fields`` names each place with what is allowed there."""

    status = 422
    code = "invalid"

    def __init__(
        self, message: str, *, fields: Mapping[str, Sequence[str]] | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.fields: Mapping[str, Sequence[str]] = fields or {}


class NotAllowed(DomainError):
    """A member of the organization without the right to do this."""

    status = 403
    code = "not_allowed"


class Conflict(DomainError):
    """Somebody else was faster, or the object is in a state that does not allow the move."""

    status = 409
    code = "conflict"


class TooMany(DomainError):
    """A rate limit or a size limit was reached."""

    status = 429
    code = "too_many"


class TooLarge(DomainError):
    """The body of a request is larger than any that is read."""

    status = 413
    code = "too_large"


class FreshSignInRequired(DomainError):
    """The move needs a sign-in of the last minutes."""

    status = 401
    code = "fresh_sign_in"


class NotFound(Http404):
    """Not there, or not for this person; the two are told apart nowhere."""
