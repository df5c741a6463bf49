"""The launcher: refuses what cannot work, starts again what dies, stops all of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from config import launcher


def test_a_used_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} on 127.0.0.1 cannot be used"):
            launcher.check_port("127.0.0.1", port)


def test_a_second_server_on_the_same_data_folder_is_refused(tmp_path: Path) -> None:
    held = launcher.lock(tmp_path / "data")
    with pytest.raises(SystemExit, match="Another server already uses the data folder"):
        launcher.lock(tmp_path / "data")
    held.close()
    launcher.lock(tmp_path / "data").close()


@pytest.mark.parametrize("port", ["0", "65536", "abc"])
def test_a_port_out_of_range_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        launcher.parse(["--port", port])
    assert "port" in capsys.readouterr().err


def test_half_of_a_certificate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLS_CERTIFICATE", "cert.pem")
    monkeypatch.delenv("TLS_KEY", raising=False)
    with pytest.raises(SystemExit, match="TLS needs both"):
        launcher.children("localhost", 8000)


@pytest.mark.parametrize(("gates", "more"), [("on", ["gates", "supervisor"]), ("off", [])])
def test_models_are_kept_where_gates_are_on(
    gates: str, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATES", gates)
    assert [child.name for child in launcher.children("localhost", 8000)] == ["web", "worker", *more]


def test_what_dies_starts_again_and_the_stop_reaches_all(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    code = f"import os, time; open({str(marks)!r} + '/' + str(os.getpid()), 'w').close(); time.sleep(60)"
    child = launcher.Child("sleeper", [sys.executable, "-c", code])
    child.start()
    _until(lambda: len(list(marks.iterdir())) == 1)
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)
    _until(lambda: (child.watch(), len(list(marks.iterdir())) == 2)[1])
    child.stop()
    assert child.wait(time.monotonic() + 5)


def _until(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        threading.Event().wait(0.05)


def test_keys_are_made_once_though_many_processes_start_at_once(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from config.keys import ensure_key; "
        f"print(ensure_key(Path({str(tmp_path)!r}), 'k').hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=launcher.ROOT)
        for _ in range(5)
    ]
    keys = {process.communicate()[0].strip() for process in started}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["k"]
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    from config.keys import ensure_key

    (tmp_path / "audit").write_text("not hex")
    with pytest.raises(SystemExit, match="key file audit in the data folder is damaged"):
        ensure_key(tmp_path, "audit")
