"""Reading the audit chains back and naming what was tampered with."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.module_loading import import_string

from accounts import chain
from accounts.chain_reading import Columns, Prover, hyphened, quick_digest
from accounts.models import AuditClearText, AuditEvent, ChainHead

Anchor = tuple[str, int, str]
BATCH = 2000
# Read as text: no column is made an object for entries that are whole, which is nearly all of them.
NUMBERED = ("number",)
COLUMNS = [name if name in NUMBERED else Cast(name, TextField()) for name in Columns._fields]


@dataclass(frozen=True)
class Tampering:
    """One thing that does not fit: which chain, which entry, which field, in words."""

    chain: str
    row: str
    field: str
    says: str

    def __str__(self) -> str:
        return f"{self.chain} · {self.row} · {self.field}: {self.says}"


@dataclass
class Report:
    """What a check of the chains found; ``tails`` says for each chain how far its end was proven."""

    tampering: list[Tampering] = field(default_factory=list)
    entries: int = 0
    erased: int = 0
    tails: dict[str, str] = field(default_factory=dict)

    @property
    def intact(self) -> bool:
        return not self.tampering


def keys_by_mark() -> dict[str, bytes]:
    """The key in use and the retired ones, by the mark that entries carry."""
    return {chain.key_mark(key): key for key in (settings.AUDIT_KEY, *settings.AUDIT_RETIRED_KEYS)}


def check_chains(keys: Sequence[str] | None, anchors: Sequence[Anchor]) -> Report:
    """Check the named chains, or all; then what other parts of the product keep under seal."""
    report = Report()
    heads = ChainHead.objects.order_by("pk")
    if keys is not None:
        heads = heads.filter(pk__in=keys)
    known = [head.pk for head in heads]
    for head in heads:
        _check_chain(head, [anchor for anchor in anchors if anchor[0] == head.pk], report)
    for name, number, _ in anchors:
        if name not in known and (keys is None or name in keys) and number:
            report.tampering.append(
                Tampering(name, "chain", "head", "the anchor names a chain that is not there")
            )
    for path in getattr(settings, "AUDIT_CHECKS", ()):
        report.tampering.extend(import_string(path)(known))
    return report


def _check_chain(head: ChainHead, anchors: Sequence[Anchor], report: Report) -> None:
    keys = keys_by_mark()
    provers = {mark: Prover(key, head.pk) for mark, key in keys.items()}
    previous, number = "", 0
    seals: dict[int, str] = {}
    wanted = {anchor_number for _, anchor_number, _ in anchors}
    texts = _clear_texts(head)
    text = next(texts, None)
    for row in _rows(head):
        report.tampering.extend(_check_place(row, head, number, previous))
        said = []
        while text is not None and text[0] <= row.number:
            said.append(text[1:])
            text = next(texts, None)
        if not _fits(row, said, provers.get(row.key_mark)):
            report.tampering.extend(_look_again(row, head, keys))
        report.erased += sum(1 for _, _, salt in said if not salt)
        report.entries += 1
        previous, number = row.seal, row.number
        if number in wanted:
            seals[number] = row.seal
    report.tampering.extend(_check_head(head, number, previous))
    _check_anchors(head, anchors, seals, number, report)


def _rows(head: ChainHead) -> Iterator[Columns]:
    rows = AuditEvent.objects.filter(chain=head).order_by("number").values_list(*COLUMNS)
    yield from map(Columns._make, rows.iterator(chunk_size=BATCH))


def _check_place(row: Columns, head: ChainHead, number: int, previous: str) -> Iterator[Tampering]:
    """Whether an entry follows the one before it."""
    if row.number != number + 1:
        missing = row.number - number - 1
        says = f"{missing} entries between {number} and {row.number} are missing"
        yield Tampering(head.pk, _row(row), "number", says)
    elif row.previous != previous:
        yield Tampering(head.pk, _row(row), "previous", "does not follow the entry before it")


def _look_again(row: Columns, head: ChainHead, keys: dict[str, bytes]) -> Iterator[Tampering]:
    """An entry that could not be proven by its text: field by field, or that it cannot even be read."""
    try:
        entry = AuditEvent.objects.prefetch_related("clear_texts").get(chain=head, number=row.number)
    except (ValueError, RecursionError):
        yield Tampering(head.pk, _row(row), "data", "cannot be read any more")
        return
    yield from check_entry(entry, keys)


def _clear_texts(head: ChainHead) -> Iterator[tuple[int, str, str, str]]:
    """Number of the entry, field, value and salt of all clear texts of a chain, in its order."""
    rows = AuditClearText.objects.filter(event__chain=head).order_by("event__number", "field")
    yield from rows.values_list("event__number", "field", "value", "salt").iterator(chunk_size=BATCH)


def _fits(row: Columns, said: Sequence[tuple[str, str, str]], prover: Prover | None) -> bool:
    """Whether the entry is whole. What is not is looked at again, to name the field that was changed."""
    personal = prover.proves(row) if prover else None
    if personal is None:
        return False
    if not said and not personal:
        return True
    names = {name for name, _, _ in said}
    return (
        len(said) == len(names)
        and names == set(personal)
        and all(
            not (salt or value) or personal[name] == quick_digest(salt, value) for name, value, salt in said
        )
    )


def check_entry(entry: AuditEvent, keys: dict[str, bytes]) -> Iterator[Tampering]:
    """All that is wrong inside one entry and its clear texts."""

    def wrong(field_name: str, says: str) -> Tampering:
        return Tampering(entry.chain_id, _row(entry), field_name, says)

    key = keys.get(entry.key_mark)
    if key is None:
        yield wrong("key_mark", "was sealed with a key that this installation does not know")
        return
    marks = entry.field_marks if isinstance(entry.field_marks, dict) else {}
    fields = entry.sealed_fields()
    changed = [name for name, value in fields.items() if not _same(marks.get(name), key, entry, name, value)]
    for name in [*changed, *(set(marks) - set(fields))]:
        says = "was added, changed or removed after it was written"
        yield wrong(name, says)
    if not changed and not hmac.compare_digest(entry.seal, chain.seal(key, entry.previous, marks)):
        yield wrong("seal", "does not fit the entry")
    yield from _check_clear_text(entry, wrong)


def _same(mark: Any, key: bytes, entry: AuditEvent, name: str, value: Any) -> bool:
    try:
        right = chain.field_mark(key, str(entry.pk), name, value)
    except (ValueError, RecursionError):
        # Nothing that was sealed is infinite, half a character or nested beyond reading.
        return False
    return isinstance(mark, str) and hmac.compare_digest(mark.encode("utf-8", "replace"), right.encode())


def _check_clear_text(entry: AuditEvent, wrong: Any) -> Iterator[Tampering]:
    personal = entry.personal if isinstance(entry.personal, dict) else {}
    texts = {text.field: text for text in entry.clear_texts.all()}
    for name in sorted(set(personal) | set(texts)):
        text = texts.get(name)
        if text is None:
            yield wrong(f"personal.{name}", "its clear text was deleted, not erased")
        elif name not in personal:
            yield wrong(f"personal.{name}", "its clear text belongs to no field of the entry")
        elif (text.salt or text.value) and chain.digest(text.salt, text.value) != personal[name]:
            yield wrong(f"personal.{name}", "its clear text was changed")


def _check_head(head: ChainHead, number: int, seal: str) -> Iterator[Tampering]:
    if head.length > number:
        says = f"entries {number + 1} to {head.length} are missing at the end"
        yield Tampering(head.pk, "chain head", "length", says)
    elif head.length < number:
        yield Tampering(
            head.pk, "chain head", "length", f"tells of {head.length} entries, there are {number}"
        )
    elif head.seal != seal:
        yield Tampering(head.pk, "chain head", "seal", "is not the seal of the last entry")


def _check_anchors(
    head: ChainHead, anchors: Sequence[Anchor], seals: dict[int, str], number: int, report: Report
) -> None:
    if not anchors:
        report.tails[head.pk] = "The tail cannot be checked without an anchor."
        return
    for _, anchor_number, anchor_seal in anchors:
        if anchor_number > number:
            says = (
                f"ends at entry {number}, the anchor knows entry {anchor_number}: "
                "the tail was cut or an older database restored"
            )
            report.tampering.append(Tampering(head.pk, "chain head", "length", says))
        elif anchor_number and seals.get(anchor_number) != anchor_seal:
            says = "has another seal than in the anchor"
            report.tampering.append(Tampering(head.pk, f"entry {anchor_number}", "seal", says))
    report.tails[head.pk] = f"Compared with an anchor at entry {max(known for _, known, _ in anchors)}."


def _row(entry: AuditEvent | Columns) -> str:
    return f"entry {entry.number} ({hyphened(str(entry.pk))})"
