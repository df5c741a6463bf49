"""The printed charter: the frozen text, who signed it and how, and what that proves."""

from __future__ import annotations

import hashlib
import re
import subprocess
from typing import Any

import pytest

from charters.canonical import canonical as canonical_form
from charters.document import assemble
from reports.charter import CharterPaper, Signed, charter_context, render_charter
from tests.charters.cases import HEAD, USE_CASE, complete_fields
from tests.reports.pdfs import AS_OF, is_tagged, pages, read


def charter(**changes: Any) -> CharterPaper:
    fields = {**complete_fields(), **changes.pop("fields", {})}
    document = assemble(fields, head=HEAD, use_case=USE_CASE)
    canonical = canonical_form(document).decode()
    given: dict[str, Any] = {
        "organization": "Halvorsen Pumps",
        "code": "HP-03",
        "title": "Bearing failure warning for H-series pumps",
        "number": 3,
        "state": "Out for signature",
        "sha256": hashlib.sha256(canonical.encode()).hexdigest(),
        "frozen": "17 Nov 2026, 09:00",
        "reason": "Found missing in week 4.",
        "document": document,
        "canonical": canonical,
        "signed": [
            Signed(
                "Solveig Aasgaard", "Decision maker", "signed", "Signed 18 Nov 2026, 09:12", "with an account"
            ),
            Signed("Elena Marinova", "Vendor", "signed", "Signed 18 Nov 2026, 13:22", is_evidence=False),
            Signed(
                "Hanneke Voss", "Security", "declined", "Declined 19 Nov 2026", reason="No data agreement."
            ),
            Signed("Yusuf Adebayo", "Legal", "waiting", "Asked 17 Nov, due 24 Nov"),
        ],
        "history": [("17 Nov 2026, 09:00", "Revision 3 was frozen, by Nils Haavik")],
    }
    return CharterPaper(**{**given, **changes})


@pytest.fixture(scope="module")
def made() -> bytes:
    return render_charter(charter(), as_of=AS_OF)


def test_the_cover_names_the_charter_its_state_and_its_hash(made: bytes) -> None:
    cover = pages(made)[0]
    for part in (
        "Bearing failure warning for H-series pumps",
        "Charter HP-03, revision 3: out for signature. Two of 4 have signed.",
        "Rolf Tennfjord",
        f"SHA-256 {charter().short_hash}",
    ):
        assert part in cover


def test_criteria_read_as_sentences_and_parties_have_seats(made: bytes) -> None:
    text = " ".join(pages(made))
    assert "is at least 0.75 on holdout.csv" in text
    assert "Measured by Priya Nandakumar" in text
    assert "Gunhild Strand" in text
    assert "Why this revision: Found missing in week 4." in text


def test_each_seat_says_who_when_and_how(made: bytes) -> None:
    last = pages(made)[-1]
    for part in (
        "Two of 4 have signed",
        charter().sha256,
        "Signed 18 Nov 2026, 09:12 · with an account",
        "No data agreement.",
        "Asked 17 Nov, due 24 Nov",
        "Not evidence",
        "These are simple electronic signatures.",
        "Revision 3 was frozen, by Nils Haavik",
    ):
        assert part in last


def test_without_marked_signatures_nothing_is_said_of_them() -> None:
    context = charter_context(charter(signed=[]), as_of=AS_OF)
    signatures = context["chapters"][1]
    assert signatures.finding == "Nobody has been asked to sign this text yet"
    assert signatures.data["not_evidence"] == ""


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (["waiting"], "None of 1 has signed yet"),
        (["signed"], "The one who was asked has signed"),
        (["signed", "signed"], "All two have signed"),
        (["signed", "waiting"], "One of 2 has signed"),
    ],
)
def test_how_many_have_signed(states: list[str], words: str) -> None:
    signed = [Signed("A", "Legal", state, "") for state in states]
    assert charter_context(charter(signed=signed), as_of=AS_OF)["chapters"][1].finding == words


def test_the_text_that_was_hashed_goes_with_the_file(made: bytes) -> None:
    (content,) = read(made).attachments["charter.json"]
    assert hashlib.sha256(content).hexdigest() == charter().sha256


def test_a_key_of_the_questionnaire_or_of_a_role_is_printed_in_words() -> None:
    said = charter(fields={"informs_journey": "strategy.learning_method.stopped_projects"})
    text = " ".join(pages(render_charter(said, as_of=AS_OF)))
    assert "“What happens when an ML experiment does not work?”" in text
    assert "stopped_projects" not in text


def test_a_long_name_wraps_above_its_line_and_not_over_it() -> None:
    name = "Maximiliane von und zu Löwenstein-Wertheim-Freudenberg"
    seat = Signed(name, "Data warehouse", "signed", "Signed 8 Sep 2026, 16:02")
    content = render_charter(charter(signed=[seat]), as_of=AS_OF)
    drawn = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True)
    words = re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]+)<', drawn.stdout.decode())
    signed, printed = [place for place, (_, _, word) in enumerate(words) if word == "Maximiliane"]
    above = max(float(bottom) for _, bottom, _ in words[signed:printed])
    assert above <= float(words[printed][0]) + 2


def test_it_is_tagged_and_the_same_each_time(made: bytes) -> None:
    assert is_tagged(read(made))
    assert render_charter(charter(), as_of=AS_OF) == made


def test_long_words_and_titles_stay_on_the_page() -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
    ugly = charter(title="A title of many words " * 13, fields={"fallback": word, "problem": "שלום " * 200})
    content = render_charter(ugly, as_of=AS_OF)
    assert "A title of many words" in pages(content)[0]
    for page in read(content).pages:
        width = float(page.mediabox.width)

        def inside(text: str, cm: Any, tm: Any, font: Any, size: Any, width: float = width) -> None:
            left = tm[4] * cm[0] + cm[4]
            assert not text.strip() or -1 <= left <= width, f"{text!r} begins at {left:.0f}"

        page.extract_text(visitor_text=inside)
