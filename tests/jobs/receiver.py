"""A receiver of webhooks: a real HTTP server on loopback that keeps what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers with ``status`` and ``headers``; ``got`` holds (path, headers, body) of each request.

    ``drip`` sends the head of an answer byte by byte without end; ``large`` bytes of body follow the head.
    ``meanwhile`` is called between a request and its answer.
    """

    def __init__(self) -> None:
        self.status = 204
        self.headers: dict[str, str] = {}
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.drip = False
        self.large = 0
        self.meanwhile: Callable[[], None] | None = None
        self.over = threading.Event()
        self.url = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, dict(self.headers), body))
            if receiver.meanwhile is not None:
                receiver.meanwhile()
            try:
                self._answer()
            except OSError:
                return

        def _answer(self) -> None:
            if receiver.drip:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                while not receiver.over.wait(0.02):
                    self.wfile.write(b"x")
                return
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            sent = 0
            while sent < receiver.large and not receiver.over.is_set():
                self.wfile.write(b"x" * 65536)
                sent += 65536

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/in"
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
