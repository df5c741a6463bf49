"""The forms of the editor of questionnaires. Drafts may be incomplete, so only limits are checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from assessment import editing
from assessment.editing import Content, Entry
from assessment.editing_cells import from_fields, read_lines, read_pairs, to_fields, write_pairs
from assessment.editing_columns import gate_phases
from assessment.question_schema import HIGHEST_WEIGHT, KINDS, LEVELS
from ui.forms import PlainForm, ShortNumberInput, TextLines

KIND_NAMES = {
    "maturity": "Five sentences, the kind that scores",
    "single_choice": "One choice of several",
    "multiple_choice": "Several choices",
    "number": "A number",
    "matrix": "A table of choices",
    "text": "Free text",
}
CHOICES = ("single_choice", "multiple_choice", "matrix")
_STEPS = [("", "None"), *((str(level), f"Level {level}") for level in range(1, LEVELS))]


class PairsField(forms.CharField):
    """Lines "key: text"."""

    widget = TextLines

    def to_python(self, value: Any) -> Any:
        pairs, wrong = read_pairs(super().to_python(value) or "")
        if wrong:
            raise forms.ValidationError(
                f"Each line is a key, a colon and a text; this one is not: {wrong[0]}"
            )
        return pairs


class LinesField(forms.CharField):
    """One entry a line."""

    widget = TextLines

    def to_python(self, value: Any) -> Any:
        return read_lines(super().to_python(value) or "")


class ItemForm(PlainForm):
    """One item with its gates. Which fields there are depends on its kind and on the questionnaire."""

    use_required_attribute = False

    text = forms.CharField(label="Question", max_length=300, required=False, widget=TextLines(rows=2))
    help = forms.CharField(max_length=400, required=False, widget=TextLines(rows=2))
    why = forms.CharField(label="Why it is asked", max_length=400, required=False, widget=TextLines(rows=2))
    functions = forms.MultipleChoiceField(
        label="Who is asked", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, content: Content, entry: Entry, data: Mapping[str, Any] | None = None) -> None:
        self.content, self.entry = content, entry
        self.item_kind: str = entry.item["kind"]
        self.phases = gate_phases(content) if self.item_kind == "maturity" else []
        super().__init__(data, initial=_initial(to_fields(entry)))
        people = [(function["key"], function["title"]) for function in content["functions"]]
        self.fields["functions"].choices = people  # type: ignore[attr-defined]
        if self.item_kind == "maturity":
            self._add_levels()
            self._add_gates()
        else:
            self._add_values()
        self._add_rest(people)
        for name, field in self.fields.items():
            field.required = _is_needed(name)

    def _add_levels(self) -> None:
        for number in range(LEVELS):
            self.fields[f"level_{number}_text"] = _lines(f"Level {number}: the sentence to choose", 200)
            self.fields[f"level_{number}_claim"] = _lines(f"Level {number}: the same for findings", 300)
        self.fields["weight"] = forms.FloatField(
            label="Weight within its dimension",
            min_value=0,
            max_value=HIGHEST_WEIGHT,
            required=False,
            widget=ShortNumberInput({"step": "any"}),
        )

    def _add_gates(self) -> None:
        for phase in self.phases:
            self.fields[f"gate_{phase}"] = forms.TypedChoiceField(
                label=f"Needed for phase {phase}", choices=_STEPS, coerce=int, empty_value="", required=False
            )
            self.fields[f"gate_{phase}_title"] = forms.CharField(
                label=f"What holds then, for phase {phase}", max_length=200, required=False
            )

    def _add_values(self) -> None:
        if self.item_kind in CHOICES:
            self.fields["options"] = PairsField(
                label="Choices", required=False, help_text="One a line: key: text"
            )
        if self.item_kind == "matrix":
            self.fields["rows"] = PairsField(label="Rows", required=False, help_text="One a line: key: text")
        if self.item_kind == "number":
            self.fields["unit"] = forms.CharField(max_length=40, required=False)
            for name, label in (("minimum", "Lowest"), ("maximum", "Highest")):
                self.fields[name] = forms.FloatField(
                    label=label, required=False, widget=ShortNumberInput({"step": "any"})
                )
        self.fields["read_by"] = LinesField(
            label="What reads the answer",
            required=False,
            help_text="One a line, such as “facilitator: prepares the workshop”",
        )

    def _add_rest(self, people: list[tuple[str, str]]) -> None:
        self.fields["allows_not_applicable"] = forms.BooleanField(
            label="Offer “Not applicable”", required=False
        )
        earlier = _earlier(self.content, self.entry.item["key"])
        self.fields["visible_if"] = forms.ChoiceField(
            label="Shown only after", choices=[("", "Always shown"), *earlier], required=False
        )
        self.fields["visible_level"] = forms.TypedChoiceField(
            label="answered with at least", choices=_STEPS, coerce=int, empty_value="", required=False
        )
        self.fields["should_know"] = forms.MultipleChoiceField(
            label="Who should know", choices=people, required=False, widget=forms.CheckboxSelectMultiple
        )
        self.fields["dont_know"] = forms.CharField(
            label="Finding when they do not know", max_length=200, required=False
        )

    def full_clean(self) -> None:
        """A draft is saved with gaps; what publishing needs is not called optional for that."""
        needed = [field for name, field in self.fields.items() if _is_needed(name)]
        for field in needed:
            field.required = False
        super().full_clean()
        for field in needed:
            field.required = True

    def level_rows(self) -> list[tuple[Any, Any]]:
        """The two fields of each level, from level 0 up; none for other kinds."""
        if self.item_kind != "maturity":
            return []
        return [(self[f"level_{number}_text"], self[f"level_{number}_claim"]) for number in range(LEVELS)]

    def gate_rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"gate_{phase}"], self[f"gate_{phase}_title"]) for phase in self.phases]

    def value_rows(self) -> list[Any]:
        names = ("options", "rows", "unit", "minimum", "maximum", "read_by")
        return [self[name] for name in names if name in self.fields]

    def wanted(self) -> Entry:
        """The item as it was typed; what the form does not show stays as it was."""
        return from_fields({**to_fields(self.entry), **self.cleaned_data}, self.phases, self.entry)


class NewItemForm(PlainForm):
    """Where a new item stands and what kind it is."""

    dimension = forms.ChoiceField()
    name = forms.CharField(
        label="Short name",
        max_length=60,
        help_text="A word or two that name the question in exports. It stays once it is published.",
    )
    kind = forms.ChoiceField(choices=[(key, KIND_NAMES[key]) for key in KINDS], widget=forms.RadioSelect)

    def __init__(self, content: Content, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].initial = "maturity"
        self.fields["dimension"].choices = [  # type: ignore[attr-defined]
            (pillar["title"], [(dimension["key"], dimension["title"]) for dimension in pillar["dimensions"]])
            for pillar in content["pillars"]
        ]


class FrameForm(PlainForm):
    """Title, lede and the weight of each dimension within its pillar."""

    title = forms.CharField(max_length=120)
    lede = forms.CharField(max_length=400, widget=TextLines(rows=3))

    def __init__(self, content: Content, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"title": content["title"], "lede": content["lede"]})
        self.dimensions = [entry for pillar in content["pillars"] for entry in pillar["dimensions"]]
        for place, dimension in enumerate(self.dimensions):
            self.fields[f"weight_{place}"] = forms.FloatField(
                label=f"{dimension['code']} {dimension['title']}",
                min_value=0.01,
                max_value=HIGHEST_WEIGHT,
                initial=_short(dimension.get("weight", 1)),
                widget=ShortNumberInput({"step": "any"}),
            )

    def weights(self) -> dict[str, float]:
        return {
            dimension["key"]: self.cleaned_data[f"weight_{place}"]
            for place, dimension in enumerate(self.dimensions)
        }

    def weight_fields(self) -> list[Any]:
        return [self[f"weight_{place}"] for place in range(len(self.dimensions))]


class SheetForm(PlainForm):
    """A spreadsheet to import."""

    file = forms.FileField(label="Spreadsheet (.xlsx)")
    replace_newer = forms.BooleanField(
        label="The sheet replaces what was changed in the draft since it was exported", required=False
    )


def _is_needed(name: str) -> bool:
    return name in ("text", "functions", "weight", "options", "rows", "unit", "read_by") or name.startswith(
        "level_"
    )


def _lines(label: str, limit: int) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, required=False, widget=TextLines(rows=2))


def _initial(fields: dict[str, Any]) -> dict[str, Any]:
    shown = dict(fields)
    for name in ("options", "rows"):
        shown[name] = write_pairs(fields[name])
    shown["read_by"] = "\n".join(fields["read_by"])
    for name in ("weight", "minimum", "maximum"):
        shown[name] = _short(fields[name])
    return shown


def _short(number: Any) -> Any:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _earlier(content: Content, key: str) -> list[tuple[str, str]]:
    """Items before this one that a condition may rest on."""
    found: list[tuple[str, str]] = []
    for item in editing.items_of(content):
        if item["key"] == key:
            break
        if item["kind"] == "maturity":
            found.append((item["key"], item.get("text", item["key"])))
    return found
