"""The promise on pages: the figure, its lines, every miss with its reason and owner, who is due, the trend."""

import asyncio
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from tests.operations.applicant_records import record
from tests.web.console.browsing import desk, text

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord, RecordState
from tis_esr.wall_clock import today

LATE, DUE, BLOCKED = 7001, 7002, 7003


def applicants() -> Iterator[ApplicantRecord]:
    """Sixty days before the start and not sent; and two that are in the window still, one of them without its data."""
    day = today()
    known = {"known_since": day - timedelta(days=40), "sound_since": day - timedelta(days=40)}
    for number in range(120):
        start = day + timedelta(days=60)
        yield record(LATE + 10 * number, start, deanery="EOE" if number else "WES", **known)
    yield record(DUE, day + timedelta(days=88), deanery="EOE", **known)
    yield record(
        BLOCKED, day + timedelta(days=86), deanery="EOE", state=RecordState.INVALID_DATA,
        missing=["NI Number"], known_since=day - timedelta(days=5),
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(stored(tmp_path_factory.mktemp("promise") / "promise.sqlite", applicants()))


async def stored(place: Path, records: Iterable[ApplicantRecord]) -> Path:
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        for one in records:
            await work.get(APPLICANTS, [one.key])
            work.put(APPLICANTS, one)
        await work.commit()
    return place


async def test_a_placement_of_two_offices_is_on_the_pages_of_the_list_once_for_each(tmp_path: Path) -> None:
    start, known = today() + timedelta(days=60), today() - timedelta(days=40)
    several = [
        record(LATE + number, start, deanery=deanery, position_id=position, known_since=known)
        for number in range(51)
        for position, deanery in enumerate(("EOE", "WES") if number == 49 else ("EOE",), start=1)
    ]
    place = await stored(tmp_path / "two.sqlite", several)
    async with desk(place).signed_in() as browser:
        first = await browser.get("/promise/misses")
        [following] = set(re.findall(r'href="([^"]*after=[^"]*)"', first.text))
        second = await browser.get(unescape(following))
    shown = re.findall(r'href="/why\?word=placement:(\d+)"', first.text + second.text)
    assert "52 misses" in text(first)
    assert len(shown) == 52


async def test_the_figure_says_who_was_missed_and_whose_it_is_and_who_is_due(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/promise"))
        start = text(await browser.get("/"))
    assert (
        "Sent in time: 0 of the 120 that can be judged (0.0%); of 122 trainees 2 are due. Promised are 90%"
        in said
    )
    assert "120 trainees, " in said
    assert "1 trainee in the window: 4 days left" in said
    assert "1 trainee blocked, data missing or not valid in TIS: waits for the local office, in TIS" in said
    assert (
        "Sent in time: 0 of the 120 that can be judged (0.0%); of 122 trainees 2 are due, with a start within"
        in start
    )
    assert "120 missed" in start
    assert "1 trainee due: 4 days left" in start


async def test_every_miss_is_listed_in_steady_pages_and_as_csv(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        first = await browser.get("/promise/misses")
        table = await browser.get("/promise/misses.csv")
        filtered = text(await browser.get("/promise/misses?office=WES"))
        nobody = text(await browser.get("/promise/misses?who=TRUST"))
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert "120 misses" in text(first)
    assert first.text.count('href="/why?word=placement:') == 50
    assert "after=" in first.text
    assert len(rows) == 120
    assert {"Starts", "Office", "Trust", "Placement", "Sent", "Reason", "Whose it is"} <= set(rows[0])
    assert "1 miss," in filtered
    assert "Nobody matches these filters." in nobody


async def test_who_is_due_is_listed_the_most_urgent_first_with_what_keeps_them(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/promise/due"))
        blocked = text(await browser.get("/promise/due?kept=blocked"))
    assert said.index(f"{BLOCKED} data missing or not valid in TIS") < said.index(
        f"{DUE} nothing: it goes with a file"
    )
    assert "1 trainee," in blocked


@pytest.mark.parametrize(("by", "name"), [("office", "EOE"), ("trust", "RX1"), ("start", "")])
async def test_lines_are_by_office_trust_or_week_and_add_up(by: str, name: str, place: Path) -> None:
    async with desk(place).signed_in() as browser:
        table = await browser.get(f"/promise.csv?by={by}")
        page = await browser.get(f"/promise?by={by}")
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert sum(int(row["Missed"]) for row in rows) == 120
    assert name in text(page)


async def test_an_account_of_one_office_counts_its_own(place: Path) -> None:
    account = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"WES"}))
    async with desk(place, account=account).signed_in() as browser:
        said = text(await browser.get("/promise"))
        listed = await browser.get("/promise/misses")
        other = await browser.get("/promise/misses?office=EOE")
    assert "0 of the 1 that can be judged (0.0%)" in said
    assert "EOE" not in text(listed)
    assert other.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/promise?weeks=1000",
        "/promise?by=year",
        "/promise/misses?reason=none",
        "/promise/due?kept=x",
        "/promise?sort=x",
    ],
)
async def test_nonsense_says_what_can_be_asked(path: str, place: Path) -> None:
    async with desk(place).signed_in() as browser:
        answer = await browser.get(path)
    assert (answer.status_code, "It can be:" in text(answer)) == (400, True)
