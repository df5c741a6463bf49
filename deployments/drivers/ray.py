"""Replicas on a Ray cluster: each is an application of Ray Serve that keeps one replica on one of its nodes.

On the node the replica runs as on this machine, in the same sandbox (ray_node.py): the nodes have this
installation and the folder `serving` of the data folder at the same paths. Ray itself is talked to by a
process of its own (ray_agent.py), so that a cluster that hangs keeps nothing else waiting.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings

from deployments import sandbox
from deployments.drivers.base import CannotStart, Health, Seen, Spec

# What a turn of the supervisor waits for the cluster, and what is waited for when something has to be done.
LOOK_SECONDS = 1.0
ACT_SECONDS = 20.0
# An agent that says nothing for so long is replaced; the first answer takes as long as Ray needs to connect.
SILENT_SECONDS = 90.0
# One that has ended, since the cluster is away for instance, is not started again sooner.
REST_SECONDS = 20.0
# What the agent may read: where things are, and how the cluster knows it.
PASSED_ON = ("PATH", "HOME", "LANG", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
AWAY = "The Ray cluster does not answer."
_UNKNOWN = Seen(Health.UNKNOWN, message=AWAY)


class RayDriver:
    """Starts, watches and ends replicas on the cluster that the setting RAY_ADDRESS names."""

    def __init__(self) -> None:
        self._agent: _Agent | None = None
        self._seen: dict[str, Seen] = {}
        self._asked: int | None = None

    def why_off(self) -> str:
        if not settings.RAY_ADDRESS:
            return "No Ray cluster is named here. An operator sets RAY_ADDRESS."
        if importlib.util.find_spec("ray") is None:
            return "The [ray] extra is not installed here. An operator adds it with script/setup ray."
        return sandbox.why_off()

    def deploy(self, spec: Spec, replicas: Sequence[str]) -> None:
        if why := self.why_off():
            raise CannotStart(why)
        for replica in replicas:
            agent = self._talk()
            if agent is None:
                raise CannotStart(AWAY)
            self._seen.pop(replica, None)
            agent.send("deploy", name=_application(replica), replica=replica, spec=_as_json(spec))

    def scale(self, spec: Spec, replicas: Sequence[str], surplus: Sequence[str]) -> None:
        self.stop(surplus)
        self.deploy(spec, replicas)

    def route(self, weights: Mapping[str, int]) -> None:
        """The gateway sends by the weights; applications of the cluster have nothing to learn of them."""

    def status(self, replicas: Collection[str]) -> dict[str, Seen]:
        """What the cluster said last; a look that it has not answered yet is taken up by the next turn."""
        if not replicas or self.why_off():
            return dict.fromkeys(replicas, _UNKNOWN)
        agent = self._talk()
        if agent is None:
            return {replica: self._seen.get(replica, _UNKNOWN) for replica in replicas}
        if self._asked is None:
            names = {replica: _application(replica) for replica in replicas}
            self._asked = agent.send("status", replicas=names)
        answer = agent.answer(self._asked, LOOK_SECONDS)
        if answer is not None:
            self._asked = None
            self._seen |= {replica: _seen(told) for replica, told in answer.items()}
        return {replica: self._seen.get(replica, _UNKNOWN) for replica in replicas}

    def stop(self, replicas: Collection[str]) -> None:
        for replica in replicas:
            self._seen.pop(replica, None)
        agent = self._talk() if replicas and not self.why_off() else None
        if agent is not None:
            agent.ask("stop", names=[_application(replica) for replica in replicas])

    def logs(self, replica: str, most: int = 20_000) -> str:
        try:
            return (folder_of(replica) / "log").read_bytes()[-most:].decode(errors="replace")
        except OSError:
            return ""

    def known(self) -> set[str]:
        agent = None if self.why_off() else self._talk()
        names = agent.ask("known", prefix=_prefix()) if agent is not None else None
        return {name.removeprefix(_prefix()) for name in names or ()}

    def forget(self, replicas: Collection[str]) -> None:
        self.stop(replicas)
        for replica in replicas:
            shutil.rmtree(folder_of(replica), ignore_errors=True)

    def close(self) -> None:
        """End the agent; what runs on the cluster goes on."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None

    def _talk(self) -> _Agent | None:
        """The agent that is there; None while one that was lost rests."""
        if self._agent is not None and self._agent.is_lost():
            if time.monotonic() - self._agent.started_at < REST_SECONDS:
                return None
            self.close()
        if self._agent is None:
            self._agent, self._asked = _Agent(), None
        return self._agent


