"""The form of an organization's own initiative: everything that an initiative of the catalogue has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from roadmap.catalogue import AUDIENCES, HIGHEST_LEVEL, PILLARS, ROLES, Initiative
from roadmap.forms import PHASES, PILLAR_NAMES
from roadmap.plan_words import AUDIENCES as AUDIENCE_NAMES
from roadmap.standard import role_names, route_names
from ui.forms import PlainForm, Segments, ShortNumberInput, TextLines

MOST_ROWS = 20
MOST_COST = 10**9
KINDS = [("practice", "A practice"), ("poc", "A POC")]
TEXT_LENGTH = 400
OPTION_LENGTH = 110
# Each list of the form: the parts of one of its rows, and how many rows there are before anything is entered.
LISTS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "lifts": (("item", "from", "to"), 2),
    "needs": (("item", "level"), 1),
    "prerequisites": (("key",), 1),
}
Grouped = list[tuple[str, list[tuple[str, str]]]]


def grouped_items(items: Mapping[str, str]) -> Grouped:
    """The items of a questionnaire to choose from, by pillar."""
    rows = [(key.split(".")[0], key, text) for key, text in items.items()]
    return _by_pillar(rows)


def _by_pillar(rows: Sequence[tuple[str, str, str]]) -> Grouped:
    groups: dict[str, list[tuple[str, str]]] = {}
    for pillar, key, text in rows:
        groups.setdefault(PILLAR_NAMES.get(pillar, pillar), []).append((key, text[:OPTION_LENGTH]))
    return list(groups.items())


class OwnInitiativeForm(PlainForm):
    """An initiative of the organization's own; one item that it raises is enough for the planner."""

    title = forms.CharField(label="Title", max_length=120)
    why = forms.CharField(label="Why", max_length=TEXT_LENGTH, widget=TextLines(rows=2))
    done_when = forms.CharField(
        label="Done when",
        max_length=TEXT_LENGTH,
        widget=TextLines(rows=2),
        help_text="The evidence that it is done, so that two people would judge it alike.",
    )
    pillar = forms.ChoiceField(label="Pillar", choices=[(name, PILLAR_NAMES[name]) for name in PILLARS])
    phase = forms.ChoiceField(label="Done while in", choices=PHASES, widget=Segments, initial="1")
    kind = forms.ChoiceField(label="What it is", choices=KINDS, widget=Segments, initial="practice")
    route = forms.ChoiceField(
        label="Route of the POC", required=False, help_text="A POC needs one; a practice has none."
    )
    audience = forms.ChoiceField(
        label="Asks for the attention of",
        choices=[(name, AUDIENCE_NAMES[name]) for name in (*AUDIENCES, "all")],
    )
    weeks = forms.IntegerField(
        label="Weeks",
        min_value=1,
        max_value=104,
        widget=ShortNumberInput,
        help_text="Of a POC: its time box; the week of the decision is added.",
    )
    cost_low = forms.IntegerField(
        label="Cost at least", min_value=0, max_value=MOST_COST, initial=0, widget=ShortNumberInput
    )
    cost_high = forms.IntegerField(
        label="Cost at most", min_value=0, max_value=MOST_COST, initial=0, widget=ShortNumberInput
    )
    one_of = forms.ChoiceField(
        label="Only one of them in a plan",
        required=False,
        help_text="Choose where it is another way to the same end as initiatives that exclude each other.",
    )

    def __init__(
        self,
        *args: Any,
        items: Mapping[str, str],
        others: Sequence[Initiative],
        currency: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.counts = {name: self._count(name) for name in LISTS}
        self.used: dict[str, list[int]] = {name: [] for name in LISTS}
        self._offer("route", [("", "None: it is a practice"), *route_names().items()])
        self._offer("one_of", [("", "It stands by itself"), *_groups(others)])
        for name in ("cost_low", "cost_high"):
            self.fields[name].help_text = f"External spend, {currency}." if currency else "External spend."
        self._add_rows(grouped_items(items), _by_pillar([(one.pillar, one.key, one.title) for one in others]))
        names = role_names()
        for role in ROLES:
            self.fields[f"effort_{role}"] = forms.DecimalField(
                label=names.get(role, role),
                min_value=0,
                max_value=1000,
                decimal_places=2,
                required=False,
                widget=ShortNumberInput(attrs={"step": "0.05"}),
            )

    def _offer(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def _count(self, name: str) -> int:
        """How many rows a list has: what the browser sent, else as entered, always within what is allowed."""
        raw = (self.data if self.is_bound else self.initial).get(f"{name}_rows", LISTS[name][1])
        text = str(raw)
        count = int(text) if text.isdecimal() and len(text) < 4 else LISTS[name][1]
        return max(1, min(count, MOST_ROWS))

    def _add_rows(self, items: Grouped, initiatives: Grouped) -> None:
        levels = [(str(level), str(level)) for level in range(HIGHEST_LEVEL + 1)]
        what: dict[str, tuple[str, Any]] = {
            "item": ("Item", [("", "Choose an item"), *items]),
            "key": ("Initiative", [("", "Choose an initiative"), *initiatives]),
            "from": ("From level", levels[:-1]),
            "to": ("To level", levels[1:]),
            "level": ("Level", levels[1:]),
        }
        for name, (parts, _) in LISTS.items():
            for number in range(1, self.counts[name] + 1):
                for part in parts:
                    label, choices = what[part]
                    label = f"{label} {number}" if part == parts[0] and self.counts[name] > 1 else label
                    field = forms.ChoiceField(label=label, choices=choices, required=False)
                    self.fields[f"{name}_{number}_{part}"] = field

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def rows(self) -> dict[str, list[list[forms.BoundField]]]:
        """The fields of each list, row by row."""
        return {
            name: [
                self._bound(*(f"{name}_{number}_{part}" for part in parts))
                for number in range(1, self.counts[name] + 1)
            ]
            for name, (parts, _) in LISTS.items()
        }

    @property
    def words(self) -> list[forms.BoundField]:
        return self._bound("title", "why", "done_when")

    @property
    def places(self) -> list[forms.BoundField]:
        return self._bound("pillar", "phase", "kind", "route", "audience")

    @property
    def costs(self) -> list[forms.BoundField]:
        return self._bound("weeks", "cost_low", "cost_high")

    @property
    def efforts(self) -> list[forms.BoundField]:
        return self._bound(*(f"effort_{role}" for role in ROLES))

    def entry(self) -> dict[str, Any]:
        """The values of a valid form as an entry of the catalogue; None takes a field away."""
        given = self.cleaned_data
        is_poc = given["kind"] == "poc"
        copied = (
            "title",
            "pillar",
            "kind",
            "audience",
            "cost_low",
            "cost_high",
            "one_of",
            "why",
            "done_when",
        )
        return {
            **{name: given[name] for name in copied},
            "phase": int(given["phase"]),
            "duration_weeks": given["weeks"] + (1 if is_poc else 0),
            "time_box_weeks": given["weeks"] if is_poc else 0,
            "route": given["route"] or None,
            "lifts": self._chosen("lifts"),
            "needs": self._chosen("needs"),
            "prerequisites": [row["key"] for row in self._chosen("prerequisites")],
            "effort": {role: float(given[f"effort_{role}"]) for role in ROLES if given[f"effort_{role}"]},
        }

    def _chosen(self, name: str) -> list[dict[str, Any]]:
        """The rows in which something is chosen, and in `used` where they stand."""
        (first, *rest), _ = LISTS[name]
        self.used[name] = [
            number
            for number in range(1, self.counts[name] + 1)
            if self.cleaned_data.get(f"{name}_{number}_{first}")
        ]
        return [
            {
                first: self.cleaned_data[f"{name}_{number}_{first}"],
                **{part: int(self.cleaned_data[f"{name}_{number}_{part}"] or 0) for part in rest},
            }
            for number in self.used[name]
        ]

    def field_of(self, path: str) -> str:
        """The field that holds a place of the entry, such as "lifts.2.to"."""
        name, *rest = path.split(".")
        if name in LISTS:
            number = int(rest[0]) if rest and rest[0].isdecimal() else 1
            row = self.used[name][number - 1] if number <= len(self.used[name]) else 1
            return f"{name}_{row}_{rest[1] if len(rest) > 1 else LISTS[name][0][0]}"
        if name == "effort" and rest:
            return f"effort_{rest[0]}"
        return {"duration_weeks": "weeks", "time_box_weeks": "weeks"}.get(name, name)


def _groups(others: Sequence[Initiative]) -> list[tuple[str, str]]:
    """The groups of initiatives that exclude each other, by name, called by their members."""
    groups: dict[str, list[str]] = {}
    for other in others:
        if other.one_of:
            groups.setdefault(other.one_of, []).append(other.title)
    return [(name, " / ".join(titles)[:OPTION_LENGTH]) for name, titles in groups.items()]


def with_one_more(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What was typed, as the beginning of a form with one more row in the list `name`."""
    typed = {key: data[key] for key in data if key not in ("csrfmiddlewaretoken", "more")}
    if name in LISTS:
        raw = str(typed.get(f"{name}_rows", ""))
        rows = int(raw) if raw.isdecimal() and len(raw) < 4 else LISTS[name][1]
        typed[f"{name}_rows"] = min(rows + 1, MOST_ROWS)
    return typed


def entry_initial(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values of a stored entry."""
    lists: dict[str, list[Mapping[str, Any]]] = {
        "lifts": list(entry.get("lifts", [])),
        "needs": list(entry.get("needs", [])),
        "prerequisites": [{"key": key} for key in entry.get("prerequisites", [])],
    }
    rows = {
        f"{name}_{number}_{part}": row.get(part)
        for name, entered in lists.items()
        for number, row in enumerate(entered, 1)
        for part in LISTS[name][0]
    }
    return {
        **entry,
        **rows,
        **{f"{name}_rows": max(len(entered), 1) for name, entered in lists.items()},
        "phase": str(entry["phase"]),
        "weeks": entry.get("time_box_weeks") or entry.get("duration_weeks"),
        **{f"effort_{role}": amount for role, amount in entry.get("effort", {}).items()},
    }
