"""One signed request to one checked address: no redirects, no proxies, and an end to waiting and reading."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from queue import Empty, Queue
from threading import BoundedSemaphore, Event, Thread, Timer

from jobs.webhook_addresses import NotReachable, Target, check

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
RESOLVE_SECONDS = 5.0
MOST_HANGING = 8
_free = BoundedSemaphore(MOST_HANGING)


class NotDelivered(Exception):
    """The request got no answer; the message says what happened."""


def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    listed: Sequence[str],
    seconds: float = WHOLE_SECONDS,
) -> int:
    """The status of the answer. Raises NotReachable before, NotDelivered during the request.

    The name is resolved once and the address that was checked is the one connected to, so that a second
    answer of its name server changes nothing. Of the answer only the head is read, and only its status kept.
    """
    address = check(target, resolve(target), listed)
    try:
        with closing(_connect(target, address)) as connection:
            over = Event()
            end = Timer(seconds, _cut, [connection, over])
            end.start()
            try:
                status = _ask(connection, target, body, headers)
            finally:
                end.cancel()
            if over.is_set():
                # A head that was cut off reads like a short one.
                raise TimeoutError
            return status
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered(f"No answer: {_in_words(error)}") from error


def resolve(target: Target, *, seconds: float = RESOLVE_SECONDS) -> list[str]:
    """The addresses of a host, in the resolver's order. Raises NotReachable for an unknown or slow name.

    The system's resolver cannot be told to give up, so it is asked in a thread that is left behind when the
    time is over. Of those at most `MOST_HANGING` exist; a name is not asked for while there are as many.
    """
    if not _free.acquire(timeout=seconds):
        raise NotReachable(f"{target.host} was not looked up: too many names wait for their name servers.")
    answer: Queue[list[str] | Exception] = Queue()
    Thread(target=_look_up, args=[target, answer], name="webhook-name", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except Empty:
        raise NotReachable(f"The name server of {target.host} does not answer.") from None
    if isinstance(found, Exception):
        raise NotReachable(f"{target.host} is not known.") from found
    return found


def _look_up(target: Target, answer: Queue[list[str] | Exception]) -> None:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        answer.put(list(dict.fromkeys(str(row[4][0]) for row in found)))
    except (OSError, UnicodeError) as error:
        answer.put(error)
    finally:
        _free.release()


def _connect(target: Target, address: str) -> socket.socket:
    plain = socket.create_connection((address, target.port), timeout=CONNECT_SECONDS)
    if target.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _ask(connection: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    client = http.client.HTTPConnection(target.host, target.port)
    client.sock = connection
    default = 443 if target.scheme == "https" else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    named = host if target.port == default else f"{host}:{target.port}"
    client.request("POST", target.path, body, {"Host": named, "Connection": "close", **headers})
    with closing(client.getresponse()) as answer:
        return answer.status


def _cut(connection: socket.socket, over: Event) -> None:
    over.set()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate does not fit: {error.verify_message}."
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{words or type(error).__name__}."[:200]
