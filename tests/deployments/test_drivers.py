"""What every driver is held to: start, look, scale, stop, logs, and models that misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import override_settings

from deployments import sandbox
from deployments.drivers import DRIVERS
from deployments.drivers.base import Driver, Health, Seen, Spec
from tests.deployments import odd_model
from tests.deployments.cluster import ray_cluster
from tests.deployments.stage import PATIENCE, ask, ask_and_leave

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drivers")]


@pytest.fixture(scope="module", params=sorted(DRIVERS))
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("d")
    around = ray_cluster() if request.param == "ray" else nullcontext()
    with around, override_settings(DATA_DIR=folder):
        made = Place(DRIVERS[request.param], folder)
        if made.driver.why_off():
            pytest.skip(made.driver.why_off())
        try:
            yield made
        finally:
            made.driver.forget(made.driver.known())
            made.driver.close()


class Place:
    """One driver, and models to deploy by it."""

    def __init__(self, make: Callable[[], Driver], folder: Path) -> None:
        self.make = make
        self.driver = make()
        self.folder = folder
        self.used = 0

    def spec(self, **how: str) -> Spec:
        self.used += 1
        name = f"m{self.used}"
        model = odd_model.write(self.folder / "models" / name, name=name, **how)  # type: ignore[arg-type]
        # The time-out is short, so that what hangs shows soon.
        return Spec(f"{self.used:032x}", name, model, sandbox.interpreter(), memory_mb=500, timeout_ms=400)

    def names(self, count: int = 1) -> list[str]:
        self.used += 1
        return [f"{self.used:06x}{at:06x}" for at in range(count)]

    def until(self, names: list[str], health: Health, driver: Driver | None = None) -> dict[str, Seen]:
        """Look until all of them are like that."""
        end = time.monotonic() + PATIENCE
        while True:
            seen = (driver or self.driver).status(names)
            if all(one.health == health for one in seen.values()):
                return seen
            logs = "\n".join(self.driver.logs(name) for name in names)
            assert time.monotonic() < end, f"{seen}\n{logs}"
            threading.Event().wait(0.05)


@pytest.fixture(scope="module")
def pair(place: Place) -> tuple[Spec, list[str]]:
    """Two ready replicas that the tests of this module share and leave as they are."""
    spec, names = place.spec(), place.names(2)
    place.driver.deploy(spec, names)
    place.until(names, Health.READY)
    return spec, names


def test_deployed_replicas_answer(place: Place, pair: tuple[Spec, list[str]]) -> None:
    seen = place.driver.status(pair[1])
    assert len({one.address for one in seen.values()}) == 2
    for one in seen.values():
        assert ask(one.address, "double", "double", x=4.0) == (200, {"predictions": [8.0, 8.0]})
        assert one.handle
        assert one.rss_mb is None or one.rss_mb > 10


def test_what_is_as_wanted_stays_as_it_is(place: Place, pair: tuple[Spec, list[str]]) -> None:
    spec, names = pair
    before = {name: one.handle for name, one in place.driver.status(names).items()}
    place.driver.deploy(spec, names)
    place.driver.scale(spec, names, [])
    place.driver.route({spec.release: 100})
    after = place.until(names, Health.READY)
    assert {name: one.handle for name, one in after.items()} == before


def test_another_driver_finds_them_again(place: Place, pair: tuple[Spec, list[str]]) -> None:
    """As after a restart of the supervisor: nothing may hang on what one process remembers."""
    spec, names = pair
    before = place.driver.status(names)
    fresh = place.make()
    assert set(names) <= fresh.known()
    found = place.until(names, Health.READY, fresh)
    assert {name: (one.health, one.address, one.handle) for name, one in found.items()} == {
        name: (one.health, one.address, one.handle) for name, one in before.items()
    }
    fresh.deploy(spec, names)
    assert fresh.status(names)[names[0]].handle == before[names[0]].handle
    fresh.close()


def test_what_was_never_there_is_gone(place: Place) -> None:
    place.until(["ffffffffffff"], Health.GONE)
    place.driver.stop(["ffffffffffff"])
    place.driver.forget(["ffffffffffff"])
    assert place.driver.logs("ffffffffffff") == ""


def test_scaled_up_and_down_then_stopped_and_forgotten(place: Place) -> None:
    spec, names = place.spec(at_load="print('It says hello.', flush=True)"), place.names(2)
    place.driver.deploy(spec, names[:1])
    place.until(names[:1], Health.READY)
    place.driver.scale(spec, names, [])
    addresses = {name: one.address for name, one in place.until(names, Health.READY).items()}
    place.driver.scale(spec, names[1:], names[:1])
    place.until(names[:1], Health.GONE)
    place.until(names[1:], Health.READY)
    # Nobody listens there, or what stands before the replicas answers with no JSON.
    with pytest.raises((OSError, ValueError)):
        ask(addresses[names[0]], "double")
    assert ask(addresses[names[1]], "double", x=1.0)[0] == 200
    place.driver.stop(names)
    place.until(names, Health.GONE)
    assert "It says hello." in place.driver.logs(names[1])
    place.driver.forget(names)
    assert not set(names) & place.driver.known()
    assert place.driver.logs(names[1]) == ""


def test_a_model_that_does_not_load_says_why(place: Place) -> None:
    spec, names = place.spec(at_load="raise RuntimeError('no weights here')"), place.names()
    place.driver.deploy(spec, names)
    seen = place.until(names, Health.GONE)[names[0]]
    assert "no weights here" in seen.message
    assert "Traceback" in place.driver.logs(names[0])


def test_a_model_that_hangs_is_seen_and_others_answer_on(place: Place, pair: tuple[Spec, list[str]]) -> None:
    spec, names = place.spec(), place.names()
    place.driver.deploy(spec, names)
    ask_and_leave(place.until(names, Health.READY)[names[0]].address, "hang")
    place.until(names, Health.HANGING)
    neighbor = place.driver.status(pair[1])[pair[1][0]]
    assert ask(neighbor.address, "double", x=3.0) == (200, {"predictions": [6.0]})
    place.driver.stop(names)


def test_a_model_that_eats_memory_ends_and_others_answer_on(
    place: Place, pair: tuple[Spec, list[str]]
) -> None:
    spec, names = place.spec(), place.names()
    place.driver.deploy(spec, names)
    ask_and_leave(place.until(names, Health.READY)[names[0]].address, "eat")
    seen = place.until(names, Health.GONE)[names[0]]
    assert "500 are allowed" in seen.message
    neighbor = place.driver.status(pair[1])[pair[1][0]]
    assert ask(neighbor.address, "double", x=3.0) == (200, {"predictions": [6.0]})


def test_a_release_runs_with_its_own_limits(place: Place) -> None:
    names = place.names()
    place.driver.deploy(replace(place.spec(), memory_mb=1), names)
    assert "1 are allowed" in place.until(names, Health.GONE)[names[0]].message
