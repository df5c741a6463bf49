"""The process that talks to a Ray cluster, where it does not listen. Needs no Ray."""

from __future__ import annotations

import subprocess
import threading
from typing import Any

import pytest

from deployments.drivers import ray


def test_an_agent_that_hangs_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.RAY_ADDRESS, settings.RAY_SERVE_URL = "ray://nowhere", "http://nowhere:8000"
    start = subprocess.Popen

    def deaf(line: list[str], **more: Any) -> Any:
        return start(["sleep", "600"], **more)

    monkeypatch.setattr(subprocess, "Popen", deaf)
    agent = ray._Agent()
    try:
        # More than a pipe holds, as the profile of a wide reference sample is.
        asking = threading.Thread(
            target=agent.send, args=("deploy",), kwargs={"spec": "x" * 2**20}, daemon=True
        )
        asking.start()
        asking.join(20)
        assert not asking.is_alive()
        assert agent.answer(1, 0.01) is None
    finally:
        agent._process.kill()
        agent.close()
