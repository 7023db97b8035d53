"""A number that can mean a placement or a person leads to both; that of the person stays out of addresses."""

import re
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from tests.operations.applicant_records import record, starting
from tests.web.console.browsing import desk, form_token, text

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.wall_clock import today

NUMBER = 7200001


async def store(place: Path) -> Path:
    """Placement 7200001, and another person's placement, whose GMC number is the same."""
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        for one in (record(NUMBER, starting(0), gmc_number="7200002"), record(5, starting(0))):
            await work.get(APPLICANTS, [one.key])
            work.put(APPLICANTS, one)
        await work.commit()
    return place


async def test_each_meaning_is_a_link_and_a_persons_number_is_in_none(tmp_path: Path) -> None:
    async with desk(await store(tmp_path / "state.sqlite")).signed_in() as browser:
        page = await browser.get(f"/why?word={NUMBER}")
        said = text(page)
        links = [unescape(one) for one in re.findall(r'<li><a href="(/why\?[^"]+)"', page.text)]
        placement, person = links
        both = [text(await browser.get(link)) for link in links]
        token = form_token(page)
        typed = await browser.post("/search", data={"word": f"gmc:{NUMBER}", "form_token": token})
        meant = await browser.post("/search", data={"word": f"placement:{NUMBER}", "form_token": token})
    assert "Several things have this number. Which one is meant?" in said
    assert placement == f"/why?word=placement%3A{NUMBER}"
    assert person.startswith("/why?sealed=")
    assert "Placement 7200001" in both[0]
    assert "Placement 5" in both[1]
    assert typed.headers["location"].startswith("/why?sealed=")
    assert meant.headers["location"] == f"/why?word=placement%3A{NUMBER}"
