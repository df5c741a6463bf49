"""gunicorn's worker of threads, in which no thread waits for a client that is slow to say what it wants.

A thread gets a connection once the whole head of its request has arrived; until then the loop keeps it, for
so many seconds. While a body arrives or an answer leaves, the client may be silent for so many seconds.
Behind TLS of our own the head cannot be looked at, and the thread waits for it, limited by the silence alone.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 15.0
SILENT_SECONDS = 30.0
MAX_HEAD = 65_536
LOOK_AGAIN = 0.1


class Worker(ThreadWorker):  # type: ignore[misc]
    """Looks at the head of a request before a thread is given to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incomplete: list[TConn] = []

    def accept(self, listener: socket.socket) -> None:
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        self._await_head(conn)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        if self.cfg.is_ssl:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)

    def _await_head(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.incomplete.append(conn)
        self._look(conn)

    def _look(self, conn: TConn) -> None:
        """Hand the connection to a thread when its head is there, or when it has ended."""
        try:
            head = conn.sock.recv(MAX_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            head = None
        except OSError:
            head = b""
        whole = head is not None and (not head or b"\r\n\r\n" in head or len(head) == MAX_HEAD)
        if whole:
            self.incomplete.remove(conn)
            conn.data_ready = True
            conn.sock.setblocking(True)
            self.enqueue_req(conn)
        elif head is None:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._readable, conn))

    def _readable(self, conn: TConn, client: socket.socket) -> None:
        self.poller.unregister(client)
        self._look(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        halves = [conn for conn in self.incomplete if not self._is_watched(conn)]
        super().wait_for_and_dispatch_events(LOOK_AGAIN if halves else timeout)
        # What has begun a head without ending it is readable all the time, and is looked at now and then.
        for conn in halves:
            if conn in self.incomplete and not self._is_watched(conn):
                self._look(conn)
        self._close_late()

    def _is_watched(self, conn: TConn) -> bool:
        return conn.sock.fileno() in self.poller.get_map()

    def _close_late(self) -> None:
        now = time.monotonic()
        for conn in [conn for conn in self.incomplete if conn.timeout < now or not self.alive]:
            self.incomplete.remove(conn)
            if self._is_watched(conn):
                self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def handle_request(self, req: Any, conn: TConn) -> Any:
        conn.sock.settimeout(SILENT_SECONDS)
        return super().handle_request(req, conn)
