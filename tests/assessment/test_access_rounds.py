"""Every address of rounds and evidence: strangers find nothing, members without the right are refused."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from assessment import urls as round_urls
from assessment.evidence import actions as evidence
from assessment.evidence import urls as evidence_urls
from tests.assessment.cast import Cast, make_cast, make_round, respondent_of

pytestmark = pytest.mark.django_db
POSTS = {
    "remind", "workshop", "person_link", "person_remind", "person_remove", "consensus", "consensus_remove",
    "asset_archive", "person_archive",
}  # fmt: skip
FOR_ALL_MEMBERS = {
    "assessment": {"list", "show", "item", "dimension", "chart_csv", "chart_live", "compare", "file"},
    "evidence": {"assets", "asset", "asset_template", "roster", "roster_template"},
}
WITHOUT_OBJECT = {
    "list", "create", "assets", "asset_new", "asset_import", "asset_template", "roster", "person_new",
    "roster_import", "roster_template",
}  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def addresses(cast: Cast) -> list[tuple[str, str, str]]:
    assessment = make_round(cast)
    asset = evidence.save_asset(cast.organization, {"name": "Tickets"}, by=cast.fay)
    person = evidence.save_person(cast.organization, evidence.RosterEntry("Priya"), by=cast.fay)
    found = []
    for app, patterns in (("assessment", round_urls.urlpatterns), ("evidence", evidence_urls.urlpatterns)):
        for pattern in patterns:
            name = str(pattern.name)
            values = {
                "pk": {"asset": asset.pk, "asset_archive": asset.pk, "person_archive": person.pk}.get(
                    name, person.pk if app == "evidence" else assessment.pk
                ),
                "person_pk": respondent_of(assessment).pk,
                "file_pk": uuid.uuid4(),
                "other": assessment.pk,
                "key": "pillars" if name.startswith("chart") else "team.production_ownership.on_call",
                "code": "T3",
            }
            names = pattern.pattern.converters
            path = reverse(f"{app}:{name}", kwargs={key: values[key] for key in names})
            found.append((app, name, path))
    return found


def test_every_address_is_closed_to_strangers_and_the_signed_out(cast: Cast) -> None:
    stranger, nobody = cast.client(cast.charlie), cast.client(None)
    for _, name, path in addresses(cast):
        method = "post" if name in POSTS else "get"
        assert getattr(nobody, method)(path).status_code == 302, path
        if name not in WITHOUT_OBJECT:
            assert getattr(stranger, method)(path).status_code == 404, path
            assert stranger.post(path).status_code in (404, 405), path


def test_viewers_change_nothing_and_members_lead_no_rounds(cast: Cast) -> None:
    member, viewer = cast.client(cast.bob), cast.client(cast.vic)
    for app, name, path in addresses(cast):
        if name in FOR_ALL_MEMBERS[app]:
            continue
        method = "post" if name in POSTS else "get"
        assert getattr(viewer, method)(path).status_code == 403, path
        if app == "assessment" or name.startswith(("person", "roster")):
            assert getattr(member, method)(path).status_code == 403, path


def test_a_removed_member_is_out_with_the_next_request(cast: Cast) -> None:
    assessment = make_round(cast)
    client = cast.client(cast.fay)
    assert client.get(f"/assessments/{assessment.pk}/").status_code == 200
    cast.fay.memberships.all().delete()
    assert client.get(f"/assessments/{assessment.pk}/").status_code == 404
    assert client.post(f"/assessments/{assessment.pk}/remind/").status_code == 404
