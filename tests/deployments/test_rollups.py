"""Minutes become hours and days, the same however often and late; what is forgotten is gone."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from deployments.models import Bucket, Feedback, Sample
from deployments.watch.figures import DAY, HOUR, MINUTE, Figures, count_prediction, merge, place_of
from deployments.watch.retention import forget_all, forget_inputs, forget_old
from deployments.watch.rollups import forget, roll_up
from tests.deployments import serving

NOW = dt.datetime(2026, 3, 10, 12, 34, tzinfo=dt.UTC)


def minute(of: Any, start: dt.datetime, *, number: int = 1, simulated: bool = False) -> None:
    """Two requests in this minute, one of them failed."""
    figures = Figures(2, 2, {"model": 1})
    figures.latency[place_of(start.minute)] += 2
    count_prediction(figures.outputs, start.hour)
    Bucket.objects.create(
        deployment=of,
        seconds=MINUTE,
        start=start,
        release_number=number,
        simulated=simulated,
        count=figures.count,
        rows=figures.rows,
        errors=figures.errors,
        latency=figures.latency,
        outputs=figures.outputs,
    )


def sums(of: Any, seconds: int, **more: Any) -> Figures:
    return merge(Bucket.objects.filter(deployment=of, seconds=seconds, **more))


@pytest.mark.django_db
def test_sums_are_the_same_at_every_size_however_often_they_are_made(cast: Any) -> None:
    flood = serving.deployment(cast)
    for back in range(0, 50 * 60, 7):
        minute(flood, NOW - dt.timedelta(minutes=back), number=1 + back % 2)
    for moment in (NOW - dt.timedelta(hours=3), NOW, NOW):
        roll_up(moment)
        for number in (1, 2):
            fine = sums(flood, MINUTE, release_number=number)
            assert sums(flood, HOUR, release_number=number) == fine
            assert sums(flood, DAY, release_number=number) == fine
    minute(flood, NOW - dt.timedelta(minutes=90, seconds=13))
    roll_up(NOW)
    assert sums(flood, MINUTE) == sums(flood, HOUR) == sums(flood, DAY)
    assert Bucket.objects.filter(seconds=DAY, release_number=1).count() == 3


@pytest.mark.django_db
def test_simulated_figures_never_mix_with_real_ones(cast: Any) -> None:
    flood = serving.deployment(cast)
    minute(flood, NOW)
    minute(flood, NOW, simulated=True)
    roll_up(NOW)
    rows = Bucket.objects.filter(seconds=DAY).order_by("simulated")
    assert [(one.simulated, one.count) for one in rows] == [(False, 2), (True, 2)]


@pytest.mark.django_db
def test_old_minutes_go_and_their_sums_stay(cast: Any) -> None:
    flood = serving.deployment(cast)
    for back in range(300):
        minute(flood, NOW - dt.timedelta(minutes=back))
    roll_up(NOW)
    whole = sums(flood, DAY)
    # No request comes any more: whenever the clock asks, what was summed stays.
    for hours in range(60, 80):
        later = NOW + dt.timedelta(hours=hours, minutes=17)
        roll_up(later)
        forget(later)
        assert sums(flood, DAY) == whole == sums(flood, HOUR)
    assert not Bucket.objects.filter(seconds=MINUTE).exists()
    much_later = NOW + dt.timedelta(days=150)
    forget(much_later)
    assert not Bucket.objects.filter(seconds=HOUR).exists()
    assert sums(flood, DAY) == whole


def sample(of: Any, days: float, **more: Any) -> Sample:
    at = timezone.now() - dt.timedelta(days=days)
    values = {"row": {"name": "Ann", "age": 3}, "output": 1, "request_id": f"r{days}", **more}
    return Sample.objects.create(deployment=of, at=at, **values)


@pytest.mark.django_db
@pytest.mark.parametrize(("own", "environment"), [(7, 30), (30, 7)])
def test_samples_are_kept_as_long_as_deployment_and_environment_say(
    cast: Any, own: int, environment: int
) -> None:
    flood = serving.deployment(cast, sample_days=own)
    type(flood.environment).objects.update(sample_days=environment)
    young, _ = sample(flood, 6.9), sample(flood, 7.1)
    other = sample(serving.deployment(cast, "other", flood.project, sample_days=1), 0.5)
    for days in (399, 401):
        Feedback.objects.create(
            deployment=flood,
            request_id=f"f{days}",
            asked_at=timezone.now() - dt.timedelta(days=days),
            truth=1,
        )
    assert forget_old(timezone.now()) == 2
    assert set(Sample.objects.all()) == {young, other}
    assert Feedback.objects.get().request_id == "f399"


@pytest.mark.django_db
def test_inputs_are_emptied_by_column_or_altogether_and_answers_stay(cast: Any) -> None:
    flood = serving.deployment(cast)
    one, two = sample(flood, 1), sample(flood, 2, row={"age": 4})
    other = sample(serving.deployment(cast, "other", flood.project), 1)
    assert forget_inputs(flood, ["name"]) == 1
    one.refresh_from_db()
    assert one.row == {"age": 3}
    assert forget_inputs(flood) == 2
    two.refresh_from_db()
    other.refresh_from_db()
    assert (two.row, two.output, other.row) == (None, 1, {"name": "Ann", "age": 3})
    assert forget_all(flood) == 2
    assert Sample.objects.get() == other


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [lambda of: forget_old(timezone.now()), forget_inputs, forget_all])
def test_what_is_deleted_is_in_no_file_any_more(cast: Any, way: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL clears deleted rows by its own vacuum.")
    flood = serving.deployment(cast, sample_days=1)
    secret = "marker-" + os.urandom(8).hex()
    for at in range(50):
        sample(flood, 2 + at / 100, row={"name": f"{secret} {at} {'x' * 900}"})
    file = Path(connection.settings_dict["NAME"])
    files = [file, file.with_name(f"{file.name}-wal")]

    def found() -> bool:
        return any(secret.encode() in one.read_bytes() for one in files if one.exists())

    assert found()
    with transaction.atomic():
        way(flood)
    assert not found()
