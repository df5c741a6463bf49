"""Pages in states that the demo does not have: a second organization beside it, and an empty one.

`set_up` runs beside the server, on its database, and prints the addresses and a session for each person.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts import links
from accounts.actions import add_member, create_account, create_organization, remove_member
from accounts.models import Membership, Organization, User
from assessment import editing_actions
from charters import actions
from charters.access import SIGN, Visitor
from charters.actions.commenting import add_comment
from charters.actions.guests import copy_link, invite_guest
from charters.actions.templates import save_template
from charters.models import Charter, Signatory, SignoffRound
from charters.queries import in_turn
from charters.seats import limits_for
from jobs import digest
from jobs.event_kinds import AREAS
from jobs.models import Delivery, Event, GuestDigest, Job, Webhook
from jobs.webhook_delivery import lock_away
from jobs.webhook_signing import new_secret
from projects.actions.talking import ask_link
from projects.models import Ask, Project, Task
from roadmap.actions import request_plan
from roadmap.wishes import PlanWishes
from tests.browser.deployed import deployed
from tests.browser.parties import MEMBERS, fields, session_of
from tests.browser.ugly import ugly

LONG = (
    "Maximiliane-Theodora von Hohenlohe-Waldenburg-Schillingsfürst zu Sankt Andreasberg und Braunlage "
    "am Wurmberg im Oberharz"
)
ARABIC = "إنذار مبكر بأعطال المحامل في مضخات السلسلة H"
HEBREW = "אזהרה מוקדמת על כשל במיסבים של משאבות מסדרה H"
DOMAIN = "nordlys.example"
WRITTEN = ("route", "parties", "team", "time", "criteria", "risk", "next")
OF_PROJECT = ("", "board/", "records/", "records/add/risk/", "check-ins/", "waiting/", "experiments/",
              "models/", "criteria/", "connect/")  # fmt: skip
EMPTY = ("/", "/assessments/", "/evidence/", "/evidence/roster/", "/roadmap/", "/roadmap/history/",
         "/roadmap/use-cases/", "/charters/", "/charters/templates/", "/projects/", "/projects/waiting/",
         "/projects/people/", "/people/mail/", "/reports/")  # fmt: skip
# Who looks, nobody with an account where that is empty, and the address; by what is seen there.
Paths = dict[str, list[str]]


class Stage:
    """The second organization, its people and its charters."""

    def __init__(self) -> None:
        self.people = {
            who: create_account(email=f"{who}@{DOMAIN}", name=name) for who, (name, _, _) in MEMBERS.items()
        }
        self.frida = self.people["frida"]
        self.organization = create_organization(by=self.frida, name="Nordlys Valves")
        for who, user in self.people.items():
            if who != "frida":
                add_member(self.organization, user=user, by=None, role="member", functions=[], unit=None)

    def write(self, title: str, **changes: Any) -> Charter:
        """A complete draft."""
        charter = actions.create_charter(self.organization, by=self.frida, title=title)
        changed = {name: (value, 0) for name, value in {**fields(DOMAIN), **changes}.items()}
        actions.save_fields(charter, by=self.people["rolf"], changes=changed)
        return charter

    def send(self, charter: Charter, due_on: dt.date | None = None) -> SignoffRound:
        actions.freeze_revision(charter, by=self.frida)
        return actions.send_for_signature(charter, by=self.frida, due_on=due_on)

    def in_force(self, title: str) -> Charter:
        charter = self.write(title)
        round_ = self.send(charter)
        while turn := sorted(in_turn(SignoffRound.objects.get(pk=round_.pk))):
            self.sign(seat_of(round_, turn[0]))
        charter.refresh_from_db()
        return charter

    def sign(self, seat: Signatory) -> None:
        link = None if seat.user else links.links_to(seat, SIGN).first()
        seats = Signatory.objects.filter(round=seat.round, email=seat.email)
        accepted = [limit.key for limit in limits_for(seat.round.revision, seats)]
        visitor = Visitor(seat, user=seat.user, link=link)
        hash_ = seat.round.sha256
        actions.sign(visitor, by=seat.user, shown_hash=hash_, proof=proof(seat), accepted=accepted)


def proof(seat: Signatory | None = None) -> actions.Proof:
    method = "link" if seat and not seat.user else "account"
    return actions.Proof(method, "password", timezone.now())


def seat_of(round_: SignoffRound, seat: str) -> Signatory:
    rows = Signatory.objects.select_related("round__revision__charter__organization", "user")
    return rows.get(round=round_, seat=seat)


def signing_link(seat: Signatory) -> str:
    return links.issue(
        purpose=SIGN, organization=seat.round.revision.charter.organization, subject=seat, address=seat.email,
        expires=timezone.now() + dt.timedelta(days=1), by=None,
    )  # fmt: skip


def at(row: Model, more: str = "") -> str:
    return f"/charters/{row.pk}/{more}"


def drafts(stage: Stage) -> Paths:
    """Charters that are written: nothing yet, complete with talk and a guest, very long, in other scripts."""
    bare = actions.create_charter(stage.organization, by=stage.frida, title=HEBREW * 2)
    ready = stage.write("Seal wear by sound")
    add_comment(ready, field="problem", words="Whose figure is this?", by=stage.people["yusuf"])
    guest = invite_guest(ready, name=LONG, email="elena@marinova.example", company="Marinova", by=stage.frida)
    link = copy_link(guest, by=stage.frida)
    kept = save_template(ready, name=LONG, note="For pumps", by=stage.frida)
    ugly = stage.write(ARABIC, **overfull())
    return {
        "a charter with nothing in it": ["frida", at(bare)],
        "the check of nothing": ["frida", at(bare, "review/")],
        "criteria, none yet": ["frida", at(bare, "write/criteria/")],
        "a complete draft": ["frida", at(ready)],
        "the check of a complete draft": ["frida", at(ready, "review/")],
        "guests of a charter": ["frida", at(ready, "guests/")],
        "a guest's page": ["", "/" + link.split("/", 3)[3]],
        "route guide of a charter": ["frida", at(ready, "route/")],
        "keep as a template": ["frida", at(ready, "template/")],
        "templates": ["frida", "/charters/templates/"],
        "rename a template": ["frida", f"/charters/templates/{kept.pk}/rename/"],
        "an overfull draft": ["frida", at(ugly)],
        "the check of an overfull draft": ["frida", at(ugly, "review/")],
        "parties of an overfull draft": ["frida", at(ugly, "write/parties/")],
        "criteria of an overfull draft": ["frida", at(ugly, "write/criteria/")],
    }


def overfull() -> dict[str, Any]:
    """Twelve parties with long names, and twenty criteria."""
    seats = ("data_owner", "data_warehouse", "affected_staff", "sales", "marketing")
    table = {
        f"seat.{seat}": {"name": LONG, "email": f"{seat}@{DOMAIN}", "function": "practitioner", "step": "1"}
        for seat in seats
    }
    known = fields()["criterion.c1"]
    criteria = {
        f"criterion.c{n}": {**known, "name": f"{LONG} {n}", "slice": f"مصنع = {n}", "metric_key": "m" * 200}
        for n in range(4, 21)
    }
    return {**table, **criteria, "problem": f"{ARABIC}\n\n{HEBREW}\n\n{LONG * 8}"}


def rounds(stage: Stage) -> Paths:
    """Charters in the middle of their rounds, and rounds that ended badly."""
    frozen = stage.write("Frozen and not sent")
    actions.freeze_revision(frozen, by=stage.frida)
    round_ = stage.send(stage.write(ARABIC, **overfull()), due_on=dt.date.today() + dt.timedelta(days=3))
    legal, vendor, rolf = (seat_of(round_, one) for one in ("legal", "vendor", "outcome_owner"))
    visitor = Visitor(legal, user=legal.user)
    actions.name_delegate(visitor, by=legal.user, to=stage.people["hanneke"], reason=LONG, proof=proof(legal))
    declined = stage.send(stage.write("Declined by its owner"))
    owner = seat_of(declined, "outcome_owner")
    visitor = Visitor(owner, user=owner.user)
    actions.decline(visitor, by=owner.user, reason=LONG, proof=proof(owner), limits=["cost_of_wrong"])
    changed = stage.send(stage.write("Changes are asked for"))
    owner = seat_of(changed, "outcome_owner")
    actions.request_changes(Visitor(owner, user=owner.user), by=owner.user, reason=LONG, proof=proof(owner))
    out = round_.revision.charter
    return {
        "send a charter": ["frida", at(frozen, "send/")],
        "a charter that is out": ["frida", at(out)],
        "withdraw": ["frida", at(out, "withdraw/")],
        "revise": ["frida", at(out, "revise/")],
        "archive": ["frida", at(frozen, "archive/")],
        "sign by account": ["rolf", f"/charters/sign/{rolf.pk}/"],
        "handed over": ["yusuf", f"/charters/sign/{legal.pk}/"],
        "sign for somebody": ["hanneke", f"/charters/sign/{legal.pk}/"],
        "sign by link": ["", signing_link(vendor)],
        "decline": ["rolf", f"/charters/sign/{rolf.pk}/decline/?limits=cost_of_wrong"],
        "ask for changes": ["rolf", f"/charters/sign/{rolf.pk}/changes/"],
        "delegate": ["rolf", f"/charters/sign/{rolf.pk}/delegate/"],
        "a declined charter": ["frida", at(declined.revision.charter)],
        "changes are asked for": ["frida", at(changed.revision.charter)],
    }


def kept(stage: Stage) -> Paths:
    """Charters in force and after; then somebody leaves, whose seats nobody holds any more."""
    cancelled = stage.in_force("Cancelled when the plant was sold")
    actions.cancel_charter(cancelled, by=stage.frida, reason="The plant was sold.", proof=proof())
    holds, changing = stage.in_force("Leaks seen by camera"), stage.in_force("Quote triage")
    actions.record_learning(holds, by=stage.frida, learned="Ask the planners before the first run.")
    actions.start_revision(changing, by=stage.frida, reason="Two plants instead of one.")
    stuck = stage.send(stage.write("Waits for somebody who left"))
    remove_member(Membership.objects.get(user=stage.people["priya"]), by=stage.frida)
    return {
        "a charter in force, a seat empty": ["frida", at(holds)],
        "successor": ["frida", at(holds, "seats/domain_expert/successor/")],
        "cancel": ["frida", at(holds, "cancel/")],
        "request a change": ["frida", at(holds, "revise/")],
        "decide": ["rolf", at(holds, "decision/")],
        "readings, none yet": ["frida", at(holds, "readings/")],
        "a reading": ["frida", at(holds, "readings/c1/new/")],
        "learning": ["frida", at(holds, "learning/")],
        "a change with nothing in it": ["frida", at(changing, "changes/1/")],
        "drop a change": ["frida", at(changing, "changes/1/drop/")],
        "history of a charter": ["frida", at(changing, "history/")],
        "a cancelled charter": ["frida", at(cancelled)],
        "blocked by somebody who left": ["frida", at(stuck.revision.charter)],
        "many charters": ["frida", "/charters/"],
    }


def empty() -> tuple[User, Paths]:
    """An organization of nobody else, with nothing."""
    ada = create_account(email="ada@empty.example", name="Ada")
    create_organization(by=ada, name="Empty")
    return ada, {f"nothing yet at {path}": ["ada", path] for path in EMPTY}


def of_the_demo() -> Paths:
    """Pages of the demo that stand behind an id."""
    codes = {charter.code: charter for charter in Charter.objects.filter(code__startswith="HP-")}
    change, sealed, out, draft = (codes[code] for code in ("HP-02", "HP-03", "HP-04", "HP-05"))
    job = Job.objects.filter(state="done").first()
    assert job
    return {
        **{f"write {section}": ["nils", at(draft, f"write/{section}/")] for section in WRITTEN},
        "a draft": ["nils", at(draft)],
        "check of a draft": ["nils", at(draft, "review/")],
        "new criterion": ["nils", at(draft, "criteria/new/")],
        "a criterion": ["nils", at(draft, "criteria/c1/")],
        "a sealed charter": ["nils", at(sealed)],
        "a revision": ["nils", at(sealed, "revisions/1/")],
        "readings": ["nils", at(sealed, "readings/")],
        "what was agreed for the end": ["nils", at(sealed, "decision/")],
        "a change that is out": ["nils", at(change)],
        "a change request": ["nils", at(change, "changes/1/")],
        "history with two revisions": ["nils", at(change, "history/")],
        "a round": ["nils", at(out)],
        "copy a charter": ["nils", f"/charters/new/?copy={sealed.pk}"],
        "rules of charters": ["nils", "/charters/rules/"],
        "route guide": ["nils", "/charters/route/"],
        "a job": ["nils", f"/jobs/{job.pk}/"],
    }


def projects() -> Paths:
    """The demo's project, page by page."""
    project = Project.objects.get()
    here = f"/projects/{project.pk}/"
    task, ask = Task.objects.filter(project=project).first(), Ask.objects.filter(project=project).first()
    assert task
    assert ask
    return {
        **{f"the project’s {place or 'overview'}": ["nils", f"{here}{place}"] for place in OF_PROJECT},
        "projects": ["nils", "/projects/"],
        "a task": ["nils", f"/projects/tasks/{task.pk}/"],
        "answer an ask": ["", ask_link(ask, by=None)],
    }


