"""A charter from the first request to the second revision in force, by its parties in real browsers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.parties import PASSWORD, VENDOR, Parties, address_of, gather
from tests.browser.running import Server, watch

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.once]

SLOW = 90_000
SEATS = 8
PHONE = {"width": 390, "height": 800}


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A loaded machine answers late; nothing here measures time."""
    expect.set_options(timeout=SLOW)
    yield
    expect.set_options(timeout=None)


def visit(page: Page, address: str) -> None:
    page.set_default_timeout(SLOW)
    page.goto(address)


def press(page: Page, label: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=label).first.click()


def confirm(page: Page, done: str, *, asked: bool = False) -> None:
    """Waits for the words that say it is done; proves with the password who it is where that is asked.

    `asked`: it must be asked, because nobody proved anything within the last minutes.
    """
    again = page.get_by_role("heading", name="Confirm that it is you")
    outcome = page.locator("main").get_by_text(done).first
    if asked:
        expect(again).to_be_visible()
    expect(again.or_(outcome).first).to_be_visible()
    if again.is_visible():
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Confirm")
    expect(page.get_by_text(done).first).to_be_visible()


def accept_limits(page: Page) -> None:
    statements = page.locator("#sign-form fieldset")
    assert statements.count() >= 4, "nobody signs without the four honest limits"
    for choice in page.locator('#sign-form input[value="accept"]').all():
        choice.check()


def send(page: Page, parties: Parties, number: int) -> None:
    """Freezes the draft and asks everybody at the table."""
    visit(page, f"{parties.page_of_charter}review/")
    press(page, f"Freeze revision {number}")
    page.wait_for_url(re.compile("/send/"))
    expect(page.get_by_text("Personal link and mailed code")).to_be_visible()
    press(page, "Send for signature")
    expect(page.get_by_text(f"Revision {number} is out for signature.")).to_be_visible()


def open_text(page: Page, parties: Parties, number: int) -> None:
    visit(page, parties.page_of_charter)
    page.get_by_role("link", name=f"Read and sign revision {number}").first.click()
    page.wait_for_url(re.compile("/charters/sign/"))


def sign(parties: Parties, who: str, number: int, *, asked: bool = False) -> None:
    """By account: the text is read, the limits are accepted, and the password is given before it counts."""
    with parties.seat(who) as page:
        seen = watch(page)
        open_text(page, parties, number)
        accept_limits(page)
        press(page, f"Sign revision {number}")
        confirm(page, "You have signed this text", asked=asked)
        assert seen == []


