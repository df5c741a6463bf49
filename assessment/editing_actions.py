"""Writes of the editor of questionnaires. A draft changes under a lock; publishing makes a version of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organization, User
from assessment import editing, editing_sheet, questionnaires
from assessment.actions import publish_questionnaire
from assessment.editing import Content, DraftProblem, Entry
from assessment.models import QuestionnaireDraft, QuestionnaireVersion
from assessment.question_bank import Questionnaire
from assessment.question_schema import KINDS
from assessment.uploads import sheets_of
from assessment.workbooks import Sheets
from ui.errors import Conflict, Invalid, NotFound
from ui.limited import OverLimit
from ui.words import plural

GONE = "This draft is not there any more: it was published or thrown away."


class StaleEntry(Conflict):
    """Somebody else has changed this item since the page was loaded."""

    code = "stale_item"

    def __init__(self, current: Entry | None, draft: QuestionnaireDraft) -> None:
        super().__init__("Somebody else has changed this question meanwhile. Both versions are shown.")
        self.current = current
        self.draft = draft


class NotPublishable(Invalid):
    """The draft breaks rules; `problems` holds all of them."""

    def __init__(self, problems: Sequence[DraftProblem]) -> None:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(f"{problem.item} {problem.field}".strip() or "questionnaire", []).append(
                problem.message
            )
        count = plural(len(problems), "problem", "problems")
        super().__init__(f"{count} must be mended before this can be published.", fields=fields)
        self.problems = tuple(problems)


class BadSheet(Invalid):
    """A sheet was refused as a whole; `problems` names its cells."""

    def __init__(self, problems: Sequence[editing_sheet.CellProblem]) -> None:
        fields: dict[str, list[str]] = {}
        for problem in problems:
            fields.setdefault(f"{problem.sheet}!{problem.cell}".rstrip("!"), []).append(problem.message)
        super().__init__("Nothing was imported. Mend these cells and import the sheet again.", fields=fields)
        self.problems = tuple(problems)


def predecessor(organization: Organization, key: str) -> QuestionnaireVersion:
    """The version that the next one follows: the newest of the organization's own, else the standard one."""
    published = QuestionnaireVersion.objects.filter(key=key)
    own = published.filter(organization=organization).order_by("-version").first()
    found = own or published.filter(organization=None).order_by("-version").first()
    if found is None:
        raise NotFound
    return found


def published_before(draft: QuestionnaireDraft) -> Questionnaire:
    return questionnaires.by_version(predecessor(draft.organization, draft.key).pk)


def start_draft(organization: Organization, *, key: str, by: User) -> QuestionnaireDraft:
    """A copy of the newest version of a questionnaire, to be changed. One draft of each at a time."""
    base = predecessor(organization, key)
    with transaction.atomic():
        try:
            with transaction.atomic():
                draft = QuestionnaireDraft.objects.create(
                    organization=organization,
                    key=base.key,
                    based_on=base,
                    content=editing.next_version(questionnaires.by_version(base.pk)),
                    changed_by=by,
                )
        except IntegrityError as error:
            raise Conflict("There is a draft of this questionnaire already. Go on with that one.") from error
        _record(draft, "questionnaire.draft_started", by, based_on=base.pk)
    return draft


def save_item(draft: QuestionnaireDraft, entry: Entry, *, seen: str, by: User) -> QuestionnaireDraft:
    """Replace one item. `seen` is the mark of the item as shown; raises StaleEntry if it changed since."""
    key = str(entry.item["key"])

    def change(content: Content) -> Content:
        _check_seen(draft, content, key, seen, wanted=entry)
        return editing.put_entry(content, entry)

    return _change(draft, change, by, "questionnaire.item_changed", item=key)


def add_item(draft: QuestionnaireDraft, *, dimension: str, name: str, kind: str, by: User) -> str:
    """A new, empty item at the end of a dimension; returns its key."""
    made: list[str] = []

    def change(content: Content) -> Content:
        if dimension not in editing.dimension_weights(content):
            raise Invalid("Choose a dimension from the list.", fields={"dimension": ["Not a dimension."]})
        key = editing.key_for(content, dimension, name)
        if not key:
            raise Invalid("Name the question in a word or two.", fields={"name": ["Letters are needed."]})
        if kind not in KINDS:
            raise Invalid("Choose a kind from the list.", fields={"kind": ["Not a kind."]})
        made.append(key)
        return editing.put_entry(content, Entry(editing.blank_item(key, kind)))

    _change(draft, change, by, "questionnaire.item_added", kind=kind)
    return made[-1]


def drop_item(draft: QuestionnaireDraft, key: str, *, seen: str, by: User) -> QuestionnaireDraft:
    """Take an item out, with the gates that rest on it."""
    published = published_before(draft)

    def change(content: Content) -> Content:
        _check_seen(draft, content, key, seen, wanted=None)
        return editing.drop(content, key, published)

    return _change(draft, change, by, "questionnaire.item_dropped", item=key)


