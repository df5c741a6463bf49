"""The readiness report: what it says, in which order, and the same bytes each time."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reports.readiness import readiness_context, render_readiness
from tests.reports.pdfs import (
    AS_OF,
    empty_result,
    fills,
    is_tagged,
    pages,
    planned,
    questionnaire,
    read,
    result,
)

NAMES: dict[str, Any] = {
    "organization_name": "Halvorsen Pumps",
    "as_of": AS_OF,
    "title": "Round 2",
    "made_for": ["Solveig Aasgaard, owner"],
    "made_by": ["Nils Haavik, facilitator"],
    "result_hash": "a4f0" + "3" * 56 + "91c7",
}


@pytest.fixture(scope="module")
def made() -> bytes:
    return render_readiness(result(), questionnaire(), plan=planned()[0], earlier=result(1), **NAMES)


def test_the_cover_says_what_it_is_for_whom_and_on_what_it_rests(made: bytes) -> None:
    cover = pages(made)[0]
    for part in (
        "Halvorsen Pumps",
        "20 November 2026",
        "Readiness for machine learning, and the plan to phase 2",
        "Team roles and data readiness hold Halvorsen Pumps in phase 1.",
        "Assessed Round 2",
        "Solveig Aasgaard, owner",
        "Nils Haavik, facilitator",
        "Result a4f0…91c7",
        "14 people, 86 % coverage",
    ):
        assert part in cover


def test_contents_list_chapters_with_findings_and_true_page_numbers(made: bytes) -> None:
    found = pages(made)
    contents = found[1]
    chapters = [
        "1 Where Halvorsen Pumps stands",
        "2 Team roles",
        "3 Data readiness",
        "4 Culture",
        "5 ML strategy",
        "6 Where people see different things",
        "7 What to do next",
        "A How it is scored",
        "B All figures",
    ]
    for chapter in chapters:
        listed = re.search(rf"{chapter} (\d+)\b", contents)
        assert listed, f"{chapter} is not in the contents"
        assert chapter in found[int(listed.group(1)) - 1], f"{chapter} is not on page {listed.group(1)}"
    assert "On seven questions one function stands apart" in contents


def test_pillars_stand_weakest_first(made: bytes) -> None:
    found = " ".join(pages(made)[2:])
    order = [
        found.index(title) for title in ("Team roles are held", "Data readiness is held", "Culture stands")
    ]
    assert order == sorted(order)


def test_gates_say_who_sees_what_and_what_closes_them(made: bytes) -> None:
    chapter = pages(made)[2]
    assert "Five gates stand between today and phase 2" in chapter
    assert "One owner is named for the most important model" in chapter
    assert "Sponsor 3, Practitioner 0" in chapter
    assert "Name one owner for the most important model" in chapter
    assert "nobody knows" in chapter


def test_findings_quote_both_sides(made: bytes) -> None:
    found = " ".join(pages(made))
    assert "Practitioner, level 0, 3 people" in found
    assert "Say that nobody is named for a failing model" in found
    assert "Sponsor, level 3, 1 person" in found
    assert "Says that an owner on call is named for every deployed model." in found


def test_chapters_share_pages_so_that_none_is_nearly_empty(made: bytes) -> None:
    filled = fills(made)
    assert len(filled) <= 21
    assert [number for number, part in enumerate(filled[1:-1], start=2) if part < 1 / 3] == []


def test_letter_paper_keeps_the_contents_on_a_page_and_the_cover_within_it() -> None:
    content = render_readiness(
        result(), questionnaire(), plan=planned()[0], earlier=result(1), paper="Letter", **NAMES
    )
    found = pages(content)
    assert "C Sources" in found[1]
    assert "1 Where Halvorsen Pumps stands" in found[2]
    assert 0.9 < fills(content)[0] < 1


def test_where_a_chapter_begins_half_way_the_head_names_the_one_that_goes_on(made: bytes) -> None:
    found = pages(made)
    begins = next(page for page in found[2:] if "3 Data readiness Data readiness is held" in page)
    assert "2 Team roles" in begins


def test_every_question_stands_in_the_appendix(made: bytes) -> None:
    text = " ".join(pages(made))
    appendix = text[text.rindex("Questions by function") :]
    asked = list(questionnaire().maturity_items)
    assert len(asked) >= 40
    assert all(" ".join(item.text.split()) in appendix for item in asked)


def test_every_page_but_the_cover_carries_head_foot_and_number(made: bytes) -> None:
    for number, page in enumerate(pages(made)[1:], start=2):
        assert "Halvorsen Pumps, readiness" in page
        assert "Result a4f0…91c7, 20 November 2026" in page
        assert re.search(rf"\b{number}\b", page)


def test_the_method_is_told_and_no_benchmark_claimed(made: bytes) -> None:
    found = " ".join(pages(made))
    for part in ("There is no comparison with other firms", "not an error margin", "James, L. R., Demaree"):
        assert part in found
    assert questionnaire().content_hash in found.replace(" ", "")


def test_it_is_tagged_and_has_a_title_and_a_language(made: bytes) -> None:
    reader = read(made)
    assert is_tagged(reader)
    assert reader.metadata is not None
    assert reader.metadata.title == "Readiness for machine learning, and the plan to phase 2, Halvorsen Pumps"
    figures = made.count(b"/Figure") or sum(
        b"Figure" in page.get_contents().get_data() for page in reader.pages
    )  # type: ignore[union-attr]
    assert figures


def test_the_same_input_gives_the_same_bytes(made: bytes) -> None:
    again = render_readiness(result(), questionnaire(), plan=planned()[0], earlier=result(1), **NAMES)
    assert again == made


def test_without_a_plan_it_says_what_to_do_first() -> None:
    context = readiness_context(result(), questionnaire(), **NAMES)
    assert context["cover"].title == "Readiness for machine learning"
    assert "Talk about the differences first, then plan" in [
        chapter.finding for chapter in context["chapters"]
    ]


def test_a_round_that_nobody_answered_prints_what_it_is_also_on_letter_paper() -> None:
    content = render_readiness(
        empty_result(), questionnaire(), paper="Letter", **{**NAMES, "result_hash": ""}
    )
    found = pages(content)
    assert "Too few answers to say where Halvorsen Pumps stands" in found[0]
    assert "Team roles: too few answers for a score" in " ".join(found)
    box = read(content).pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (612, 792)


def test_a_confidential_round_tells_no_number_below_three() -> None:
    confidential = result(2, visibility="confidential")
    chapters = readiness_context(confidential, questionnaire(), **NAMES)["chapters"]
    findings = next(chapter for chapter in chapters if chapter.name.startswith("Where people"))
    assert all(side["n"] is None for row in findings.data["first"] for side in row["sides"])
    method = next(chapter for chapter in chapters if chapter.name == "How it is scored")
    assert method.data["confidential"]
    assert min(row["people"] for row in method.data["functions"]) >= 3


def test_long_and_foreign_names_stay_on_their_pages() -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    ugly = {**NAMES, "organization_name": f"{word} שלום {word}"[:120], "made_for": [word], "title": word}
    content = render_readiness(result(), questionnaire(), **ugly)
    for page in read(content).pages:
        width = float(page.mediabox.width)

        def inside(text: str, cm: Any, tm: Any, font: Any, size: Any, width: float = width) -> None:
            left = tm[4] * cm[0] + cm[4]
            assert not text.strip() or -1 <= left <= width, f"{text!r} begins at {left:.0f}"

        page.extract_text(visitor_text=inside)
