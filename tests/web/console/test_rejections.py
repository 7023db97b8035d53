"""What ESR rejected: every page says the same of who must act, and of the state of the file."""

import re
from pathlib import Path

from tests.web.console.browsing import desk, text

APP = "DE_EMD_APP_20261124_00000001.DAT"
REJECTED = 1900041


async def test_every_page_says_that_the_trust_must_act_on_what_esr_rejected(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        board = text(await browser.get("/board/EMD?day=2026-11-24"))
        placement = text(await browser.get(f"/why?word={REJECTED}"))
        file = text(await browser.get(f"/why?word=file:{APP}"))
    assert "The trust, in ESR: read ESR's messages: tis-esr report rejections" in board
    assert "correct what" not in board
    assert re.search(r"The trust, in ESR[:.]? read ESR's message; data corrected", placement, re.IGNORECASE)
    assert re.search(r"The trust, in ESR[:.]? read ESR's messages", file, re.IGNORECASE)
