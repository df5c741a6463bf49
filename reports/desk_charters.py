"""What charters put on the desk: signatures that are asked for, own drafts, the third station."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from uuid import UUID

from django.urls import reverse

from assessment.result_words import first_lower
from charters.access import is_seat_of
from charters.models import Charter, Revision, Signatory, SignoffEvent, SignoffRound
from charters.queries import signature_counts, waiting_for
from charters.seats import blocked
from charters.signoff import SeatState, State
from reports.desk import Reader
from reports.desk_changes import Named, Story
from reports.desk_roadmap import published
from reports.duties import Delay, Duty, Mark, Stop
from ui.words import counted, plural, sentence

CAPTION_ROOM = 32


def waits(reader: Reader) -> list[Duty]:
    """Revisions to sign, rounds that cannot end, drafts that the reader began, and a published plan's first
    charter."""
    return [*_to_sign(reader), *_to_unblock(reader), *_to_finish(reader), *_to_begin(reader)]


def _to_sign(reader: Reader) -> list[Duty]:
    seats = waiting_for(reader.user, reader.organization)
    counts = signature_counts({seat.round_id for seat in seats})
    duties = []
    for seat in seats:
        revision = seat.round.revision
        signed, asked = counts[seat.round_id]
        have = sentence(counted(signed, "person has", "people have"))
        duties.append(
            Duty(
                verb="Sign",
                what=f"Revision {revision.number} of {_name(revision.charter)}",
                url=reverse("charters:sign", args=[seat.pk]),
                detail=f"{have} signed, of {asked}.",
                since=reader.day_of(seat.asked_at),
                due=seat.round.due_on,
                why=f"You sign {revision.charter.code} as {first_lower(seat.role)}.",
            )
        )
    return duties


def _to_unblock(reader: Reader) -> list[Duty]:
    """Rounds with a seat that nobody can sign: for those who lead, and for whoever handed the seat over."""
    if all(charter.state != State.OUT for charter in reader.once(charters_of)):
        return []
    seats = Signatory.objects.filter(
        round__state=State.OUT,
        round__revision__charter__organization=reader.organization,
        state=SeatState.WAITING,
    )
    rows = list(seats.select_related("round__revision__charter").defer("round__revision__content"))
    gone = blocked(rows, reader.organization.pk)
    held = [row for row in rows if row.pk in gone]
    own = [row for row in held if row.delegated_at is not None and is_seat_of(row, reader.user)]
    return [
        *(_take_back(row) for row in own),
        *(_unblock([row for row in held if row not in own], gone) if reader.leads else ()),
    ]


def _take_back(seat: Signatory) -> Duty:
    return Duty(
        verb="Take back",
        what=f"Your signature of {_name(seat.round.revision.charter)}",
        url=reverse("charters:sign", args=[seat.pk]),
        detail=f"{seat.delegate_name or 'The person named'} has left and cannot sign for you.",
        due=seat.round.due_on,
        why=f"You handed your seat as {first_lower(seat.role)} over.",
    )


def _unblock(seats: list[Signatory], gone: Mapping[UUID, str]) -> list[Duty]:
    """One for each round, with all that holds it up."""
    rounds: dict[UUID, list[Signatory]] = defaultdict(list)
    for seat in seats:
        rounds[seat.round_id].append(seat)
    return [
        Duty(
            verb="Unblock",
            what=f"Signatures of {_name(held[0].round.revision.charter)}",
            url=f"{reverse('charters:show', args=[held[0].round.revision.charter_id])}#signatures",
            detail=" ".join(dict.fromkeys(gone[seat.pk] for seat in held)),
            due=held[0].round.due_on,
            why="You lead the charters of this organization.",
        )
        for held in rounds.values()
    ]


def _to_finish(reader: Reader) -> list[Duty]:
    charters = reader.once(charters_of)
    drafts = [row for row in charters if row.state == State.DRAFT and row.created_by_id == reader.user.pk]
    declined = [row for row in charters if row.state == State.DECLINED and reader.leads]
    back = [row for row in charters if row.state == State.CHANGES and reader.leads]
    duties = [
        Duty(
            verb="Finish",
            what=f"Draft of {_name(charter)}",
            url=reverse("charters:show", args=[charter.pk]),
            detail="Nobody can sign before it is complete and frozen.",
            since=reader.day_of(charter.changed_at),
            why=f"You began {charter.code}.",
        )
        for charter in drafts
    ]
    return (
        duties
        + [
            Duty(
                verb="Change",
                what=f"{_name(charter)} was declined",
                url=reverse("charters:show", args=[charter.pk]),
                detail="A new revision can answer the reason that was given.",
                since=reader.day_of(charter.changed_at),
                why="You lead the charters of this organization.",
            )
            for charter in declined
        ]
        + [
            Duty(
                verb="Change",
                what=f"Changes to {_name(charter)} are asked for",
                url=reverse("charters:show", args=[charter.pk]),
                detail="Write a new revision, or send the same text again once it is talked over.",
                since=reader.day_of(charter.changed_at),
                why="You lead the charters of this organization.",
            )
            for charter in back
        ]
    )


def _to_begin(reader: Reader) -> list[Duty]:
    """For those who lead, once a plan is published: the first charter."""
    plan = reader.once(published) if reader.leads else None
    if plan is None or reader.once(charters_of):
        return []
    return [
        Duty(
            verb="Begin",
            what="A first charter",
            url=reverse("charters:new"),
            detail=f"{plan.title} leads to a POC; its charter says what success is before anybody builds.",
            since=reader.day_of(plan.published_at),
            why="You lead the charters of this organization.",
        )
    ]


def _name(charter: Charter) -> str:
    return charter.title or charter.code


def charters_of(reader: Reader) -> list[Charter]:
    """The charters of the reader's organization, the last changed first, without their texts."""
    rows = Charter.objects.filter(organization=reader.organization, archived_at=None)
    named = rows.only("code", "title", "state", "created_by", "changed_at")
    return list(named.order_by("-changed_at"))


