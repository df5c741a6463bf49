"""Talks to a Ray cluster for the supervisor: questions as lines of JSON come in, answers go out. Knows no
settings and no database. The one importer of Ray, beside what runs on the cluster's nodes.

The first question is "connect". The process ends with its input; what runs on the cluster goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import ray
from ray import serve
from ray.serve.schema import ApplicationStatus

from deployments.drivers.ray_node import OnNode

PING_SECONDS = 2.0
SILENT_SECONDS = 10.0
# What a replica says of itself, through the actor that keeps it.
TOLD = ("health", "message", "busy", "rss_mb", "cpu_seconds")
_HEALTH = {
    ApplicationStatus.NOT_STARTED: "starting",
    ApplicationStatus.DEPLOYING: "starting",
    ApplicationStatus.RUNNING: "ready",
    ApplicationStatus.UNHEALTHY: "hanging",
    ApplicationStatus.DEPLOY_FAILED: "gone",
    ApplicationStatus.DELETING: "gone",
}


class Agent:
    """One connection to one cluster."""

    def __init__(self) -> None:
        self._url = ""
        self._node: dict[str, str] = {}
        self._answered: dict[str, float] = {}
        self._refused: dict[str, str] = {}

    def connect(self, *, address: str, url: str, root: str, place: str, sandbox: str) -> bool:
        """Join the cluster, and start Serve where it does not run yet."""
        ray.init(address=address, namespace="throughline", log_to_driver=False, logging_level=logging.ERROR)
        parts = urlsplit(url)
        serve.start(http_options={"host": parts.hostname, "port": parts.port or 8000})
        self._url = url.rstrip("/")
        self._node = {"root": root, "place": place, "sandbox": sandbox}
        return True

    def deploy(self, *, name: str, replica: str, spec: dict[str, Any]) -> bool:
        """One application with one replica; returns before it is ready. What is there stays as it is."""
        if name in self.known(prefix=name):
            return True
        deployment = serve.deployment(
            name="replica",
            num_replicas=1,
            # Requests wait in the gateway, not here.
            max_ongoing_requests=4 * spec["at_once"] + 8,
            max_constructor_retry_count=1,
            graceful_shutdown_wait_loop_s=0.1,
            graceful_shutdown_timeout_s=2,
            ray_actor_options={
                "num_cpus": 0.25,
                "memory": spec["memory_mb"] * 1024 * 1024,
                "runtime_env": {"env_vars": {"PYTHONPATH": self._node["root"]}},
            },
        )(OnNode)
        target = serve.RunTarget(
            target=deployment.bind(replica, spec, self._node["place"], self._node["sandbox"]),
            name=name,
            route_prefix=f"/{name}",
        )
        try:
            serve.run_many(
                [target],
                wait_for_ingress_deployment_creation=False,
                wait_for_applications_running=False,
            )
        except Exception as error:
            self._refused[name] = f"Ray refused it: {error}"
        return True

    def status(self, *, replicas: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """By replica what is seen of it."""
        applications = serve.status().applications
        seen: dict[str, dict[str, Any]] = {}
        for replica, name in replicas.items():
            told = applications.get(name)
            if told is None:
                why = self._refused.get(name, "The cluster does not know it.")
                seen[replica] = {"health": "gone", "message": why}
                continue
            seen[replica] = {"health": _HEALTH[told.status], "handle": {"application": name}}
            if told.status in (ApplicationStatus.DEPLOY_FAILED, ApplicationStatus.UNHEALTHY):
                seen[replica]["message"] = _reason(told)
        ready = {replica: replicas[replica] for replica, one in seen.items() if one["health"] == "ready"}
        for replica, answer in asyncio.run(self._ping_all(ready)).items():
            seen[replica] |= self._judge(replicas[replica], answer)
        return seen

    def stop(self, *, names: list[str]) -> bool:
        """End these applications, and wait until the cluster has begun to."""
        there = serve.status().applications
        for name in names:
            self._answered.pop(name, None)
            self._refused.pop(name, None)
            if name in there:
                serve.delete(name, _blocking=True)
        return True

    def known(self, *, prefix: str) -> list[str]:
        found = serve.status().applications.items()
        gone = ApplicationStatus.DELETING
        return [name for name, told in found if name.startswith(prefix) and told.status != gone]

    def _judge(self, name: str, answer: Mapping[str, Any] | None) -> dict[str, Any]:
        now = time.monotonic()
        address = {"address": f"{self._url}/{name}"}
        if answer is None:
            since = now - self._answered.setdefault(name, now)
            silent = since > SILENT_SECONDS
            return address | ({"health": "hanging", "message": "It no longer answers."} if silent else {})
        self._answered[name] = now
        return address | {key: answer[key] for key in TOLD if key in answer}

    async def _ping_all(self, replicas: Mapping[str, str]) -> dict[str, dict[str, Any] | None]:
        limit = aiohttp.ClientTimeout(total=PING_SECONDS)
        async with aiohttp.ClientSession(timeout=limit) as session:
            answers = await asyncio.gather(*(self._ping(session, name) for name in replicas.values()))
        return dict(zip(replicas, answers, strict=True))

    async def _ping(self, session: aiohttp.ClientSession, name: str) -> dict[str, Any] | None:
        with suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError):
            async with session.get(f"{self._url}/{name}/ping") as response:
                told = json.loads(await response.content.read(4096))
                return told if isinstance(told, dict) else None
        return None


def _reason(application: Any) -> str:
    """The sentence of what was raised on the node, without the way it took through Ray."""
    told = [application.message, *(one.message for one in application.deployments.values())]
    lines = [line.strip() for text in told for line in text.splitlines() if line.strip()]
    raised = [line.partition("CannotStart: ")[2] for line in lines if "CannotStart: " in line]
    return str((raised or lines or ["It does not start on the cluster."])[-1])[:300]


def main() -> None:
    # Ray and what it starts print where they like: the answers get a pipe that only they have.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    agent = Agent()
    actions: dict[str, Callable[..., Any]] = {
        "connect": agent.connect,
        "deploy": agent.deploy,
        "status": agent.status,
        "stop": agent.stop,
        "known": agent.known,
    }
    for line in sys.stdin:
        asked = json.loads(line)
        number, action = asked.pop("id"), actions[asked.pop("do")]
        answers.write(json.dumps({"id": number, "answer": action(**asked)}) + "\n")
        answers.flush()
    ray.shutdown()


if __name__ == "__main__":
    main()
