"""A real server, a real browser, and the mail that the server sent."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from shutil import which
from typing import Any
from urllib.error import URLError
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Browser, BrowserContext, Page

from tests import prepared

ROOT = Path(__file__).resolve().parent.parent.parent
# The one without windows does the same with a third less work.
CHROMIUM = os.environ.get("CHROMIUM") or which("chromium-headless-shell") or "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 90


@dataclass
class Server:
    """A running installation with a data folder of its own."""

    url: str
    data: Path
    first_link: str
    process: subprocess.Popen[str]
    gates: str = ""

    def mails_to(self, address: str) -> list[EmailMessage]:
        """All mails to an address, oldest first."""
        found = []
        for path in sorted((self.data / "mail").glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address in str(message["To"]):
                found.append(message)
        return found

    def link_in_mail(self, address: str, subject: str, *, holding: str = "", seconds: float = 20) -> str:
        """The first link of the newest mail with these words in subject and body; waits for it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            mails = [one for one in self.mails_to(address) if subject in str(one["Subject"])]
            for body in (text_of(one) for one in reversed(mails)):
                links = re.findall(rf"{re.escape(self.url)}/\S+", body)
                if links and holding in body:
                    return str(links[0])
            time.sleep(0.2)
        raise AssertionError(f"no mail with a link reached {address}")

    def code_in_mail(self, address: str, *, after: int = 0, seconds: float = 20) -> str:
        """The six-digit code of the newest mail that holds one; not of the first ``after`` mails."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in reversed(self.mails_to(address)[after:]):
                found = re.search(r"\b\d{6}\b", text_of(message))
                if found:
                    return found.group()
            time.sleep(0.2)
        raise AssertionError(f"no code reached {address}")

    def attachment(self, address: str, subject: str, *, seconds: float = 20) -> tuple[str, bytes]:
        """Name and content of the file in the newest mail that has one, with these words in its subject."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in reversed(self.mails_to(address)):
                for part in message.iter_attachments():
                    if subject in str(message["Subject"]):
                        return str(part.get_filename()), bytes(part.get_payload(decode=True))
            time.sleep(0.2)
        raise AssertionError(f"no file reached {address}")

    def audit_verifies(self) -> bool:
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_audit"], cwd=ROOT, env=environment(self.data), check=False
        )
        return done.returncode == 0


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def environment(data: Path, database: str | None = None) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    clean["THROUGHLINE_DATA"] = str(data)
    note = data / "database"
    if database:
        note.write_text(database)
    if note.exists():
        clean["DATABASE_URL"] = note.read_text()
    return clean


def beside(server: Server, module: str, **settings: str) -> Any:
    """Runs `set_up` of a module of these tests in a process of its own, on the data of the server.

    Returns what it has printed last, as JSON.
    """
    code = f"import django; django.setup(); from tests.browser import {module} as it; it.set_up()"
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", **settings}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(server.data) | known,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def with_session(browser: Browser, server: Server, cookie: str, **options: Any) -> BrowserContext:
    """A browser context with the cookie of a session, such as "name=value"."""
    context = browser.new_context(**options)
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": server.url}])
    return context


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _database(tables: bool) -> Iterator[str | None]:
    """A database of its own on the PostgreSQL that DATABASE_URL names; None for SQLite in the data folder."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield None
        return
    import psycopg

    name = f"throughline_browser_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        like = f' TEMPLATE "{prepared.template(url)}"' if tables else ""
        connection.execute(f'CREATE DATABASE "{name}"{like}')
    try:
        yield url.rsplit("/", 1)[0] + "/" + name
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Mailbox:
    """A mail server on loopback that keeps what it is handed as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.count += 1
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        draft = self.folder / f"{self.count:05d}.part"
        draft.write_bytes(content)
        draft.rename(draft.with_suffix(".eml"))
        return "250 Kept"


@contextmanager
def mail_server(folder: Path) -> Iterator[str]:
    """Runs the mailbox; yields its EMAIL_URL."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    controller = Controller(Mailbox(folder), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@contextmanager
def start_server(
    data: Path, *options: str, mail: str = "", gates: bool = False, tables: bool = False
) -> Iterator[Server]:
    """The launcher on a free port, as the README's command starts it; stopped by SIGINT at the end.

    With `tables` it finds them in its database, as at a later start.

    With `gates` hosted tracking runs too; the first request to it may have to wait until MLflow is loaded.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    tracking = {"GATES": "on", "GATES_URL": f"http://127.0.0.1:{_free_port()}"} if gates else {"GATES": "off"}
    url = f"http://localhost:{port}"
    log = (data / "server.log").open("w+")
    with _database(tables) as database:
        if tables and not database:
            prepared.begin(data)
        process = subprocess.Popen(
            [sys.executable, "-m", "config.launcher", "--port", str(port), *options],
            cwd=ROOT,
            env=environment(data, database) | {"STATIC_HASHED": "0", "EMAIL_URL": mail} | tracking,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            first_link = _wait_until_up(process, url, data / "server.log")
            yield Server(url, data, first_link, process, tracking.get("GATES_URL", ""))
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            finally:
                process.kill()
                log.close()


def _wait_until_up(process: subprocess.Popen[str], url: str, log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310  loopback
                if json.load(answer)["status"] == "ok":
                    found = re.search(rf"{re.escape(url)}/first/\S+", log.read_text())
                    return found.group() if found else ""
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not come up: {log.read_text()}")


def enter_demo(browser: Browser, demo: Server, who: str, **options: object) -> BrowserContext:
    """A browser context in which a person of the demo is signed in."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{demo.url}/demo/")
    page.get_by_role("button", name=who).first.click()
    page.wait_for_load_state()
    page.close()
    return context


def watch(page: Page) -> list[str]:
    """Collects what a page must never do: script errors, refused resources, answers of 500 and above."""
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(f"script error: {error}"))
    page.on(
        "console",
        lambda message: (
            seen.append(f"console: {message.text}")
            if message.type == "error" and "Content Security Policy" in message.text
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: seen.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None,
    )
    return seen
