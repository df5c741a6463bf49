"""Environments of packages: when one is needed, that it is made of wheels alone, and made once."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
import platform
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.models import Build
from deployments.release import builds, requirements

MINOR = ".".join(platform.python_version_tuple()[:2])
NUMPY = importlib.metadata.version("numpy")


@pytest.fixture
def index(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that pip is set to, instead of any index on a network."""
    settings.DATA_DIR = tmp_path / "data"
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return wheels


def wheel(folder: Path, name: str, version: str, code: str) -> None:
    """A package of one module, as a wheel."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)


@pytest.mark.parametrize(
    ("line", "is_there"),
    [
        (f"numpy=={NUMPY}", True),
        ("NumPy", True),
        ("numpy==0.9", False),
        ("surely-not-installed", False),
        ('surely-not-installed; python_version < "3"', True),
        ("mlflow>=3", True),
        ("psycopg[binary,pool]", True),
        ("requests[socks]", importlib.util.find_spec("socks") is not None),
    ],
)
def test_no_build_where_the_installed_set_satisfies(line: str, is_there: bool) -> None:
    assert (requirements.missing(requirements.parse([line])) == []) is is_there


@pytest.mark.parametrize(
    "line",
    [
        "git+https://example.org/x.git",
        "./x.whl",
        "x @ https://example.org/x.whl",
        "-r more",
        "--index-url x",
        "a b",
    ],
)
def test_only_names_with_versions_are_taken(line: str) -> None:
    with pytest.raises(requirements.NotTaken, match="only"):
        requirements.parse([line])


def test_the_same_set_has_the_same_key() -> None:
    one = requirements.to_install(requirements.parse(["B==1", "a>=2", "mlflow==3.0"]))
    two = requirements.to_install(requirements.parse(["a >= 2", "mlflow == 3.0", "b==1"]))
    assert requirements.key(one) == requirements.key(two)
    assert requirements.key(one) != requirements.key([*one, "c"])
    assert [line.split("==")[0] for line in requirements.to_install([])] == ["aiohttp", "mlflow"]


@pytest.mark.parametrize(
    ("logged", "warns"),
    [(platform.python_version(), False), (f"{MINOR}.99", False), ("3.2.9", True), ("4.0", True), ("", False)],
)
def test_another_minor_version_of_python_is_warned_of(logged: str, warns: bool) -> None:
    told = requirements.other_python(logged)
    assert bool(told) is warns
    assert not warns or f"runs on Python {MINOR} here" in told


@pytest.mark.django_db
def test_an_environment_is_made_once_and_has_the_packages(index: Path) -> None:
    wheel(index, "tinymodel", "1.2", "ANSWER = 42")
    build = builds.make(["tinymodel==1.2"])
    assert build.state == "ready"
    python = str(builds.python_of(build))
    told = subprocess.run(
        [python, "-I", "-c", "import tinymodel; print(tinymodel.ANSWER)"], capture_output=True
    )
    assert told.stdout == b"42\n"
    assert "Successfully installed tinymodel-1.2" in builds.log_of(build.key)
    # No longer to be had, and not needed: it is there.
    for file in index.iterdir():
        file.unlink()
    assert builds.make(["tinymodel==1.2"]).pk == build.pk
    place = builds.python_of(build)
    # Asked for since it was read: it stays.
    builds.forget(build)
    assert place.exists()
    builds.forget(Build.objects.get())
    assert not place.exists()
    assert not Build.objects.exists()


@pytest.mark.django_db
def test_packages_come_from_where_pip_is_set_to_here(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the file that `PIP_CONFIG_FILE` names, or by `PIP_…` itself; by neither, where it is not set."""
    wheel(index, "tinymodel", "1.2", "ANSWER = 42")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with pytest.raises(builds.BuildFailed, match="tinymodel"):
        builds.make(["tinymodel==1.2"])
    chosen = index.parent / "pip.conf"
    chosen.write_text(f"[global]\nfind-links = {index}\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(chosen))
    assert builds.make(["tinymodel==1.2"]).state == "ready"
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.firm.example/simple")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    told = builds.pip_settings()
    assert told["index-url"] == "https://packages.firm.example/simple"
    assert told["find-links"] == str(index)
    assert "target" not in told


@pytest.mark.django_db
def test_what_is_no_wheel_is_not_run(index: Path, tmp_path: Path) -> None:
    """A source package runs its own code while it is installed."""
    mark = tmp_path / "ran"
    (tmp_path / "setup.py").write_text(
        f"open({str(mark)!r}, 'w')\nfrom setuptools import setup; setup(name='evil')"
    )
    with tarfile.open(index / "evil-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "setup.py", "evil-1.0/setup.py")
    with pytest.raises(builds.BuildFailed, match=r"cannot be installed from wheels: .*evil"):
        builds.make(["evil==1.0"])
    assert not mark.exists()
    assert Build.objects.get().state == "failed"
    # With a wheel of it the next try is made anew.
    wheel(index, "evil", "1.0", "")
    assert builds.make(["evil==1.0"]).state == "ready"


@pytest.mark.django_db
def test_what_was_broken_off_keeps_nobody_waiting(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = requirements.key(["tiny==1.0"])
    seen: list[bool] = []

    def full(*args: Any) -> None:
        seen.append(builds.is_being_made(key))
        raise OSError("No space left on device")

    monkeypatch.setattr(builds, "_install", full)
    with pytest.raises(OSError, match="No space"):
        builds.make(["tiny==1.0"])
    assert (seen, builds.is_being_made(key), Build.objects.get().state) == ([True], False, "failed")


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this data folder that is at making the environment of tiny==1.0, for ever."""
    program = (
        "import sys, time, django; django.setup()\n"
        "from django.conf import settings\n"
        "from deployments.release import builds, requirements\n"
        "settings.DATA_DIR = sys.argv[1]\n"
        "with builds.turn(requirements.key(['tiny==1.0'])) as ours:\n"
        "    print(ours, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(settings.DATA_DIR)], stdout=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == b"True\n"
        yield started
        started.kill()


class Watched:
    """Asked by who waits whether it was called off; does something when it was asked twice."""

    def __init__(self, then: Callable[[], bool]) -> None:
        self.asked = 0
        self._then = then

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > 1 and self._then()


@pytest.mark.django_db
def test_while_another_process_makes_it_one_waits_and_takes_what_came_of_it(
    index: Path, elsewhere: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["tiny==1.0"]
    key = requirements.key(wanted)
    assert builds.is_being_made(key)
    assert not builds.is_being_made(requirements.key(["other==1.0"]))
    with pytest.raises(builds.BuildFailed, match="called off"):
        builds.make(wanted, asked_to_end=Watched(lambda: True))
    assert not Build.objects.exists()

    def made_there() -> bool:
        build, _ = Build.objects.get_or_create(key=key, defaults={"requirements": wanted[0]})
        python = builds.python_of(build)
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        Build.objects.update(state="ready")
        elsewhere.kill()
        return False

    installs: list[Build] = []
    monkeypatch.setattr(builds, "_install", lambda build, asked: installs.append(build))
    assert builds.make(wanted, asked_to_end=Watched(made_there)).state == "ready"
    assert not installs
    assert not builds.is_being_made(key)


@pytest.mark.django_db
def test_what_a_killed_process_has_begun_is_made_at_once(
    index: Path, elsewhere: subprocess.Popen[bytes]
) -> None:
    wheel(index, "tiny", "1.0", "ANSWER = 42")
    Build.objects.create(key=requirements.key(["tiny==1.0"]), requirements="tiny==1.0", state="building")
    # While it lives nothing is removed under it.
    builds.forget(Build.objects.get())
    assert Build.objects.exists()
    elsewhere.kill()
    elsewhere.wait()
    assert not builds.is_being_made(Build.objects.get().key)
    assert builds.make(["tiny==1.0"]).state == "ready"


@pytest.mark.django_db
def test_a_build_can_be_called_off(index: Path) -> None:
    asked = threading.Event()
    asked.set()
    with pytest.raises(builds.BuildFailed, match="called off"):
        builds.make(["tinymodel==1.2"], asked_to_end=asked)
    assert Build.objects.get().state == "failed"


def test_where_packages_come_from_is_as_pip_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text("[global]\nindex-url = https://packages.example.org/simple\nuser = yes\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert builds.pip_settings()["index-url"] == "https://packages.example.org/simple"
    assert "user" not in builds.pip_settings()
