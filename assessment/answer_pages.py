"""What the answering pages show, and what their plain forms say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from assessment import questionnaires
from assessment.answer_values import AnswerContent
from assessment.item_html import render_item
from assessment.models import Answer, AnswerFile, Respondent
from assessment.progress import Progress
from assessment.question_bank import Dimension, Item, Questionnaire
from ui import formats
from ui.words import listed, plural

CHECKED = "checked"
SAVED = (
    '<span class="state state-saved"><svg class="state-shape" viewBox="0 0 11 11" width="11" height="11" '
    'aria-hidden="true" focusable="false"><path d="M1 6l3 3.5L10 1.5"/></svg><span>Saved {}</span></span>'
)


@dataclass
class Shown:
    """What a page shows beside the saved answer: what was refused, or stands against a newer one."""

    typed: AnswerContent | None = None
    error: str = ""
    newer: Answer | None = None


@dataclass
class Page:
    """One page of items for one person."""

    respondent: Respondent
    questionnaire: Questionnaire
    items: tuple[Item, ...]
    answers: Mapping[str, Answer]
    progress: Progress
    files: Mapping[str, list[AnswerFile]] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)

    def html(self) -> SafeString:
        total = len([item for item in self.items if item.key not in self.progress.hidden])
        number = 0
        rendered = []
        for item in self.items:
            hidden = item.key in self.progress.hidden
            number += not hidden
            values = self._values(item)
            values["position"] = f"Question {number} of {total}"
            values["attributes"] = "hidden" if hidden else ""
            rendered.append(render_item(self.questionnaire, item, values))
        # Every hole is filled with text that was escaped, or with markup made here.
        return mark_safe("".join(rendered))  # noqa: S308

    def _values(self, item: Item) -> dict[str, str]:
        saved = self.answers.get(item.key)
        shown = self.shown.get(item.key) or Shown()
        content = shown.typed or (content_of(saved) if saved else AnswerContent(state="open"))
        values = _content_values(item, content)
        values["revision"] = str(saved.revision if saved else 0)
        values["error"] = escape(shown.error)
        values["error_hidden"] = "" if shown.error else "hidden"
        if saved and saved.state != "open" and not shown.typed:
            values["saved"] = SAVED.format(formats.clock(saved.saved_at))
        if shown.newer and shown.typed:
            values["conflict"] = _conflict(item, shown.newer, shown.typed)
        if item.key in self.files:
            values["files"] = _files(self.respondent, self.files[item.key])
            values["evidence_open"] = "open"
        return values


def content_of(answer: Answer) -> AnswerContent:
    return AnswerContent(
        answer.state,
        answer.level,
        answer.value,
        answer.confidence,
        answer.comment,
        answer.would_know,
        answer.link,
    )


def _content_values(item: Item, content: AnswerContent) -> dict[str, str]:
    values = {
        "comment": escape(content.comment),
        "would_know": escape(content.would_know),
        "link": escape(content.link),
        "comment_open": "open" if content.comment else "",
        "evidence_open": "open" if content.link else "",
    }
    if content.choice:
        values[f"checked_{content.choice}"] = CHECKED
    if content.confidence:
        values[f"sure_{content.confidence}"] = CHECKED
    if content.value is not None:
        values.update(_value_values(item, content.value))
    return values


def _value_values(item: Item, value: Any) -> dict[str, str]:
    if item.kind == "matrix":
        return {f"{row}:{column}": CHECKED for row, column in value.items()}
    if item.kind == "multiple_choice":
        return {f"option:{key}": CHECKED for key in value}
    if item.kind == "single_choice":
        return {f"option:{value}": CHECKED}
    return {"value": escape(value)}


def describe(item: Item, content: AnswerContent) -> str:
    """The answer as a person reads it."""
    if content.state == "level" and content.level is not None:
        return item.levels[content.level].text
    if content.state == "value":
        return _describe_value(item, content.value)
    return {"dont_know": "I don’t know", "not_applicable": "Does not apply to us"}.get(
        content.state, "No answer"
    )


def _describe_value(item: Item, value: Any) -> str:
    texts = {option.key: option.text for option in item.options}
    if item.kind == "single_choice":
        return texts.get(value, "")
    if item.kind == "multiple_choice":
        return "; ".join(texts[key] for key in value if key in texts)
    if item.kind == "matrix":
        return "; ".join(f"{row.text}: {texts[value[row.key]]}" for row in item.rows if row.key in value)
    return f"{value} {item.unit}".strip()


def _conflict(item: Item, newer: Answer, typed: AnswerContent) -> SafeString:
    theirs = content_of(newer)
    return format_html(
        '<section class="conflict" role="alert"><h3>A newer answer was saved at {} in another window or on '
        'another device</h3><div class="conflict-versions">'
        '<div class="conflict-version"><h4>Saved at {}</h4><p class="conflict-text">{}</p>{}'
        '<div class="buttons"><button type="submit" class="button button-small" name="keep" '
        'value="theirs:{}">Keep the saved one</button></div></div>'
        '<div class="conflict-version conflict-mine"><h4>Yours, not saved yet</h4>'
        '<p class="conflict-text">{}</p>{}<div class="buttons">'
        '<button type="submit" class="button button-small" name="keep" '
        'value="mine:{}:{}">Keep mine</button></div></div></div></section>',
        formats.clock(newer.saved_at),
        formats.clock(newer.saved_at),
        describe(item, theirs),
        _second(theirs),
        item.key,
        describe(item, typed),
        _second(typed),
        item.key,
        newer.revision,
    )


def _second(content: AnswerContent) -> SafeString:
    return format_html_join("", '<p class="second">{}</p>', ((text,) for text in [content.comment] if text))


def _files(respondent: Respondent, files: Iterable[AnswerFile]) -> SafeString:
    return format_html_join("", "{}", ((file_html(respondent, file),) for file in files))


def file_html(respondent: Respondent, kept: AnswerFile) -> SafeString:
    """One file beside an answer, as a row."""
    return format_html(
        '<li>Evidence: <a href="{}">{}</a> <span class="second">{} kB</span> '
        '<button type="submit" class="button-quiet" name="remove_file" value="{}" data-remove="{}">Remove'
        '<span class="visually-hidden"> {}</span></button></li>',
        reverse("answer:file", args=[respondent.pk, kept.pk]),
        kept.file.name,
        max(1, round(kept.file.size / 1024)),
        kept.pk,
        reverse("answer:remove_file", args=[respondent.pk, kept.pk]),
        kept.file.name,
    )


def posted_answer(item: Item, form: QueryDict) -> dict[str, Any]:
    """One item of a plain form in the shape that `read_answer` takes."""
    key = item.key
    raw: dict[str, Any] = {
        name: form.get(f"{name}:{key}", "")
        for name in ("choice", "confidence", "comment", "would_know", "link")
    }
    if item.kind == "matrix":
        raw["value"] = {row.key: form.get(f"value:{key}:{row.key}", "") for row in item.rows}
    elif item.kind == "multiple_choice":
        raw["value"] = form.getlist(f"value:{key}")
    elif item.kind != "maturity":
        raw["value"] = form.get(f"value:{key}", "")
    return raw


def link_bar(respondent: Respondent, progress: Progress) -> dict[str, Any]:
    """What the bar says: answered of asked and minutes left."""
    return {
        "organization": respondent.assessment.organization.name,
        "what": respondent.assessment.title,
        "progress": f"{progress.answered} of {progress.asked} answered",
        "left": progress.minutes_text,
        "share": round(100 * progress.answered / progress.asked) if progress.asked else 100,
    }


def neighbors(progress: Progress, key: str) -> tuple[Any, Any]:
    """The steps before and after a dimension."""
    keys = [step.key for step in progress.steps]
    if key not in keys:
        return None, None
    place = keys.index(key)
    before = progress.steps[place - 1] if place else None
    after = progress.steps[place + 1] if place + 1 < len(keys) else None
    return before, after


def who_else(questionnaire: Questionnaire, dimension: Dimension, function: str) -> str:
    """The other functions that are asked about a dimension, as a sentence."""
    asked = {name for key in dimension.items for name in questionnaire.items[key].functions}
    titles = [
        known.title.lower() if number else known.title
        for number, known in enumerate(
            known for key, known in questionnaire.functions.items() if key in asked and key != function
        )
    ]
    return f"{listed(titles)}." if titles else "Nobody else."


def rest_count(respondent: Respondent) -> str:
    questionnaire = questionnaires.of(respondent.assessment)
    others = len(questionnaire.items) - len(questionnaire.items_for(respondent.function))
    return plural(others, "question", "questions") if others else ""
