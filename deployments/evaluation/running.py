"""The job that measures a version: three programs in the sandbox, then verified readings of the candidate."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import stat
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.localize import zone_of
from charters.actions import record_reading
from charters.actions.telling import tell_verdicts
from charters.keeping import standing_of
from charters.models import Reading, Revision
from charters.queries import revision_in_force
from charters.verdicts import still_counts
from deployments import sandbox
from deployments.evaluation.metrics import NotMeasurable, in_unit
from deployments.evaluation.readings import Wanted, differences_of, typed_of, wanted_of
from deployments.evaluation.terms import chosen_words, settled, signed_words
from deployments.models import Evaluation
from deployments.release import builds, requirements
from jobs import files, outbox
from jobs.runner import Cancelled, Outcome, Progress
from projects.tracking import model_files
from projects.tracking.records import TrackingIsAway
from ui.errors import Conflict, DomainError
from ui.words import plural

PROGRAMS = Path(__file__).resolve().parent.parent / "replica"
LIMITS = sandbox.Limits(memory_mb=2048, seconds=300, processes=64, files_mb=256)
MOST_ANSWER = 64 * 1024 * 1024
OUT_OF = {
    "time": "This took longer than five minutes, which is the most.",
    "memory": "This needed more memory than it may use.",
    "disk": "This wrote more files than it may.",
}
STEPS = 4
LOOK_SECONDS = 1.0
CANNOT = (
    model_files.ModelFilesAreAway,
    requirements.NotTaken,
    builds.BuildFailed,
    sandbox.SandboxIsOff,
)


class Pressed:
    """Whether somebody has cancelled the job, which ends the program that runs just then."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._looked = float("-inf")
        self._found = False

    def is_set(self) -> bool:
        """Asked several times a second; looked up once a second."""
        if not self._found and time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._found = self._progress.cancelled()
        return self._found


def evaluate(progress: Progress, pk: str) -> Outcome:
    """Measure, keep a verified reading for each criterion that names the file, and tell what differs."""
    found = Evaluation.objects.select_related("project__organization", "project__charter", "file").get(pk=pk)
    back = reverse("deployments:verify", args=[found.project_id])
    if found.state == Evaluation.State.DONE:
        return Outcome("This was measured already.", back)
    _move(found, Evaluation.State.RUNNING)
    try:
        wanted = _wanted(found)
        told = _measured(progress, found, wanted)
        with transaction.atomic():
            kept = _keep(found, wanted, told)
    except BaseException as error:
        said = error.message if isinstance(error, DomainError) else "This was not finished."
        said = "It was cancelled." if isinstance(error, Cancelled) else said
        _move(found, Evaluation.State.FAILED, said)
        raise
    return Outcome(f"{plural(kept, 'reading is', 'readings are')} verified.", back)


def _move(found: Evaluation, state: Evaluation.State, message: str = "") -> None:
    found.state, found.message = state, message
    found.ended_at = timezone.now() if state != Evaluation.State.RUNNING else None
    found.save(update_fields=["state", "message", "ended_at", "figures", "failures", "files_sha256"])


def _wanted(found: Evaluation) -> list[Wanted]:
    charter = found.project.charter
    revision = revision_in_force(charter) if charter is not None else None
    named = [one for one in wanted_of(revision) if one.sha256 == found.sha256] if revision else []
    if not named:
        raise Conflict("No criterion in force names this file any more.")
    return named


