"""What ESR rejected: every page says the same of who must act, and of the state of the file."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.web.console.browsing import desk, text, title

from tis_esr import wall_clock

APP = "DE_EMD_APP_20261124_00000001.DAT"
REJECTED = 1900041


async def test_every_page_says_that_the_trust_must_act_on_what_esr_rejected(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        board = text(await browser.get("/board/EMD?day=2026-11-24"))
        placement = text(await browser.get(f"/why?word={REJECTED}"))
        file = text(await browser.get(f"/why?word=file:{APP}"))
    assert "The trust, in ESR: read ESR's messages" in board
    assert "correct what" not in board
    assert re.search(r"The trust, in ESR[:.]? read ESR's message; data corrected", placement, re.IGNORECASE)
    assert re.search(r"The trust, in ESR[:.]? read ESR's messages", file, re.IGNORECASE)


async def test_a_file_of_ours_has_one_page_with_one_state_and_esrs_reason_for_each_rejected_row(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: datetime(2026, 11, 26, 15, tzinfo=UTC))
    async with desk(state).signed_in() as browser:
        moved = await browser.get(f"/files/{APP}?row=5")
        page = await browser.get(moved.headers["location"])
        listed = text(await browser.get("/exports/files?days=90&confirmation=with_rejected_rows"))
        board = text(await browser.get("/board/EMD?day=2026-11-24"))
    said = text(page)
    assert (moved.status_code, moved.headers["location"]) == (303, f"/exports/files/{APP}?row=5")
    assert "Row 5: " in said
    assert "Confirmation Confirmed with errors" in said
    assert "Rejected 3" in said
    assert said.count("The applicant could not be created: the person is on another trust's system") >= 1
    assert len(re.findall(r"\d+ 19\d{5}:60\d{5} \S", said.partition("Rows that ESR rejected")[2])) >= 3
    assert "Who must act: the trust, in ESR" in said
    assert f"{APP} EMD APP 24 Nov 2026 74" in listed
    assert "Confirmed with errors" in listed
    assert "Confirmed with errors" in board


async def test_files_from_esr_offer_only_what_esr_sends_and_lead_to_the_files_sent(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/files")
    assert title(page) == "Files from ESR – TIS-ESR"
    assert re.findall(r'<option value="([A-Z]{3})"', page.text.partition('name="type"')[2].partition("</select>")[0]) == [
        "RMF", "RMC", "APC", "DCC",
    ]  # fmt: skip
    assert 'href="/exports/files"' in page.text