def told(demo: Organization, nils: User) -> Paths:
    """Webhooks that work, wait and have failed; the digest of a member, of a guest, and its end."""
    project = Project.objects.get(organization=demo)
    hooks = [
        Webhook.objects.create(
            organization=demo, name=name, url=f"https://hooks.example/{'x' * at}", areas=areas,
            secret=lock_away(new_secret()), created_by=nils, paused_for=why,
            paused_at=timezone.now() if why else None,
        )
        for name, at, areas, why in (
            ("Chat of the team", 3, ["projects", "verdicts"], ""),
            (LONG, 400, list(AREAS), "hooks.example is not on the public internet."),
        )
    ]  # fmt: skip
    for at, (state, status, error) in enumerate(
        (("sent", 200, ""), ("failed", 410, "The receiver answered 410."), ("queued", None, "x" * 250))
    ):
        event = Event.objects.create(
            organization=demo, kind="project.opened", about_type="projects.project", about_id=str(project.pk)
        )
        for hook in hooks:
            Delivery.objects.create(
                webhook=hook, event=event, state=state, status=status, error=error, attempts=at + 1,
                sent_at=timezone.now() if state == "sent" else None,
            )  # fmt: skip
    own = digest.of_member(Membership.objects.get(user=nils, organization=demo))
    guest = GuestDigest.objects.create(organization=demo, user=nils)
    return {
        "webhooks": ["nils", "/settings/webhooks/"],
        "a webhook": ["nils", f"/settings/webhooks/{hooks[0].pk}/"],
        "a webhook that is paused": ["nils", f"/settings/webhooks/{hooks[1].pk}/"],
        "the digest": ["nils", "/settings/digest/"],
        "the digest of a guest": ["nils", f"/settings/digest/{guest.pk}/"],
        "stop the digest": ["", f"/digest/stop/{digest.stop_mark(own)}/"],
        "an archive": ["nils", f"/reports/projects/{project.pk}/archive/"],
    }


