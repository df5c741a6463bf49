"""A charter that is ready to be sent, and a browser for each of its parties."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.running import Server, beside, with_session

PASSWORD = "correct horse battery"
# Everybody who has an account, with the seats they hold; Elena of the vendor has none and comes by link.
MEMBERS = {
    "frida": ("Frida Lund", "facilitator", ()),
    "rolf": ("Rolf Tennfjord", "member", ("outcome_owner",)),
    "priya": ("Priya Nandakumar", "member", ("domain_expert", "project_lead", "operator")),
    "yusuf": ("Yusuf Adebayo", "member", ("legal", "security")),
    "hanneke": ("Hanneke Voss", "member", ()),
    "solveig": ("Solveig Aasgaard", "member", ("decision_maker",)),
}
VENDOR = ("Elena Marinova", "elena@vendor.example")


def address_of(who: str) -> str:
    return VENDOR[1] if who == "elena" else f"{who}@firm.example"


@dataclass(frozen=True)
class Parties:
    """A running installation with one charter, and who sits at its table."""

    server: Server
    browser: Browser
    charter: str
    other: str
    sessions: dict[str, str]

    @property
    def page_of_charter(self) -> str:
        return f"{self.server.url}/charters/{self.charter}/"

    @contextmanager
    def seat(self, who: str, **options: Any) -> Iterator[Page]:
        """A browser of this member, who signed in an hour ago: whatever needs a fresh sign-in asks again."""
        context = with_session(self.browser, self.server, self.sessions[who], **options)
        try:
            yield context.new_page()
        finally:
            context.close()


def gather(server: Server, browser: Browser) -> Parties:
    """Sets up organization, people and charter in the installation of the server."""
    return Parties(server, browser, **beside(server, "parties"))


def set_up() -> None:
    """Runs beside the server, on its database; prints the ids and the sessions as JSON."""
    from accounts.actions import add_member, create_account, create_organization
    from charters.actions import create_charter, save_fields

    people = {
        who: create_account(email=address_of(who), name=name, password=PASSWORD)
        for who, (name, _, _) in MEMBERS.items()
    }
    organization = create_organization(by=people["frida"], name="Halvorsen Pumps")
    for who, (_, role, _) in MEMBERS.items():
        if who != "frida":
            add_member(organization, user=people[who], by=None, role=role, functions=[], unit=None)
    by = people["frida"]
    other = create_charter(organization, by=by, title="Seal wear by sound")
    charter = create_charter(organization, by=by, title="Bearing failure warning")
    save_fields(charter, by=by, changes={name: (value, 0) for name, value in fields().items()})
    sessions = {who: session_of(user) for who, user in people.items()}
    print(json.dumps({"charter": str(charter.pk), "other": str(other.pk), "sessions": sessions}))


def session_of(user: Any, *, age: float = 3600) -> str:
    """A session in which this person has signed in so many seconds ago, as a cookie."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - age}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def fields(domain: str = "firm.example") -> dict[str, Any]:
    """A collaborative POC whose days lie ahead, with five people at the table in two steps."""
    from tests.charters.cases import complete_fields

    def day(offset: int) -> str:
        return (date.today() + timedelta(days=offset)).isoformat()

    changed: dict[str, Any] = {
        "time_start": day(14),
        "time_end": day(84),
        "decision_on": day(84),
        "funded_until": day(200),
        "told_on": day(1),
    }
    changed["clause.collab_time_box"] = {"text": "10"}
    known = complete_fields()
    for name, value in known.items():
        for moment, offset in (("by", 80), ("on", 84)):
            if isinstance(value, dict) and moment in value:
                changed[name] = {**value, moment: day(offset)}
    kept = {name: value for name, value in known.items() if not name.startswith(("title", "data.", "seat."))}
    return {**kept, **changed, **_table(domain)}


def _table(domain: str) -> dict[str, Any]:
    from tests.charters.cases import PEOPLE

    seats = {}
    for who, (name, _, held) in MEMBERS.items():
        for seat in held:
            step = "2" if seat == "decision_maker" else "1"
            about = {"name": name, "email": f"{who}@{domain}", "function": PEOPLE[seat][1], "step": step}
            seats[f"seat.{seat}"] = about
    seats["seat.vendor"] = {"name": VENDOR[0], "email": VENDOR[1], "function": "outside", "step": "1"}
    return seats
