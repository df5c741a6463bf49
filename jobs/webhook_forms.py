"""The form of a webhook."""

from __future__ import annotations

from django import forms

from jobs.event_kinds import AREAS
from jobs.webhook_addresses import MOST
from ui.forms import PlainForm


class WebhookForm(PlainForm):
    name = forms.CharField(max_length=80, help_text="What receives it, such as “team channel”.")
    url = forms.CharField(
        max_length=MOST, label="Address", help_text="Begins with https:// and is on the public internet."
    )
    areas = forms.MultipleChoiceField(
        choices=list(AREAS.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=list(AREAS),
        label="What it is told",
    )