def open_rounds(reader: Reader) -> list[tuple[SignoffRound, int, int]]:
    """The rounds of signatures that are out, the next due first, with signatures given and asked for."""
    rounds = list(
        SignoffRound.objects.select_related("revision__charter")
        .filter(
            state=State.OUT,
            revision__charter__organization=reader.organization,
            revision__charter__archived_at=None,
        )
        .order_by("due_on", "opened_at")
    )
    counts = signature_counts(round_.pk for round_ in rounds)
    return [(round_, *counts.get(round_.pk, (0, 0))) for round_ in rounds]


def late(reader: Reader) -> list[Delay]:
    """Rounds of signatures past their day, with how many still have to sign."""
    return [
        Delay(
            days=(reader.today - round_.due_on).days,
            what=f"Signatures of {_name(round_.revision.charter)}",
            url=reverse("charters:show", args=[round_.revision.charter_id]),
            kind=f"Revision {round_.revision.number}",
            who=f"{plural(asked - signed, 'signature is', 'signatures are')} missing",
            holds=f"Holds the start of {round_.revision.charter.code}.",
        )
        for round_, signed, asked in reader.once(open_rounds)
        if round_.due_on and round_.due_on < reader.today
    ]


def line(reader: Reader) -> Stop:
    """The third station: what is in force, what is out for signature, what is being written."""
    url = reverse("charters:list")
    charters = reader.once(charters_of)
    if not charters:
        return Stop("Charters", url, reached=False, headline="None yet")
    count = Counter(charter.state for charter in charters)
    headline = _headline(count)
    rounds = reader.once(open_rounds)
    marks = [
        Mark("watch", f"{round_.revision.charter.code}: {signed} of {asked} have signed")
        for round_, signed, asked in rounds[:2]
    ]
    if count[State.DECLINED]:
        marks.append(Mark("bad", f"{counted(count[State.DECLINED], 'charter', 'charters')} declined"))
    return Stop(
        "Charters",
        url,
        reached=True,
        headline=headline,
        caption=marks[0].words[:CAPTION_ROOM] if rounds else headline,
        fact=f"{plural(len(charters), 'charter', 'charters')} in all",
        cells=(rounds[0][1], rounds[0][2]) if rounds else None,
        marks=tuple(marks),
        note=plural(count[State.DRAFT], "draft", "drafts") if count[State.DRAFT] else "",
    )


def _headline(count: Counter[str]) -> str:
    for state, words in ((State.IN_FORCE, "in force"), (State.OUT, "out for signature")):
        if count[state]:
            return f"{count[state]} {words}"
    drafts = count[State.DRAFT] + count[State.FROZEN]
    return plural(drafts, "draft", "drafts") if drafts else "None in force"


def _names(reader: Reader, ids: set[str]) -> dict[str, Named]:
    revisions = Revision.objects.select_related("charter").filter(
        charter__organization=reader.organization, pk__in=ids
    )
    return {
        str(row.pk): Named(
            f"revision {row.number} of {_name(row.charter)}",
            reverse("charters:revision", args=[row.charter_id, row.number]),
        )
        for row in revisions
    }


def _signers(entries: set[UUID]) -> dict[UUID, str]:
    """Those who signed or declined by personal link, named as in the text that they signed."""
    rows = SignoffEvent.objects.filter(audit_id__in=entries, signatory__isnull=False)
    return dict(rows.values_list("audit_id", "signatory__name"))


REVISIONS = Story(
    subject_type="charters.revision",
    sentences={
        "charter.frozen": "{actor} froze {name}.",
        "charter.sent": "{actor} sent {name} for signature.",
        "charter.signed": "{actor} signed {name}.",
        "charter.declined": "{actor} declined to sign {name}.",
        "charter.in_force": "All have signed {name}; it is in force.",
        "charter.withdrawn": "{actor} withdrew {name}.",
        "charter.superseded": "{actor} began to change {name}; its signatures are void.",
        "charter.change_opened": "{actor} opened a change request for {name}.",
        "charter.change_dropped": "{actor} dropped the change request for {name}.",
        "charter.reading": "{actor} handed in a reading for {name}.",
        "charter.decided": "{actor} decided on {name}.",
    },
    names=_names,
    actors=_signers,
)
