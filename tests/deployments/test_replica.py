"""A replica on its socket: how it answers, and what a model in it cannot do to anybody else."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from django.test import override_settings

from deployments import processes, sandbox
from deployments.drivers.base import Health, Spec
from deployments.drivers.local import KEPT_LOG, MOST_LOG, LocalDriver
from projects.tracking import server
from tests.deployments import odd_model
from tests.deployments.stage import PATIENCE, ask, ask_and_leave

pytestmark = pytest.mark.slow
NAMES = ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def local(folder: Path) -> Iterator[LocalDriver]:
    with override_settings(DATA_DIR=folder):
        made = LocalDriver()
        assert made.why_off() == ""
        try:
            yield made
        finally:
            made.forget(made.known())


@pytest.fixture
def addresses(local: LocalDriver, folder: Path) -> list[str]:
    """Two ready replicas; what a test has broken is started again for the next."""
    model = folder / "model"
    if not model.exists():
        odd_model.write(model)
    spec = Spec("1", "odd", model, sandbox.interpreter(), memory_mb=700, timeout_ms=60_000)
    local.deploy(spec, NAMES)
    end = time.monotonic() + PATIENCE
    while True:
        seen = local.status(NAMES)
        if all(one.health == Health.READY for one in seen.values()):
            return [seen[name].address for name in NAMES]
        assert time.monotonic() < end, [local.logs(name) for name in NAMES]
        threading.Event().wait(0.05)


def test_rows_are_answered_in_order(addresses: list[str]) -> None:
    assert ask(addresses[0], "double", "tell", "double", x=2.5) == (200, {"predictions": [5.0, 0.0, 5.0]})


def test_a_figure_that_is_none_becomes_null(addresses: list[str]) -> None:
    assert ask(addresses[0], "nan", "double", x=1.0) == (200, {"predictions": [None, 2.0]})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1]", "dataframe_split"),
        (b"{}", "dataframe_split"),
        (b'{"dataframe_split": 3}', "dictionary"),
        (b'{"dataframe_split": {"columns": ["do"], "data": [["a", "b"]]}}', ""),
        (b'{"dataframe_split": {"columns": ["x"], "data": [[1.5]]}}', "missing inputs ['do']"),
        (b'{"dataframe_split": {"columns": ["do", "x"], "data": [["double", "many"]]}}', "x"),
        (b'{"dataframe_split": {"columns": ["do"], "data": [["double"]]}, "params": 3}', "params"),
    ],
)
def test_input_that_does_not_fit_is_refused_with_a_reason(
    addresses: list[str], given: bytes, words: str
) -> None:
    status, told = ask(addresses[0], body=given)
    assert (status, list(told)) == (400, ["error"])
    assert words in told["error"]
    assert ask(addresses[0], "double", x=1.0)[0] == 200


def test_a_body_without_end_is_refused(addresses: list[str]) -> None:
    with socket.socket(socket.AF_UNIX) as open_end:
        open_end.settimeout(PATIENCE)
        open_end.connect(addresses[0].removeprefix("unix:"))
        head = f"POST /invocations HTTP/1.1\r\nHost: r\r\nContent-Length: {64 << 20}\r\n\r\n"
        open_end.sendall(head.encode() + b"x" * (1 << 20))
        with suppress(OSError):
            for _ in range(63):
                open_end.sendall(b"x" * (1 << 20))
        assert open_end.recv(12) == b"HTTP/1.1 413"


def test_a_model_that_raises_says_so_and_goes_on(addresses: list[str]) -> None:
    assert ask(addresses[0], "raise") == (500, {"error": "RuntimeError: the model has broken"})
    assert ask(addresses[0], "double", x=1.0) == (200, {"predictions": [2.0]})


def test_one_that_hangs_keeps_neither_pings_nor_others_waiting(
    local: LocalDriver, addresses: list[str]
) -> None:
    ask_and_leave(addresses[0], "hang")
    assert local.status(NAMES)[NAMES[0]].busy == 1
    assert ask(addresses[0], "double", x=1.0) == (200, {"predictions": [2.0]})
    assert ask(addresses[1], "double", x=1.0) == (200, {"predictions": [2.0]})
    local.stop(NAMES[:1])


def test_more_than_it_can_take_is_turned_away(local: LocalDriver, addresses: list[str]) -> None:
    body = json.dumps(odd_model.rows("hang")).encode()
    head = f"POST /invocations HTTP/1.1\r\nHost: r\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with ExitStack() as held:
        for _ in range(4 * 8):
            waiting = held.enter_context(socket.socket(socket.AF_UNIX))
            waiting.connect(addresses[0].removeprefix("unix:"))
            waiting.sendall(head + body)
        end = time.monotonic() + PATIENCE
        while local.status(NAMES)[NAMES[0]].busy != 4 * 8:
            assert time.monotonic() < end
        assert ask(addresses[0], "double") == (503, {"error": "Too many requests wait already."})
        assert ask(addresses[1], "double", x=1.0)[0] == 200
        local.stop(NAMES[:1])


def test_forks_are_bounded_and_end_with_it(local: LocalDriver, addresses: list[str]) -> None:
    status, told = ask(addresses[0], "fork")
    assert (status, "BlockingIOError" in told["error"]) == (500, True)
    assert ask(addresses[1], "double", x=1.0) == (200, {"predictions": [2.0]})
    mark = str(Path(addresses[0].removeprefix("unix:")).parent)
    assert len(processes.named(mark)) > 20
    local.stop(NAMES[:1])
    end = time.monotonic() + PATIENCE
    while processes.named(mark):
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def test_files_of_others_are_not_there(addresses: list[str], folder: Path) -> None:
    (folder / "keys").mkdir(exist_ok=True)
    (folder / "keys" / "audit").write_text("secret")
    other = Path(addresses[1].removeprefix("unix:"))
    own = Path(addresses[0].removeprefix("unix:"))
    hidden = [
        folder / "keys" / "audit",
        other,
        other.parent / "log",
        own.parent / "process.json",
    ]
    for path in [*hidden, Path("/etc/passwd"), Path("/proc/1/environ")]:
        status, told = ask(addresses[0], f"read {path}")
        assert (status, told["error"].split(":")[0]) in (
            (500, "FileNotFoundError"),
            (500, "PermissionError"),
        ), path
    assert ask(addresses[0], f"read {folder}/model/MLmodel")[0] == 200


def test_nothing_is_written_but_in_its_own_place(addresses: list[str], folder: Path) -> None:
    for path in (f"{folder}/model/MLmodel", f"{folder}/new", "/usr/new", str(sandbox.interpreter())):
        assert ask(addresses[0], f"write {path}")[0] == 500
    assert ask(addresses[0], "write /tmp/note")[0] == 200
    assert ask(addresses[1], "read /tmp/note")[0] == 500
    assert not (folder / "new").exists()
    assert "python_function" in (folder / "model" / "MLmodel").read_text()


def test_it_reaches_nobody(addresses: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        status, told = ask(addresses[0], f"connect 127.0.0.1:{listening.getsockname()[1]}")
        assert (status, "ConnectionRefusedError" in told["error"]) == (500, True)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_it_has_no_folder_of_the_machine_to_fill(addresses: list[str]) -> None:
    own = Path(addresses[0].removeprefix("unix:")).parent
    before = sorted(path.name for path in own.iterdir())
    for path in (own / "new", own / "log", own / "ready", own / "s", own.parent / "new"):
        assert ask(addresses[0], f"write {path}")[0] == 500
    assert sorted(path.name for path in own.iterdir()) == before


def test_a_log_without_end_is_shortened_and_goes_on(local: LocalDriver, addresses: list[str]) -> None:
    log = Path(addresses[0].removeprefix("unix:")).with_name("log")
    with log.open("ab") as opened:
        opened.write(b"y" * (MOST_LOG + 1))
    assert local.status(NAMES)[NAMES[0]].health == Health.READY
    assert ask(addresses[0], "raise")[0] == 500
    assert KEPT_LOG < log.stat().st_size < KEPT_LOG + 10_000
    assert "the model has broken" in local.logs(NAMES[0])
    assert b"\0" not in log.read_bytes()


SAYS = """
from aiohttp import web
web.json_response = lambda *args, **more: web.Response(body={body!r}, headers={headers!r})
"""


@pytest.mark.parametrize(
    ("body", "headers"),
    [(b"[" * 4096, {}), (b"\xff", {}), (b'{"busy": []}', {}), (b"", {"Location": "/ping"})],
)
def test_one_that_answers_strangely_hides_no_other(
    local: LocalDriver, addresses: list[str], folder: Path, body: bytes, headers: dict[str, str]
) -> None:
    model = folder / f"strange{abs(hash(body))}"
    odd_model.write(model, at_load=SAYS.format(body=body, headers=headers))
    spec = Spec("2", "strange", model, sandbox.interpreter(), memory_mb=700)
    local.deploy(spec, ["cccccccccccc"])
    end = time.monotonic() + PATIENCE
    while (seen := local.status([*NAMES, "cccccccccccc"]))["cccccccccccc"].health == Health.STARTING:
        assert time.monotonic() < end
        threading.Event().wait(0.05)
    assert (seen["cccccccccccc"].busy, seen[NAMES[0]].busy) == (None, 0)
    local.forget(["cccccccccccc"])


def test_noted_numbers_of_another_start_of_the_machine_mean_nothing(
    local: LocalDriver, addresses: list[str]
) -> None:
    noted = Path(addresses[0].removeprefix("unix:")).parent / "process.json"
    told = json.loads(noted.read_text())
    noted.write_text(json.dumps({**told, "pid": os.getpid()}))
    assert local.status(NAMES)[NAMES[0]].health == Health.GONE
    noted.write_text(json.dumps({**told, "boot": "earlier"}))
    assert local.status(NAMES)[NAMES[0]].health == Health.GONE
    local.stop(NAMES[:1])


def test_what_is_missing_is_named(local: LocalDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATES", "off")
    assert "GATES" in local.why_off()
    monkeypatch.setattr(server, "is_installed", lambda: False)
    assert "[ml] extra" in local.why_off()


def test_a_path_too_long_for_a_socket_is_said_before(local: LocalDriver, folder: Path) -> None:
    with override_settings(DATA_DIR=folder / ("long" * 30)):
        assert "too long" in local.why_off()
