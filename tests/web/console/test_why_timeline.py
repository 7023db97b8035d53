"""The timeline of Why is read by trusts: what happened, in ESR's and TIS's terms; messages between services are one line."""

import re
from pathlib import Path

from tests.web.console.browsing import desk, text


async def test_handled_messages_are_one_line_with_their_number_and_details_on_demand(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/why?word=1900009")
    timeline = page.text.partition(">Timeline<")[2]
    before, folded = re.split(r"<details[^>]*>", timeline, maxsplit=1)
    details = folded.partition("</details>")[0]
    number = re.findall(r"(\d+) messages between the services were handled, the last ", details)
    assert "esr.queue." not in before
    assert "Done" not in before
    assert number == [str(details.count("<li>"))]
    assert details.count("esr.queue.") == details.count("<li>")


async def test_the_timeline_explains_record_types_and_esrs_message_types(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/why?word=1900009"))
    timeline = said.partition("Timeline")[2].partition("messages between the services")[0]
    assert "Row (position and its post, POR): Applied" in timeline
    assert not re.search(r"with INFO|POR row", said)
