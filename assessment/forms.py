"""Forms of the facilitator."""

from __future__ import annotations

import csv
import io
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Organization, Unit
from assessment.invitees import Invitee, InviteesError, read_lines
from assessment.models import Assessment, Respondent
from assessment.question_bank import Questionnaire
from assessment.uploads import sheets_of
from ui.errors import DomainError
from ui.forms import DateInput, PlainForm, Segments, TextLines, either

MAX_LIST_BYTES = 2 * 1024 * 1024


class RoundForm(PlainForm):
    """A new round."""

    title = forms.CharField(label="Title", max_length=120, help_text="For example “Readiness round 1”.")
    unit: forms.ModelChoiceField[Unit] = forms.ModelChoiceField(
        queryset=Unit.objects.none(), label="Unit", required=False, empty_label="The whole organization"
    )
    visibility = forms.ChoiceField(
        label="Who sees what",
        widget=forms.RadioSelect,
        choices=[
            ("named", "Named: you and the owner see names, everybody else sees functions"),
            (
                "confidential",
                "Confidential: nobody sees answers beside names; functions of fewer than three are joined",
            ),
        ],
        initial="named",
        help_text="Cannot be changed later: people answer knowing it.",
    )
    target_phase = forms.TypedChoiceField(
        label="Target phase",
        coerce=int,
        widget=Segments,
        initial=2,
        help_text="Where you want to be; the result shows which gates still stand before it. "
        "Without a model in daily use, begin with phase 2.",
    )
    due_on = forms.DateField(
        label="Answers until", required=False, widget=DateInput(), help_text="Stands in the invitation."
    )
    target_date = forms.DateField(
        label="Target phase reached by",
        required=False,
        widget=DateInput(),
        help_text="The day that you have promised or hope for. The plan may end sooner or later.",
    )

    def __init__(
        self, *args: Any, organization: Organization, questionnaire: Questionnaire, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        units = self.fields["unit"]
        assert isinstance(units, forms.ModelChoiceField)  # noqa: S101 - declared above
        units.queryset = organization.units.filter(archived_at=None)
        if not units.queryset.exists():
            del self.fields["unit"]
        phases = self.fields["target_phase"]
        assert isinstance(phases, forms.ChoiceField)  # noqa: S101 - declared above
        phases.choices = [
            (phase.phase, f"{phase.phase}: {phase.title}")
            for phase in questionnaire.phases
            if phase.phase > 1
        ]


class InviteForm(PlainForm):
    """A list of people: pasted, or a CSV or Excel file with the same columns."""

    people = either(
        forms.CharField(
            label="People to ask",
            widget=TextLines(rows=8),
            required=False,
            max_length=400_000,
            help_text="One a line: name, address and function, as in "
            "“Mia Berg, mia@firm.example, sponsor”. Rows copied from a spreadsheet do as well.",
        )
    )
    file = either(
        forms.FileField(
            label="Or a file",
            required=False,
            help_text="CSV or Excel, with the columns name, address and function.",
        )
    )
    function = either(forms.ChoiceField(label="Function of those whose line names none", required=False))

    def __init__(
        self, *args: Any, assessment: Assessment, questionnaire: Questionnaire, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.assessment = assessment
        self.functions = {key: function.title for key, function in questionnaire.functions.items()}
        field = self.fields["function"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "Every line names one"), *self.functions.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        lines = data.get("people", "").splitlines()
        place = "people"
        if data.get("file"):
            place = "file"
            lines = self._lines(data["file"])
        if not any(line.strip() for line in lines) and not self.errors:
            raise forms.ValidationError("Paste a list or choose a file.")
        known = self.assessment.respondents.exclude(address="").values_list("address", flat=True)
        try:
            data["invitees"] = read_lines(
                lines, functions=self.functions, default=data.get("function", ""), known=known
            )
        except InviteesError as error:
            self.add_error(place, [str(problem) for problem in error.problems])
        return data

    def _lines(self, file: UploadedFile[Any]) -> list[str]:
        if (file.size or 0) > MAX_LIST_BYTES:
            self.add_error("file", "This file is larger than 2 MB.")
            return []
        content = file.read()
        try:
            if (file.name or "").lower().endswith(".xlsx"):
                return _sheet_lines(content)
            return bytes(content).decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            self.add_error("file", "This file is not text in UTF-8. Save it as CSV (UTF-8) or as .xlsx.")
        except DomainError as error:
            self.add_error("file", error.message)
        except Exception:  # a damaged workbook fails in many ways, all of which mean the same to the person
            self.add_error("file", "This file cannot be read as an Excel workbook.")
        return []

    @property
    def invitees(self) -> list[Invitee]:
        found: list[Invitee] = self.cleaned_data["invitees"]
        return found


def _sheet_lines(content: bytes) -> list[str]:
    """The first sheet, a line a row, cells parted by tabs."""
    sheets = sheets_of(content, most_rows=2000, most_columns=12)
    lines = []
    for row in next(iter(sheets.values())):
        out = io.StringIO()
        csv.writer(out, delimiter="\t", lineterminator="").writerow(
            ["" if cell is None else str(cell) for cell in row]
        )
        lines.append(out.getvalue() if any(cell is not None for cell in row) else "")
    return lines


class RespondentForm(PlainForm):
    """Correct a person's name, address or function."""

    name = forms.CharField(label="Name", max_length=150, required=False)
    address = forms.EmailField(label="E-mail address", required=False)
    function = forms.ChoiceField(label="Function")

    def __init__(
        self, *args: Any, respondent: Respondent, questionnaire: Questionnaire, **kwargs: Any
    ) -> None:
        kwargs.setdefault(
            "initial",
            {"name": respondent.name, "address": respondent.address, "function": respondent.function},
        )
        super().__init__(*args, **kwargs)
        field = self.fields["function"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(key, function.title) for key, function in questionnaire.functions.items()]


class ConsensusForm(PlainForm):
    """What the room agreed on."""

    level = forms.TypedChoiceField(
        label="Level", coerce=int, widget=Segments, choices=[(n, str(n)) for n in range(5)]
    )
    reason = forms.CharField(
        label="Reason, in the words of the room", widget=TextLines(rows=4), max_length=4000
    )
    who_differs = forms.CharField(label="Who differs", required=False, max_length=300)


class ReasonForm(PlainForm):
    """Why something is done that others will ask about."""

    reason = forms.CharField(label="Reason", widget=TextLines(rows=3), max_length=1000)