def _measured(progress: Progress, found: Evaluation, wanted: Sequence[Wanted]) -> dict[str, Any]:
    """What the programs say. The model gets a folder of its own, without the truth."""
    slug, pressed = found.project.slug, Pressed(progress)
    with tempfile.TemporaryDirectory(prefix="evaluation-", dir=_place()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            python = _environment(progress, pressed, slug, found)
            copied = folder / "model"
            found.files_sha256 = model_files.copy_to(slug, found.model, found.version, copied)
        except TrackingIsAway as error:
            raise Conflict("Tracking does not answer; try again once it does.") from error
        except CANNOT as error:
            if pressed.is_set():
                raise Cancelled from error
            raise Conflict(str(error)) from error
        data = folder / f"data{Path(found.file.name).suffix.lower()}"
        data.write_bytes(files.read(found.file))
        plan = folder / "plan.json"
        plan.write_text(json.dumps(_plan(found, wanted, data, folder / "model")), encoding="utf-8")
        ours = sandbox.interpreter()
        progress("Reading the file", 1, STEPS)
        truth = _step(ours, ["evaluate.py", "split"], plan, [data], folder / "truth", pressed)
        progress("The model answers", 2, STEPS)
        (folder / "model-says").mkdir()
        shutil.move(truth / "inputs.parquet", folder / "model-says")
        answering = ["evaluate.py", "predict"]
        says = _step(python, answering, plan, [folder / "model"], folder / "model-says", pressed)
        progress("Measuring the answers", 3, STEPS)
        (truth / "answers.json").write_bytes(_left(says, "answers.json"))
        _step(ours, ["score.py"], plan, [], truth, pressed)
        told: dict[str, Any] = json.loads(_left(truth, "score.json"))
        return told | {"left_out": _told(truth, "split").get("left_out", 0)}


def _place() -> Path:
    place = Path(settings.DATA_DIR) / "serving" / "evaluations"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _environment(progress: Progress, pressed: Pressed, slug: str, found: Evaluation) -> Path:
    """The interpreter with what the model asks for; an environment of its own is made where it needs one."""
    progress("Looking at what the model needs", 0, STEPS)
    lines = builds.lines_for(model_files.describe(slug, found.model, found.version).requirements)
    if not lines:
        return builds.python_of(None)
    if builds.is_being_made(requirements.key(lines)):
        raise Conflict("The environment that this model needs is being built; try again in some minutes.")
    progress("Building the environment that this model needs", 0, STEPS)
    return builds.python_of(builds.make(lines, asked_to_end=pressed))


def _plan(found: Evaluation, wanted: Sequence[Wanted], data: Path, model: Path) -> dict[str, Any]:
    metrics = list(_metrics(found, wanted))
    return {
        "file": str(data),
        "name": found.file.name,
        "model": str(model),
        "targets": sorted({one["target"] for one in metrics}),
        "metrics": metrics,
    }


def _metrics(found: Evaluation, wanted: Sequence[Wanted]) -> Iterator[dict[str, Any]]:
    """Each criterion by its own terms: as signed, and as typed where nothing is."""
    for one in wanted:
        if one.metric is None:
            continue
        terms = settled(one.metric, one.criterion.data, typed_of(found))
        if not terms.target:
            raise Conflict("The charter was changed since this was asked for; ask for it again.")
        yield {
            "id": one.criterion.key,
            "metric": one.metric.name,
            "reads": one.metric.reads,
            "average": one.metric.average,
            "slice": one.conditions,
            **asdict(terms),
        }


def _step(
    python: Path, program: list[str], plan: Path, readable: list[Path], work: Path, pressed: Pressed
) -> Path:
    """Run one program on its folder; Conflict with its own words, or with why it did not end."""
    work.mkdir(exist_ok=True)
    world = sandbox.World(
        readable=[PROGRAMS, plan, python.parent.parent, *readable],
        writable=[work],
        number=zlib.crc32(str(work).encode()),
    )
    # What other steps have left here becomes this one's, too.
    for path in (work, *work.iterdir()):
        sandbox.give(path, world)
    name, *more = program
    line = [str(python), "-I", str(PROGRAMS / name), *more, str(plan), str(work)]
    ended = sandbox.run(line, world=world, limits=LIMITS, asked_to_end=pressed)
    if ended.why == "cancelled":
        raise Cancelled
    if ended.why:
        raise Conflict(OUT_OF[ended.why])
    if ended.code:
        said = ended.errors.strip().splitlines()
        raise Conflict(f"The evaluation ended early: {said[-1][:500] if said else 'without a word'}.")
    refused = _told(work, more[0] if more else "score").get("refused")
    if refused:
        raise Conflict(str(refused)[:1000])
    return work


def _told(work: Path, step: str) -> Mapping[str, Any]:
    try:
        told = json.loads(_left(work, f"{step}.json"))
    except ValueError as error:
        raise Conflict("The evaluation left nothing that can be read.") from error
    if not isinstance(told, dict):
        raise Conflict("The evaluation left nothing that can be read.")
    return told


def _left(work: Path, name: str) -> bytes:
    """A file that a program left: a plain one of a bearable size, never what a link leads to."""
    try:
        number = os.open(work / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Conflict("The evaluation left no answer.") from error
    with os.fdopen(number, "rb") as handle:
        facts = os.fstat(handle.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MOST_ANSWER:
            raise Conflict("The evaluation left no answer that can be read.")
        return handle.read(MOST_ANSWER)


def _keep(found: Evaluation, wanted: Sequence[Wanted], told: Mapping[str, Any]) -> int:
    """A reading for each figure, for the candidate alone; what differs from what was reported is told."""
    project = found.project
    candidate = project.candidates.first()
    charter = project.charter
    revision = revision_in_force(charter) if charter is not None else None
    if revision is None or candidate is None or (candidate.model, candidate.version) != _version(found):
        raise Conflict("Another version was nominated meanwhile; have that one measured.")
    before = standing_of(revision, candidate=candidate.label)
    now = {item.criterion.key: item.criterion for item in before.judged}
    today = timezone.now().astimezone(zone_of(project.organization)).date()
    kept = 0
    for one in wanted:
        figure = _figure(found, one, told)
        current = now.get(one.criterion.key)
        if current is None or not still_counts(one.criterion, current):
            figure |= {"value": None, "why_not": "The charter was changed meanwhile; have it measured again."}
        found.figures[one.criterion.key] = figure
        if figure["value"] is not None:
            _record(found, revision, one, figure, candidate=candidate.label, today=today)
            kept += 1
    _note_differences(found, candidate.label)
    found.failures = told.get("failures", [])
    left_out = told.get("left_out")
    message = f"{plural(left_out, 'row', 'rows')} without the truth left out." if left_out else ""
    _move(found, Evaluation.State.DONE, message)
    after = standing_of(revision, candidate=candidate.label)
    by_name = found.asked_by.get_full_name() if found.asked_by else ""
    tell_verdicts(before, after, by=found.asked_by, by_name=by_name)
    return kept


def _record(
    found: Evaluation,
    revision: Revision,
    one: Wanted,
    figure: Mapping[str, Any],
    *,
    candidate: str,
    today: dt.date,
) -> None:
    criterion = one.criterion
    record_reading(
        revision,
        criterion.key,
        by=found.asked_by,
        taken_on=today,
        value=figure["value"],
        source=Reading.Source.VERIFIED,
        candidate_judged=candidate,
        tell=False,
        candidate=candidate,
        unit=criterion.unit,
        metric_key=criterion.metric_key,
        data_name=criterion.data.name,
        data_sha256=found.sha256,
        # The same bytes: the digest is another name for the file that was signed.
        data_digest=criterion.data.digest,
        slice=criterion.slice,
        chosen=figure["chosen"],
    )


def _version(found: Evaluation) -> tuple[str, int]:
    return (found.model, found.version)


def _figure(found: Evaluation, one: Wanted, told: Mapping[str, Any]) -> dict[str, Any]:
    name = one.metric.name if one.metric else one.criterion.metric_key
    figure: dict[str, Any] = {"metric": name, "slice": one.criterion.slice, "value": None, "rows": 0}
    if one.why_not or one.metric is None:
        return figure | {"why_not": one.why_not}
    data = one.criterion.data
    terms = settled(one.metric, data, typed_of(found))
    figure |= {
        "terms": asdict(terms),
        "signed": signed_words(data),
        "chosen": chosen_words(one.metric, data, terms),
    }
    given = told["figures"][one.criterion.key]
    if given["value"] is None:
        return figure | {"why_not": given["why_not"]}
    try:
        value = in_unit(one.metric, float(given["value"]), one.criterion.unit)
    except NotMeasurable as why:
        return figure | {"why_not": str(why)}
    return figure | {"value": value, "rows": given["rows"]}


def _note_differences(found: Evaluation, label: str) -> None:
    charter = found.project.charter
    if charter is None:
        return
    for one in differences_of(found.project, label):
        key = one.criterion.key
        if key not in found.figures:
            continue
        found.figures[key] |= {"reported": one.reported.value, "differs": True}
        outbox.publish(
            "reading.differs",
            organization=charter.organization,
            about=charter,
            data={
                "charter": charter.code,
                "key": key,
                "criterion": one.criterion.name,
                "reported": one.reported.value,
                "measured": one.verified.value,
            },
            key=f"reading.differs:{one.verified.pk}",
        )