def sign_on_a_phone(parties: Parties, number: int) -> None:
    """The vendor's person: a link from a mail, a code from another one, and this charter alone."""
    server, address = parties.server, VENDOR[1]
    link = server.link_in_mail(address, "waits for your signature", seconds=90, holding=f"revision {number} ")
    context = parties.browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    seen = watch(page)
    visit(page, link)
    assert link.rstrip("/").rsplit("/", 1)[-1] not in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    before = len(server.mails_to(address))
    press(page, "Mail me a code")
    code = page.locator('[name="code"]')
    expect(code).to_be_visible()
    code.fill(server.code_in_mail(address, seconds=90, after=before))
    accept_limits(page)
    press(page, f"Sign revision {number}")
    expect(page.get_by_text("You have signed this text")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sees_nothing_else(page, parties)
    assert seen == []
    context.close()


def sees_nothing_else(page: Page, parties: Parties) -> None:
    """No way on from the page, and none by address."""
    inside = [str(one.get_attribute("href")) for one in page.locator("a[href^='/']").all()]
    assert not [one for one in inside if not one.startswith("/charters/sign/")]
    for path in ("charters/", f"charters/{parties.charter}/", f"charters/{parties.other}/", "people/"):
        answer = page.request.get(f"{parties.server.url}/{path}", max_redirects=0)
        assert answer.status in (302, 404), (path, answer.status)


def ask_for_changes(parties: Parties) -> None:
    with parties.seat("rolf") as page:
        open_text(page, parties, 1)
        page.get_by_role("link", name="Ask for changes").first.click()
        page.get_by_label(re.compile("What|Reason|change", re.IGNORECASE)).first.fill(
            "Success criteria: one pump in four is too few."
        )
        press(page, "Ask for changes")
        confirm(page, "You have asked for changes of this text", asked=True)


def mend(page: Page, parties: Parties) -> None:
    """What was asked is seen by the owner of the text, and stays in its history."""
    visit(page, parties.page_of_charter)
    expect(page.get_by_text("one pump in four is too few").first).to_be_visible()
    page.get_by_role("link", name="Change the text").click()
    page.get_by_label("Reason").fill("What Rolf asked for.")
    press(page, "Begin revision 2")
    page.wait_for_url(re.compile("/write/"))
    change_field(page, parties, "errors", "accepted_share", "one in five")


def change_field(page: Page, parties: Parties, section: str, name: str, value: str) -> None:
    visit(page, f"{parties.page_of_charter}write/{section}/")
    page.locator(f'[name="{name}"]').fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.").first).to_be_visible()


def hand_over(parties: Parties) -> None:
    """Yusuf holds two seats and lets Hanneke sign both."""
    with parties.seat("yusuf") as page:
        open_text(page, parties, 2)
        page.get_by_role("link", name="Name somebody").click()
        page.get_by_label("Who signs in your place").select_option(label="Hanneke Voss")
        page.get_by_label("Why you do not sign yourself").fill("On leave until Monday.")
        press(page, "Let them sign for me")
        confirm(page, "Hanneke Voss signs this text in your place", asked=True)
    mail = parties.server.link_in_mail(address_of("hanneke"), "waits for your signature", seconds=90)
    with parties.seat("hanneke") as page:
        visit(page, mail)
        expect(page.get_by_text("On leave until Monday.").first).to_be_visible()
        accept_limits(page)
        press(page, "Sign revision 2")
        confirm(page, "You have signed this text", asked=True)


def sealed_sheet(parties: Parties, who: list[str], number: int) -> bytes:
    """The file that everybody who signed was mailed; the same for all."""
    subject = f"the sealed sheet of HP-02 revision {number}"
    files = {parties.server.attachment(address_of(one), subject, seconds=120) for one in who}
    assert len(files) == 1, "everybody is mailed the same sheet"
    name, content = files.pop()
    assert name == f"hp-02-revision-{number}-sign-off-sheet.pdf"
    assert content.startswith(b"%PDF-")
    return content


def check_by_reader(content: bytes, file: Path, seals: int) -> None:
    """What a tool that knows nothing of the product says; left out where it is not installed."""
    file.write_bytes(content)
    if shutil.which("pdfsig"):
        said = subprocess.run(
            ["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False
        ).stdout
        assert said.count("Signature is Valid") == seals, said


def hand_in(parties: Parties, content: bytes, finding: str) -> str:
    """Somebody without account hands a file in at /verify/; returns what the page says."""
    context = parties.browser.new_context()
    page = context.new_page()
    visit(page, f"{parties.server.url}/verify/")
    file = {"name": "sheet.pdf", "mimeType": "application/pdf", "buffer": content}
    page.get_by_label(re.compile("Sealed PDF")).set_input_files(file)  # type: ignore[arg-type]
    press(page, "Check the file")
    expect(page.get_by_role("heading", level=1)).to_have_text(finding)
    said = page.locator("main").inner_text()
    context.close()
    return said


def check_sheet(parties: Parties, sheet: bytes) -> None:
    said = hand_in(parties, sheet, "This sheet is intact")
    assert "revision 2" in said
    assert "in place of Yusuf Adebayo" in said
    assert re.search(r"Elena Marinova.*code", said)
    assert re.search(r"Solveig Aasgaard.*password", said)
    at = len(sheet) // 2
    flipped = sheet[:at] + bytes([sheet[at] ^ 1]) + sheet[at + 1 :]
    assert f"from byte {at} on" in hand_in(parties, flipped, "This file was changed after it was sealed")


def request_change(page: Page, parties: Parties) -> None:
    """The figure is loosened and a word changes; the page of the change says both."""
    visit(page, parties.page_of_charter)
    page.get_by_role("link", name="Request a change").click()
    page.get_by_label("Reason").fill("Two plants instead of one.")
    press(page, "Open a change request")
    page.wait_for_url(re.compile("/write/"))
    change_field(page, parties, "errors", "bearer", "Service and Bergen")
    visit(page, f"{parties.page_of_charter}criteria/c1/")
    page.locator('[name="criterion.c1.target"]').fill("0.7")
    press(page, "Save the criterion")
    page.wait_for_url(re.compile("/write/criteria/"))
    visit(page, f"{parties.page_of_charter}changes/1/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change 1: one criterion loosened")
    criteria, fields = (page.locator("main tbody").nth(at).locator("tr") for at in (0, 1))
    expect(criteria).to_have_count(1)
    expect(criteria).to_contain_text("Loosened")
    expect(criteria.locator("del")).to_contain_text("0.75")
    expect(criteria.locator("ins")).to_contain_text("0.7")
    bearer = fields.filter(has_text="Who bears that cost")
    expect(bearer.locator("ins")).to_contain_text("and Bergen")
    expect(bearer.locator("del")).to_have_count(0)


def check_second(page: Page, parties: Parties, old: bytes) -> None:
    """After the change: what holds now, what held then, and what the old sheet is worth."""
    visit(page, parties.page_of_charter)
    expect(page.locator("main")).to_contain_text("in force since")
    expect(page.locator("main")).to_contain_text("1 change of criteria since then")
    visit(page, f"{parties.page_of_charter}revisions/2/")
    then = page.locator("#signatures .signature")
    expect(then).to_have_count(SEATS)
    for block in then.all():
        expect(block).to_contain_text("for revision 2")
    visit(page, f"{parties.page_of_charter}history/")
    expect(page.get_by_text("one pump in four is too few").first).to_be_visible()
    said = hand_in(parties, old, "This sheet is intact")
    assert "Revision 2 is no longer in force" in said
    assert "There is a newer revision, 3" in said


def test_round(browser: Browser, server: Server, tmp_path: Path) -> None:
    parties = gather(server, browser)
    with parties.seat("frida") as page:
        seen = watch(page)
        send(page, parties, 1)
        sign(parties, "priya", 1, asked=True)
        ask_for_changes(parties)
        mend(page, parties)
        send(page, parties, 2)
        hand_over(parties)
        sign_on_a_phone(parties, 2)
        sign(parties, "priya", 2)
        sign(parties, "rolf", 2)
        sign(parties, "solveig", 2, asked=True)
        first = sealed_sheet(parties, ["hanneke", "elena", "priya", "rolf", "solveig"], 2)
        check_by_reader(first, tmp_path / "first.pdf", seals=SEATS)
        check_sheet(parties, first)

        request_change(page, parties)
        send(page, parties, 3)
        for who in ("priya", "rolf", "yusuf"):
            sign(parties, who, 3)
        sign_on_a_phone(parties, 3)
        sign(parties, "solveig", 3)
        sealed_sheet(parties, ["yusuf", "elena"], 3)
        check_second(page, parties, first)
        assert seen == []
    assert server.audit_verifies()