def planning(demo: Organization, nils: User) -> Paths:
    """A plan that cannot be, and the questionnaire as a draft."""
    monday = dt.date.today() + dt.timedelta(days=7)
    wishes = PlanWishes(start=monday, target_phase=2, by=monday + dt.timedelta(days=14), budget=0)
    request = request_plan(demo, wishes, by=nils, name="In two weeks")
    draft = editing_actions.start_draft(demo, key="readiness", by=nils)
    here = f"/assessments/questionnaires/{draft.pk}/"
    item = draft.content["items"][0]["key"]
    return {
        "a plan that cannot be": ["nils", f"/roadmap/requests/{request.pk}/"],
        "edit a questionnaire": ["nils", here],
        "edit its frame": ["nils", f"{here}frame/"],
        "edit a question": ["nils", f"{here}items/{item}/"],
        "add a question": ["nils", f"{here}items/new/"],
        "publish a questionnaire": ["nils", f"{here}publish/"],
    }


def set_up() -> None:
    nils = User.objects.get(name="Nils Haavik")
    demo = Membership.objects.get(user=nils).organization
    stage = Stage()
    ada, nothing = empty()
    groups = {
        "the demo": of_the_demo(), "projects": projects(), "told": told(demo, nils),
        "planning": planning(demo, nils),
        "drafts": drafts(stage), "rounds": rounds(stage), "kept": kept(stage), "empty": nothing,
        "ugly": ugly(stage.in_force(ARABIC), stage.frida, (LONG, ARABIC, "x" * 120)),
        "deployed": deployed(stage.in_force(HEBREW), stage.frida, (LONG, ARABIC, "x" * 120)),
    }  # fmt: skip
    people = {"nils": nils, "ada": ada, **stage.people}
    sessions = {who: session_of(user, age=0) for who, user in people.items()}
    sealed = Charter.objects.get(code="HP-03", organization=demo)
    sheet = at(sealed, "revisions/1/sheet.pdf")
    print(json.dumps({"sessions": sessions, "groups": groups, "sheet": sheet}))
