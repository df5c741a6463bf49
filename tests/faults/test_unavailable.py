"""Without its database or its disk the product says so with 503; what cannot be read gets 400."""

from __future__ import annotations

import errno
import io
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.assessment.cast import make_cast
from tests.faults.watching import failing
from ui import unavailable

pytestmark = pytest.mark.django_db


def refused_by(error: Exception) -> Any:
    def wrapper(*_: Any) -> None:
        raise error

    return connection.execute_wrapper(wrapper)


def visit(address: str, error: Exception, **more: Any) -> Any:
    cast = make_cast()
    client = cast.client(cast.alice)
    client.raise_request_exception = False
    with refused_by(error):
        return client.get(address, **more)


@pytest.mark.parametrize("address", ["/", "/healthz", "/assessments/", "/api/v1/charters/", "/sign-in/"])
@pytest.mark.parametrize(
    "error", [OperationalError("server closed the connection"), InterfaceError("closed")]
)
def test_a_database_that_does_not_answer(address: str, error: Exception) -> None:
    answer = visit(address, error)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert b"What was shown as saved is kept" in answer.content
    assert answer.content.startswith(b"{") is address.startswith("/api/")


@pytest.mark.parametrize(
    "error", [OperationalError("database or disk is full"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_full_disk_is_named(error: Exception) -> None:
    answer = visit("/", error)
    assert answer.status_code == 503
    assert "disk is full" in answer.content.decode()


def test_a_missing_table_is_our_fault() -> None:
    assert visit("/", OperationalError("no such table: x")).status_code == 500


def test_a_session_that_cannot_be_kept_is_no_fault_of_the_visitor(rf: Any) -> None:
    with pytest.raises(SessionInterrupted) as interrupted:
        _keep_session()
    answer = unavailable.bad_request(rf.get("/"), interrupted.value)
    assert answer.status_code == 503
    assert "look whether it stands there" in answer.content.decode()
    assert unavailable.bad_request(rf.get("/"), SuspiciousOperation("odd")).status_code == 400


def _keep_session() -> None:
    # As the session's middleware does it.
    try:
        raise UpdateError
    except UpdateError:
        raise SessionInterrupted("The request's session was deleted.")  # noqa: B904


@pytest.mark.parametrize(
    ("address", "kind"), [("/api/v1/use-cases/", "application/json"), ("/assessments/new/", "text/html")]
)
def test_a_form_of_too_many_parts_is_told_what_is_allowed(address: str, kind: str) -> None:
    cast = make_cast()
    client = cast.client(cast.fay)
    client.raise_request_exception = False
    files = {f"f{n}": io.BytesIO(b"x") for n in range(6)}
    answer = client.post(address, files)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith(kind)
    assert "more than 5 files" in answer.content.decode()


def test_a_body_of_100_mb_is_refused_before_it_is_read() -> None:
    cast = make_cast()
    client = cast.client(cast.fay)
    read: list[int] = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            return b"x" * max(size, 0)

    for address in ("/assessments/new/", "/api/v1/use-cases/"):
        answer = client.generic(
            "POST",
            address,
            b"",
            content_type="multipart/form-data; boundary=x",
            **{"CONTENT_LENGTH": str(100 * 1024 * 1024), "wsgi.input": Endless()},
        )
        assert answer.status_code == 413, address
        assert "56 MB" in answer.content.decode()
    assert read == []


def test_the_fault_of_the_tests_is_met() -> None:
    with failing(at=1) as fault, pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert fault.calls == 1
    assert Client().get("/healthz").status_code == 200
