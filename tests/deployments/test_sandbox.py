"""The sandbox: what code of others cannot read, reach, use up or leave behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from deployments import processes, sandbox
from deployments.sandbox import Ended, Limits, SandboxIsOff, World

PYTHON = str(sandbox.interpreter())


@pytest.fixture(scope="module", autouse=True)
def _there() -> None:
    assert sandbox.why_off() == ""


def python(code: str, *args: str, world: World | None = None, **limits: Any) -> Ended:
    limits.setdefault("memory_mb", 200)
    return sandbox.run([PYTHON, "-I", "-c", code, *args], world=world, limits=Limits(**limits))


def _until_gone(mark: str) -> None:
    end = time.monotonic() + 20
    while processes.named(mark):
        assert time.monotonic() < end, "something has outlived its sandbox"
        threading.Event().wait(0.02)


def test_a_program_runs_and_its_answer_comes_back() -> None:
    program = [PYTHON, "-I", "-c", "import sys; print(sys.stdin.read()[::-1]); print('so', file=sys.stderr)"]
    assert sandbox.run(program, stdin=b"abc") == Ended(0, b"cba\n", "so\n")


def test_what_it_may_read_and_write_is_what_was_named(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "rows").write_text("42")
    (tmp_path / "out").mkdir()
    world = World(readable=[tmp_path / "given"], writable=[tmp_path / "out"])
    sandbox.give(tmp_path / "out", world)
    code = "import sys; open(sys.argv[2], 'w').write(open(sys.argv[1]).read())"
    assert python(code, f"{tmp_path}/given/rows", f"{tmp_path}/out/rows", world=world).code == 0
    assert (tmp_path / "out" / "rows").read_text() == "42"
    refused = python(code, f"{tmp_path}/given/rows", f"{tmp_path}/given/more", world=world)
    assert "Read-only file system" in refused.errors
    assert os.listdir(tmp_path / "given") == ["rows"]


@pytest.mark.parametrize(
    "place",
    ["keys", "throughline.sqlite3", "mlflow/artifacts/workspaces/other/1/model.pkl", "serving/r/other/io/s"],
)
def test_the_data_folder_is_not_there(place: str, tmp_path: Path) -> None:
    """Keys, database, models of other projects: also not beside a folder that was named."""
    (tmp_path / "serving" / "r" / "own" / "io").mkdir(parents=True)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("secret")
    world = World(writable=[tmp_path / "serving" / "r" / "own" / "io"])
    ended = python("import sys; print(open(sys.argv[1]).read())", str(tmp_path / place), world=world)
    assert ended.code == 1
    assert "No such file or directory" in ended.errors


@pytest.mark.parametrize(
    "place", ["/etc/passwd", "/etc/shadow", "/root/.ssh", "/home", "/var", "/run", "/sys"]
)
def test_the_rest_of_the_machine_is_not_there(place: str) -> None:
    assert python("import os, sys; print(os.path.exists(sys.argv[1]))", place).output == b"False\n"


def test_the_product_and_its_settings_are_not_there() -> None:
    root = Path(__file__).resolve().parents[2]
    told = python("import os, sys; print(sorted(os.listdir(sys.argv[1])))", str(root))
    beside = [name for name in (".venv",) if Path(sys.prefix).is_relative_to(root)]
    assert told.output.decode().strip() == str(beside)


def test_no_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its own, nor that of the process around it, which can be read inside as number 1."""
    monkeypatch.setenv("DATABASE_URL", "postgres://owner:secret@db/main")
    code = """
import os
found = dict(os.environ).__repr__().encode()
for name in os.listdir('/proc'):
    if name.isdigit():
        for file in ('environ', 'cmdline'):
            try: found += open(f'/proc/{name}/{file}', 'rb').read()
            except OSError: pass
print(bytes.fromhex('736563726574') in found, b'PATH' in found)"""
    assert python(code).output == b"False True\n"


def test_it_sees_no_process_but_its_own() -> None:
    code = "import os; print(os.getpid() < 10, len([n for n in os.listdir('/proc') if n.isdigit()]) < 10)"
    assert python(code).output == b"True True\n"
    code = "import os, sys; os.kill(int(sys.argv[1]), 9)"
    assert "ProcessLookupError" in python(code, str(os.getpid())).errors


def test_there_is_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
        assert "ConnectionRefusedError" in python(code, port).errors
    assert (
        "Network is unreachable"
        in python("import socket; socket.create_connection(('192.0.2.1', 80), 5)").errors
    )
    assert "gaierror" in python("import socket; socket.getaddrinfo('example.org', 80)").errors
    code = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0/tmp/.X11-unix/X0')"
    assert "Error" in python(code).errors


