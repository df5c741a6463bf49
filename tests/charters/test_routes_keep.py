"""What was written for one route is kept while another is chosen, and is never part of a text unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from charters.actions import drop_change, freeze_revision, save_fields, start_revision
from charters.content import content
from charters.models import Charter, DraftField
from charters.queries import document_of, draft_of
from tests.charters.cast import Cast, build_cast, write_charter
from tests.charters.kept_cast import in_force
from tests.charters.test_api import api
from tests.charters.test_pages import _posted, signed_in

pytestmark = pytest.mark.django_db
OURS = "Code and models are ours."  # of the collaborative route
VISITS = "Which visits are planned ahead."  # of the internal route


@pytest.fixture
def cast() -> Cast:
    return build_cast()


def choose(client: Client, charter: Charter, route: str, **more: str) -> str:
    """The section with another route, sent as a browser would; the page that then stands there."""
    url = f"/charters/{charter.pk}/write/route/"
    answer = client.post(url, _posted(client.get(url)) | {"route": route} | more)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return client.get(url).content.decode()


def test_clauses_come_back_as_they_were_when_the_route_changes_and_back(cast: Cast) -> None:
    charter = write_charter(cast)
    client = signed_in(cast.max)
    before = {name: value for name, value in draft_of(charter).values.items() if name.startswith("clause.")}
    assert before["clause.collab_ownership"] == {"text": OURS}
    internal = choose(client, charter, "internal")
    assert OURS not in internal
    assert 'name="clause.internal_informs.text"' in internal
    internal = choose(client, charter, "internal", **{"clause.internal_informs.text": VISITS})
    assert VISITS in internal
    vendor = choose(client, charter, "vendor")
    assert VISITS not in vendor
    assert OURS not in vendor
    back = choose(client, charter, "collaborative")
    assert OURS in back
    assert VISITS not in back
    values = draft_of(charter).values
    assert {name: values[name] for name in before} == before
    assert values["clause.internal_informs"] == {"text": VISITS}
    assert DraftField.objects.get(charter=charter, name="clause.collab_ownership").version == 1


def test_pages_and_texts_hold_the_clauses_of_the_chosen_route_alone(cast: Cast) -> None:
    charter = write_charter(cast, clause__internal_informs=VISITS)
    client = signed_in(cast.vera)
    page = client.get(f"/charters/{charter.pk}/").content.decode()
    assert OURS in page
    assert VISITS not in page
    assert VISITS not in str(
        api(cast, cast.vera, "charters:read").get(f"/api/v1/charters/{charter.pk}/").json()
    )
    revision = freeze_revision(charter, by=cast.frida)
    assert VISITS not in revision.content
    called = {clause.id for clause in content().routes["collaborative"].clauses}
    assert set(document_of(revision)["clause"]) <= called
    assert draft_of(charter).values["clause.internal_informs"] == {"text": VISITS}


def test_a_dropped_change_of_route_leaves_both_as_they_were(cast: Cast) -> None:
    charter, base = in_force(cast)
    assert document_of(base)["fields"]["route"] == "internal"
    before = draft_of(charter).values
    start_revision(charter, by=cast.frida, reason="With a partner")
    draft = draft_of(charter)
    changes: dict[str, Any] = {
        "route": ("vendor", draft.version("route")),
        "clause.vendor_next_home": ("On our server", draft.version("clause.vendor_next_home")),
        "clause.internal_keep": ("Nowhere", draft.version("clause.internal_keep")),
    }
    save_fields(charter, by=cast.frida, changes=changes)
    drop_change(charter, by=cast.frida, reason="No partner")
    after = draft_of(charter).values
    assert after["clause.vendor_next_home"] == {"text": "On our server"}
    assert {name: after[name] for name in before} == before
    charter.refresh_from_db()
    assert "On our server" not in signed_in(cast.vera).get(f"/charters/{charter.pk}/").content.decode()


def test_what_no_page_shows_cannot_be_written(cast: Cast) -> None:
    charter = write_charter(cast, clause__hidden_terms="The vendor owns everything")
    client = api(cast, cast.frida)
    body = {"fields": {"pathway.hidden": {"value": {"action": "Pay twice"}, "version": 0}}}
    refused = client.patch(f"/api/v1/charters/{charter.pk}/", body, format="json")
    assert refused.status_code == 422
    assert "pathway.hidden is not a field of a charter" in refused.content.decode()
    assert "owns everything" not in freeze_revision(charter, by=cast.frida).content
