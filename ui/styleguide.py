"""What the style guide shows: an invented firm, its line, and each part in each of its states."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from ui import samples
from ui.charts.paper import light_tokens
from ui.forms import DateInput, PlainForm, Segments, ShortNumberInput, TextLines
from ui.shell import Link, Shell

Part = dict[str, Any]
COLORS = ("paper", "wash", "ink", "ink2", "ink3", "hair", "control", "accent", "accent-wash", "mark")
SCALE = ("0–19", "20–39", "40–59", "60–79", "80–100")
STATE_COLORS = ("good", "warn", "bad")
TYPES = (
    ("display", "46/52", "Who answers the phone?"),
    ("title", "38/44", "Team roles hold Halvorsen Pumps in phase 1"),
    ("section", "25/32", "Four gates hold the organization in phase 1"),
    ("criterion", "21/30", "The share of failures announced is at least 70 %"),
    ("figure", "19/26", "Drift of pressure slope passed its limit today"),
    ("lede", "18/28", "Strategy and culture have reached phase 2."),
    ("text", "16/24", "Choose the sentence that is true today, not the one that is planned."),
    ("table", "15/22", "1,184   38–44   412 k€"),
    ("small", "14/20", "Asked by Priya Nandakumar. Nobody else can answer."),
    ("caption", "13/18", "Score 0 to 100; 90 % interval; n = 31"),
)


class SampleForm(PlainForm):
    """Each kind of field, one of them with a mistake."""

    target = forms.IntegerField(label="Target, %", widget=ShortNumberInput(), help_text="Baseline 31 %")
    measured = forms.DateField(label="Measured by", widget=DateInput())
    route = forms.ChoiceField(
        label="Route",
        choices=[("vendor", "By a vendor"), ("internal", "By our own people"), ("together", "Together")],
        widget=forms.RadioSelect(),
    )
    sure = forms.ChoiceField(
        label="How sure are you?",
        choices=[("guess", "Guess"), ("fairly", "Fairly sure"), ("shown", "Can show it")],
        widget=Segments(),
        required=False,
    )
    comment = forms.CharField(label="Comment", widget=TextLines(rows=3), required=False)
    told = forms.BooleanField(label="The works council was told", required=False)

    def clean_measured(self) -> date:
        """Refuses the sample's day, to show an error in its place."""
        raise forms.ValidationError("The time box began on 5 Oct 2026. Choose a later day.")


def sample_form() -> SampleForm:
    """The form as it comes back with one mistake."""
    return SampleForm(
        {
            "target": "70",
            "measured": "2026-10-02",
            "route": "together",
            "sure": "fairly",
            "comment": "Works for leak detection only",
        }
    )


def shell(theme: str) -> Shell:
    """A bar as a facilitator of two organizations sees it."""
    return Shell(
        organization="Halvorsen Pumps",
        organizations=(Link("Nordvik Water", "#", post=False),),
        links=tuple(Link(name, "#") for name in ("Desk", "Evidence", "People", "Reports", "Audit")),
        person="Rolf Tennfjord",
        person_links=(Link("Settings", "#"), Link("Sign out", "#")),
        theme=theme if theme in ("light", "dark") else "",
        time_zone="Europe/Oslo",
    )


def line() -> tuple[Part, ...]:
    """An object's own line: the charter is open, its deployment not reached."""
    names = (
        ("Round 3", "Gap: problem selection, 77"),
        ("Plan 4", "Bearing failure warning, POC"),
        ("Charter HP-03", "Revision 3 · 3 of 5 signed"),
        ("Project", "Week 7 of 11 · amber"),
        ("Deployment", ""),
    )
    return tuple(
        {"name": name, "url": "#", "caption": caption, "reached": index < 4, "current": index == 2}
        for index, (name, caption) in enumerate(names)
    )


def _signatures() -> list[Part]:
    return [
        {"name": "Eirik Sundvoll", "role": "Technical lead", "status": "signed"}
        | {"when": "Signed 18 Nov 2026, 13:55", "seal": "51d0…e8"},
        {"name": "Rolf Tennfjord", "role": "Outcome owner", "status": "you"}
        | {"when": "You · asked 17 Nov, due 24 Nov"},
        {"name": "Yusuf Adebayo-Lien", "role": "Legal", "status": "waiting"}
        | {"when": "Asked 17 Nov, opened 19 Nov, due 24 Nov"},
        {"name": "Hanneke Voss", "role": "Security", "status": "declined"}
        | {"when": "19 Nov 2026, 10:20", "reason": "The vendor has no data agreement."},
    ]


def parts(theme: str) -> Part:
    """The context of the style guide."""
    tokens = light_tokens()
    return {
        "shell": shell(theme),
        "theme": theme,
        "line_stations": line(),
        "types": TYPES,
        "colors": [(name, tokens[name]) for name in (*COLORS, *STATE_COLORS)],
        "pillars": [(code.lower(), name, tokens[f"pillar-{code.lower()}"]) for code, name in samples.PILLARS],
        "scale": [
            (f"h{step}", label) for step, label in enumerate(("0–19", "20–39", "40–59", "60–79", "80–100"))
        ],
        "facts": [
            {"term": "State", "value": "Amber since 16 Nov", "state": "watch"},
            {"term": "Outcome owner", "value": "Rolf Tennfjord"},
            {"term": "Route", "value": "Collaborative, with Marinova Analytics"},
            {"term": "Time box", "value": "5 Oct to 18 Dec 2026"},
            {"term": "Result", "value": "Frozen, a4f0…91c7", "url": "#"},
        ],
        "header_buttons": [
            {"label": "Decline …", "url": "#"},
            {"label": "Sign revision 3", "url": "#", "kind": "primary"},
        ],
        "buttons": [
            {"label": "Print as PDF", "url": "#"},
            {"label": "Stop project …", "url": "#", "kind": "bad"},
            {"label": "Show why", "url": "#", "kind": "quiet"},
            {"label": "Sign", "reason": "not yet: the charter lacks an outcome owner"},
        ],
        "form": sample_form(),
        "signatures": _signatures(),
        "job": {"id": "sample", "title": "Solving the plan", "step": "Step 2 of 3, 14 initiatives"}
        | {"running": True, "share": 62, "seconds": 41, "url": "", "cancel_url": "#", "page_url": "#"},
        "theirs": {"who": "Lotte", "when": "14:02", "text": "at least 72 %"},
        "mine": {"text": "at least 70 %"},
        "figures": samples.all_figures(),
    }