def test_sockets_of_other_services_are_not_there(tmp_path: Path) -> None:
    """Such as those of a container engine or of PostgreSQL."""
    code = "import os; print([n for n in ('/var/run/docker.sock', '/run', '/var/run') if os.path.exists(n)])"
    assert python(code).output == b"[]\n"


def test_it_has_no_rights_and_gets_none() -> None:
    code = """
import os
print(os.getuid() != 0, os.getgroups() in ([], [os.getgid()]))
told = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(int(told['CapEff'], 16), int(told['CapPrm'], 16), told['NoNewPrivs'].strip())
try: os.setuid(0); print('root')
except OSError: print('no')"""
    assert python(code).output.decode().splitlines() == ["True True", "0 0 1", "no"]


def test_the_disk_has_a_limit_that_counts_deleted_files(tmp_path: Path) -> None:
    fill = f"""
import os, time
kept = []
while True:
    kept.append(open({str(tmp_path / "x")!r}, "wb"))
    kept[-1].write(b"x" * (16 << 20))
    kept[-1].flush()
    os.unlink(kept[-1].name)
    time.sleep(0.05)"""
    world = World(writable=[tmp_path])
    sandbox.give(tmp_path, world)
    assert python(fill, world=world, disk_mb=100).why == "disk"


def test_memory_has_a_limit_that_counts_all_processes() -> None:
    alone = "kept = []\nwhile True: kept.append(bytearray(b'x') * (4 << 20))"
    assert python(alone, memory_mb=80).why == "memory"
    shared = """
import os, threading
for _ in range(4):
    if os.fork() == 0:
        kept = bytearray(b'x') * (30 << 20)
        threading.Event().wait()
threading.Event().wait()"""
    assert python(shared, memory_mb=90).why == "memory"


def test_time_has_a_limit_and_nothing_outlives_it() -> None:
    mark = f"mark-{os.getpid()}-time"
    code = """
import os, signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
threading.Event().wait()"""
    assert python(code, mark, seconds=0.5).why == "time"
    _until_gone(mark)


def test_processes_have_a_limit_and_end_with_the_first() -> None:
    mark = f"mark-{os.getpid()}-fork"
    code = """
import os, threading
made = 0
try:
    for _ in range(500):
        if os.fork() == 0:
            threading.Event().wait()
        made += 1
except OSError:
    print(made < 40)"""
    assert python(code, mark, processes=40).output == b"True\n"
    _until_gone(mark)


def test_files_have_a_limit() -> None:
    fill = "import sys\nwith open(sys.argv[1], 'wb') as f:\n    for _ in range(300): f.write(bytes(1 << 20))"
    for place in ("/tmp/x", "/dev/shm/x"):  # noqa: S108
        assert "OSError" in python(fill, place, files_mb=8, memory_mb=400).errors
    for place in ("/x", "/usr/x", f"{sys.prefix}/x"):
        assert "OSError" in python(fill, place).errors or "PermissionError" in python(fill, place).errors


def test_somebody_who_waits_can_call_it_off() -> None:
    asked = threading.Event()
    asked.set()
    program = [PYTHON, "-I", "-c", "import threading; threading.Event().wait()"]
    assert sandbox.run(program, asked_to_end=asked).why == "cancelled"


def test_it_ends_with_who_has_started_it(tmp_path: Path) -> None:
    mark = f"mark-{os.getpid()}-parent"
    inner = [PYTHON, "-I", "-c", "import threading; print('up', flush=True); threading.Event().wait()", mark]
    line = sandbox.command(inner, World(), Limits())
    code = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    with subprocess.Popen([PYTHON, "-c", code, *line], stdout=subprocess.PIPE, text=True) as outer:
        assert outer.stdout is not None
        assert outer.stdout.readline() == "up\n"
        outer.kill()
        # The pipe ends when the last process that holds it has ended.
        assert outer.stdout.read() == ""
    _until_gone(mark)


def test_without_bubblewrap_nothing_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    sandbox._why_off.cache_clear()
    try:
        assert "bubblewrap" in sandbox.why_off()
        with pytest.raises(SandboxIsOff, match="bubblewrap"):
            python(f"open({str(tmp_path / 'ran')!r}, 'w')")
        assert not (tmp_path / "ran").exists()
    finally:
        sandbox._why_off.cache_clear()


def test_a_sandbox_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken))
    sandbox._why_off.cache_clear()
    try:
        assert "No permissions to create a new namespace" in sandbox.why_off()
    finally:
        sandbox._why_off.cache_clear()


def test_only_an_explicit_setting_runs_without(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    settings.SANDBOX = "off"
    assert sandbox.why_off() == ""
    ended = python("import os; print(os.environ.get('DATABASE_URL'), os.environ['USER'])")
    assert ended.output == b"None model\n"
    assert python("import threading; threading.Event().wait()", seconds=0.3).why == "time"