class _Agent:
    """The process that talks to Ray: one question a line, one answer a line, in any order."""

    def __init__(self) -> None:
        self.started_at = time.monotonic()
        # No settings, no keys: it starts models' processes on other machines and needs none of ours.
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        if "RAY_AUTH_TOKEN" in environment or "RAY_AUTH_TOKEN_PATH" in environment:
            environment.setdefault("RAY_AUTH_MODE", "token")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deployments.drivers.ray_agent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
            env=environment | {"PYTHONPATH": str(settings.BASE_DIR)},
            start_new_session=True,
        )
        self._numbers = count()
        self._answers: queue.Queue[tuple[int, Any]] = queue.Queue()
        self._kept: dict[int, Any] = {}
        self._waiting_since: dict[int, float] = {}
        self._questions: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=self._read, name="ray answers", daemon=True).start()
        threading.Thread(target=self._write, name="ray questions", daemon=True).start()
        self.send(
            "connect",
            address=settings.RAY_ADDRESS,
            url=settings.RAY_SERVE_URL,
            root=str(settings.BASE_DIR),
            place=str(_place()),
            sandbox=settings.SANDBOX,
        )

    def send(self, what: str, **given: Any) -> int:
        number = next(self._numbers)
        # Written beside: a question longer than a pipe holds would wait for an agent that hangs.
        self._questions.put(json.dumps({"id": number, "do": what, **given}).encode() + b"\n")
        self._waiting_since[number] = time.monotonic()
        return number

    def answer(self, number: int, seconds: float) -> Any:
        """What was answered to a question; None where nothing was within the time."""
        until = time.monotonic() + seconds
        while number not in self._kept:
            try:
                got, told = self._answers.get(timeout=max(until - time.monotonic(), 0.001))
            except queue.Empty:
                return None
            self._waiting_since.pop(got, None)
            # Answers that nobody waits for any more are dropped.
            self._kept = {key: value for key, value in self._kept.items() if key > got - 100}
            self._kept[got] = told
        return self._kept.pop(number)

    def ask(self, what: str, **given: Any) -> Any:
        return self.answer(self.send(what, **given), ACT_SECONDS)

    def is_lost(self) -> bool:
        oldest = min(self._waiting_since.values(), default=time.monotonic())
        silent = time.monotonic() - oldest > SILENT_SECONDS
        return self._process.poll() is not None or silent

    def close(self) -> None:
        """It ends with its input; one that hangs is killed."""
        self._questions.put(None)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _write(self) -> None:
        """Each question in its turn, then the end of its input."""
        pipe = self._process.stdin
        if pipe is None:
            return
        with suppress(OSError, ValueError), pipe:
            while (line := self._questions.get()) is not None:
                pipe.write(line)
                pipe.flush()

    def _read(self) -> None:
        pipe = self._process.stdout
        with suppress(ValueError, OSError):
            for line in pipe or ():
                told = json.loads(line)
                self._answers.put((told["id"], told["answer"]))


def folder_of(replica: str) -> Path:
    """Where the node that runs a replica keeps its log and its socket."""
    return _place() / "serving" / "r" / replica


def _place() -> Path:
    return Path(settings.DATA_DIR) / "serving" / "ray"


def _prefix() -> str:
    """Several installations can share a cluster; none ends what another has started."""
    return f"throughline-{hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:12]}-"


def _application(replica: str) -> str:
    return f"{_prefix()}{replica}"


def _as_json(spec: Spec) -> dict[str, Any]:
    return {
        "release": spec.release,
        "name": spec.name,
        "model": str(spec.model),
        "python": str(spec.python),
        "memory_mb": spec.memory_mb,
        "at_once": spec.at_once,
        "timeout_ms": spec.timeout_ms,
        "profile": dict(spec.profile),
    }


def _seen(told: Mapping[str, Any]) -> Seen:
    return Seen(
        Health(told["health"]),
        told.get("address", ""),
        told.get("handle", {}),
        told.get("busy"),
        told.get("rss_mb"),
        told.get("cpu_seconds"),
        str(told.get("message", ""))[:300],
    )
