"""Who gets what at the addresses of charters."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from charters.actions import freeze_revision, record_learning, start_revision
from charters.actions.commenting import add_comment, settle_comment
from charters.actions.guests import invite_guest
from charters.actions.templates import save_template
from charters.models import Charter, FieldComment, Guest, Revision, Signatory, SignoffRound
from tests.charters.cast import send_charter, write_charter
from tests.kept import kept
from tests.urls_rows import IN, MISSING, POST, SIGN_IN, Row, at, by_link, own

Make = Callable[[Any], list[Any]]


def _charter(cast: Any) -> Charter:
    return write_charter(SimpleNamespace(organization=cast.organization, frida=cast.frank))


def draft_with(*more: Any) -> Make:
    return lambda cast: [_charter(cast).pk, *more]


def frozen_with(*more: Any) -> Make:
    def make(cast: Any) -> list[Any]:
        charter = _charter(cast)
        freeze_revision(charter, by=cast.frank)
        return [charter.pk, *more]

    return make


@kept
def _out(cast: Any) -> tuple[Charter, Signatory]:
    charter = _charter(cast)
    round_ = send_charter(SimpleNamespace(frida=cast.frank), charter)
    return charter, round_.signatories.order_by("pk").first()


def out(cast: Any) -> list[Any]:
    return [_out(cast)[0].pk]


def seat(cast: Any) -> list[Any]:
    return [_out(cast)[1].pk]


def comment(cast: Any) -> list[Any]:
    return [add_comment(_charter(cast), field="problem", words="Whose figure?", by=cast.frank).pk]


def settled_comment(cast: Any) -> list[Any]:
    found = FieldComment.objects.get(pk=comment(cast)[0])
    settle_comment(found, by=cast.frank)
    return [found.pk]


def guest(cast: Any) -> list[Any]:
    return [invite_guest(_charter(cast), name="Elena", email="elena@partner.example", by=cast.frank).pk]


def template(cast: Any) -> list[Any]:
    return [save_template(_charter(cast), name="Warnings", by=cast.frank).pk]


@kept
def in_force(cast: Any) -> Charter:
    """A charter whose round is over, as the tables hold it; the people of the cast sign nothing."""
    charter, signatory = _out(cast)
    round_ = signatory.round
    Signatory.objects.filter(round=round_).update(state="signed", user=cast.frank)
    SignoffRound.objects.filter(pk=round_.pk).update(state="in_force")
    Revision.objects.filter(pk=round_.revision_id).update(state="in_force")
    Charter.objects.filter(pk=charter.pk).update(state="in_force")
    return charter


def kept_with(*more: Any) -> Make:
    return lambda cast: [in_force(cast).pk, *more]


def changed_with(*more: Any) -> Make:
    def make(cast: Any) -> list[Any]:
        charter = in_force(cast)
        start_revision(charter, by=cast.frank, reason="Another plant")
        return [charter.pk, *more]

    return make


def learned(cast: Any) -> list[Any]:
    charter = in_force(cast)
    return [charter.pk, record_learning(charter, by=cast.frank, learned="Ask early").pk]


def comment_of(cast: Any) -> list[Any]:
    pk = comment(cast)[0]
    return [FieldComment.objects.get(pk=pk).charter_id, pk]


def settled_comment_of(cast: Any) -> list[Any]:
    pk = settled_comment(cast)[0]
    return [FieldComment.objects.get(pk=pk).charter_id, pk]


def guest_of(cast: Any) -> list[Any]:
    pk = guest(cast)[0]
    return [Guest.objects.get(pk=pk).charter_id, pk]


ROWS: dict[str, Row] = {
    "charters:change": at("view", make=changed_with(1)),
    "charters:change_drop": at("manage", make=changed_with(1)),
    "charters:successor": at("manage", make=kept_with("legal")),
    "charters:readings": at("view", make=kept_with()),
    "charters:reading_new": at("manage", make=kept_with("c1")),
    "charters:learning": at("view", make=kept_with()),
    "charters:learning_withdraw": at("manage", make=learned, method=POST),
    "charters:decision": at("view", make=kept_with()),
    "charter-changes": at("view", make=changed_with()),
    "charter-drop-change": at("manage", make=changed_with(), method=POST),
    "charter-verdict": at("view", make=kept_with()),
    "charter-readings": at("view", make=kept_with()),
    "charter-learnings": at("view", make=kept_with()),
    "charter-decision": at("view", make=kept_with()),
    "charters:word": at("view", make=draft_with()),
    "charters:revision_word": at("view", make=frozen_with(1)),
    "charters:guest_word": by_link(make=guest),
    "charters:sign_word": by_link(make=seat),
    "charter-word": at("view", make=draft_with()),
    "charter-revision-word": at("view", make=frozen_with(1)),
    "charters:list": own("view"),
    "charters:new": own("edit"),
    "charters:rules": own("view"),
    "charters:route_before": own("view"),
    "charters:route": at("view", make=draft_with()),
    "charters:show": at("view", make=draft_with()),
    "charters:history": at("view", make=draft_with()),
    "charters:review": at("view", make=draft_with()),
    "charters:revision": at("view", make=frozen_with(1)),
    "charters:write": at("edit", make=draft_with("criteria")),
    "charters:criterion_new": at("edit", make=draft_with()),
    "charters:criterion": at("edit", make=draft_with("c1")),
    "charters:criterion_check": at("edit", make=draft_with("c1"), method=POST),
    "charters:criterion_remove": at("edit", make=draft_with("c1"), method=POST),
    "charters:freeze": at("manage", make=draft_with(), method=POST),
    "charters:send": at("manage", make=frozen_with()),
    "charters:withdraw": at("manage", make=out),
    "charters:cancel": at("manage", make=out),
    "charters:revise": at("manage", make=out),
    "charters:archive": at("manage", make=draft_with()),
    "charters:seal": at("manage", make=out, method=POST),
    "charters:sheet": Row((SIGN_IN, *(MISSING,) * 5), make=lambda cast: [*out(cast), 1]),
    "charters:remind": at("manage", make=seat, method=POST),
    "charters:templates": own("view"),
    "charters:template_new": at("manage", make=draft_with()),
    "charters:template_rename": at("manage", make=template),
    "charters:template_archive": at("manage", make=template, method=POST),
    "charters:comment": Row((SIGN_IN, MISSING, IN, IN, IN, IN), make=draft_with(), method=POST),
    "charters:comment_settle": at("edit", make=comment, method=POST),
    "charters:comment_reopen": at("edit", make=settled_comment, method=POST),
    "charters:guests": at("manage", make=draft_with()),
    "charters:guest_link": at("manage", make=guest, method=POST),
    "charters:guest_remind": at("manage", make=guest, method=POST),
    "charters:guest_revoke": at("manage", make=guest, method=POST),
    "charters:guest": by_link(make=guest),
    "charters:guest_comment": by_link(make=guest, method=POST),
    "charters:sign": by_link(make=seat),
    "charters:sign_submit": by_link(make=seat, method=POST),
    "charters:sign_code": by_link(make=seat, method=POST),
    "charters:decline": by_link(make=seat),
    "charters:changes": by_link(make=seat),
    "charters:delegate": by_link(make=seat),
    "charters:take_back": by_link(make=seat, method=POST),
    "charter-comments": Row((SIGN_IN, MISSING, IN, IN, IN, IN), make=draft_with()),
    "charter-settle": at("edit", make=comment_of, method=POST),
    "charter-reopen": at("edit", make=settled_comment_of, method=POST),
    "charter-guests": at("manage", make=draft_with()),
    "charter-revoke": at("manage", make=guest_of, method=POST),
    "charter-template": at("manage", make=draft_with(), method=POST, data={"name": "Warnings"}),
    "charter-template-list": own("view"),
    "charter-template-detail": at("manage", make=template, method="delete"),
    "charter-rule-list": own("view"),
    "charter-rule-detail": own("manage", make=lambda cast: ["charter.no_must"], method="patch"),
    "charter-list": own("view"),
    "charter-detail": at("view", make=draft_with()),
    "charter-problems": at("view", make=draft_with()),
    "charter-events": at("view", make=draft_with()),
    "charter-revisions": at("view", make=draft_with()),
    "charter-revision": at("view", make=frozen_with(1)),
    "charter-freeze": at("manage", make=draft_with(), method=POST),
    "charter-send": at("manage", make=frozen_with(), method=POST),
    "charter-withdraw": at("manage", make=out, method=POST),
    "charter-revise": at("manage", make=out, method=POST),
}