def save_frame(
    draft: QuestionnaireDraft, *, title: str, lede: str, weights: Mapping[str, float], seen: str, by: User
) -> QuestionnaireDraft:
    """Change title, lede and the weights of dimensions."""

    def change(content: Content) -> Content:
        if editing.frame_mark(content) != seen:
            raise Conflict("Somebody else has changed title or weights meanwhile. Look at them again.")
        return editing.put_frame(content, title=title, lede=lede, weights=weights)

    return _change(draft, change, by, "questionnaire.frame_changed")


def import_sheet(
    draft: QuestionnaireDraft, source: bytes, *, replace_newer: bool, by: User
) -> editing.Changes:
    """Take all items from a sheet, or refuse it with every bad cell. Returns what changed in the draft.

    A sheet that was exported before the draft's latest change is refused unless `replace_newer` is given.
    """
    published = published_before(draft)
    found: list[editing.Changes] = []
    sheets = _opened(source)  # before the draft is locked: a large file takes seconds

    def change(content: Content) -> Content:
        try:
            sheet = editing_sheet.read(sheets, content, published)
        except editing_sheet.SheetError as error:
            raise BadSheet(error.problems) from error
        if sheet.revision != draft.revision and not replace_newer:
            raise Conflict(
                "The draft was changed after this sheet was exported. Export it again and repeat your "
                "changes there, or say that the sheet replaces what was changed since."
            )
        found.append(editing.compare(content, sheet.content))
        return sheet.content

    _change(draft, change, by, "questionnaire.sheet_imported")
    return found[-1]


def _opened(source: bytes) -> Sheets:
    def reader(content: bytes, most_rows: int, most_columns: int) -> Sheets:
        try:
            return sheets_of(content, most_rows=most_rows, most_columns=most_columns)
        except OverLimit as error:
            raise editing_sheet.SheetError([editing_sheet.CellProblem("File", "", error.message)]) from error

    try:
        return editing_sheet.opened(source, reader)
    except editing_sheet.SheetError as error:
        raise BadSheet(error.problems) from error


def discard(draft: QuestionnaireDraft, *, by: User) -> None:
    """Throw a draft away. Published versions stay."""
    with transaction.atomic():
        _record(draft, "questionnaire.draft_discarded", by, revision=draft.revision)
        if not QuestionnaireDraft.objects.filter(pk=draft.pk).delete()[0]:
            raise Conflict(GONE)


def publish(draft: QuestionnaireDraft, *, revision: int, by: User) -> QuestionnaireVersion:
    """Make the next version of the draft as it was shown. New rounds use it; others keep theirs."""
    with transaction.atomic():
        current = _locked(draft)
        if current.revision != revision:
            raise Conflict("The draft was changed since you looked at it. Look at the changes, then publish.")
        published = published_before(current)
        content = {**current.content, "version": published.version + 1}
        if not editing.changes(published, content) and _same_frame(published, content):
            raise Conflict("Nothing differs from the published version.")
        found = editing.problems(content, published)
        if found:
            raise NotPublishable(found)
        current.delete()
        return publish_questionnaire(
            Questionnaire.from_dict(content), organization=current.organization, by=by
        )


def _same_frame(published: Questionnaire, content: Content) -> bool:
    return editing.frame_mark(published.to_dict()) == editing.frame_mark(content)


def _change(
    draft: QuestionnaireDraft,
    change: Callable[[Content], Content],
    by: User,
    event: str,
    **data: object,
) -> QuestionnaireDraft:
    with transaction.atomic():
        current = _locked(draft)
        draft.revision = current.revision
        new = change(current.content)
        if new == current.content:
            return current
        current.content, current.changed_by, current.changed_at = new, by, timezone.now()
        current.revision += 1
        current.save(update_fields=["content", "revision", "changed_by", "changed_at"])
        _record(current, event, by, revision=current.revision, **data)
    return current


def _locked(draft: QuestionnaireDraft) -> QuestionnaireDraft:
    rows = QuestionnaireDraft.objects.select_for_update(of=("self",)).select_related("organization")
    current = rows.filter(pk=draft.pk).first()
    if current is None:
        raise Conflict(GONE)
    return current


def _check_seen(
    draft: QuestionnaireDraft, content: Content, key: str, seen: str, *, wanted: Entry | None
) -> None:
    """Refuse when the item is not as the person saw it; the same change made twice is no conflict."""
    current = editing.entry_of(content, key)
    mark = current.mark if current else ""
    if mark != seen and (wanted is None or mark != wanted.mark):
        raise StaleEntry(current, draft)


def _record(draft: QuestionnaireDraft, event: str, by: User, **data: object) -> None:
    audit.record(
        organization=draft.organization,
        actor=by,
        event=event,
        subject=draft,
        data={"key": draft.key, **data},
    )
