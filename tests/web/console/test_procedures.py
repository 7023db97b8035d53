"""Guided procedures on pages: each step with its state, confirmed and audited, done in the background, resumable by others."""

import asyncio
import os
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import msgspec
import pytest
from tests.journeys.program import program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_reconciling import a_day
from tests.web.console.browsing import OWNER, Desk, desk, form_token, text, title

from tis_esr import wall_clock
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.server_checks import Finding
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import AUDIT
from tis_esr.operations.composition import reader_of
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.manual_day import ACT as DAY
from tis_esr.operations.moments import moment_of
from tis_esr.operations.procedures import performing
from tis_esr.operations.procedures.performing import outage_of
from tis_esr.operations.procedures.step_runs import STEP_RUNS, Procedure, StepRun
from tis_esr.operations.recovery.stored import RECOVERIES, StoredRecovery
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World
from tis_esr.web.console.pages.procedures import recovery_address

LATER = "EOE/RX1/800/STR/002"
ADDRESS = "/procedures/recovery?from=2026-11-25T09%3A00&to=2026-11-25T17%3A30"
TIMES = {"from": "2026-11-25T09:00", "to": "2026-11-25T17:30"}
KEY = "2026-11-25T09:00:00+00:00/2026-11-25T17:30:00+00:00"
STEP = "/procedures/recovery/step"
STEPS = ["DOCTOR", "REDRIVE", "RECONCILE", "SENT_SINCE", "STATUSES", "EXPORTS", "FULL_FILES"]
ANOTHER = Account(name="another.specimen", roles=frozenset({Role.OPERATOR}))
VIEWER = Account(name="v.iewer", roles=frozenset({Role.VIEWER}))


def two_posts(world: World) -> None:
    for npn in (NPN, LATER):
        world.placement(world.post("EOE", npn=npn), world.person(), 30, 300)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    """A first day, then an outage in which a file arrives; today is the day after the first."""
    monkeypatch.setattr(wall_clock, "today", lambda: date(2026, 11, 25))
    found_by(monkeypatch, Check(name="engine", ok=True, findings=[]))
    with small_world(tmp_path, two_posts) as small:
        small.file(por())
        a_day(program("embedded", tmp_path), small, "2026-11-24")
        name = small.file(por(2, LATER), day_number=1)
        os.utime(tmp_path / "in" / name, (1, 1))
        yield small


def found_by(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    async def checks_of(_: object) -> tuple[list[Check], datetime]:
        return list(checks), datetime.now(UTC)

    pages = import_module("tis_esr.web.console.pages.procedures")
    monkeypatch.setattr(pages, "checks_of", checks_of)


def state_of(small: Small) -> Path:
    return next(small.folder.glob("*.sqlite"))


def console(small: Small, account: Account = OWNER, **settings: Any) -> Desk:
    given = {
        "tcs_url": small.tcs.url,
        "inbound": str(small.folder / "in"),
        "outbound": str(small.folder / "out"),
        **settings,
    }
    return desk(state_of(small), account=account, **given)


async def asked(browser: httpx2.AsyncClient, path: str, page: str, **fields: str) -> httpx2.Response:
    """Send the form of a step, and return the page that asks for confirmation."""
    return await browser.post(path, data={"form_token": form_token(await browser.get(page)), **fields})


async def confirmed(browser: httpx2.AsyncClient, path: str, page: httpx2.Response) -> httpx2.Response:
    plan = re.findall(r'name="plan" value="([^"]+)"', page.text)[0]
    fields = {"form_token": form_token(page), "plan": plan, "why": "TCS was down"}
    return await browser.post(path, data=fields)


async def done(one: Desk, browser: httpx2.AsyncClient, step: str) -> httpx2.Response:
    """Do a step of the recovery to its end, and return the page after it."""
    page = await asked(browser, STEP, ADDRESS, step=step, **TIMES)
    assert page.status_code == 200, text(page)
    answer = await confirmed(browser, STEP, page)
    await one.console.background.finished()
    return await browser.get(answer.headers["location"])


def trail(small: Small) -> list[tuple[str, str]]:
    """Return who did what, but the days that made the state."""
    with closing(reader_of(Settings(), state_of(small))) as reader:
        return [(entry.who, entry.act) for entry in reader.find(AUDIT, {}, ("number",)) if entry.act != DAY]


async def test_a_recovery_is_done_step_by_step_by_two_people_and_ends_in_the_exports(here: Small) -> None:
    first, second = console(here), console(here, ANOTHER)
    async with first.signed_in() as browser:
        said = text(await browser.get(ADDRESS))
        assert "files to ESR that were due" in said
        assert "Finish files and parked messages drive again 1 file that is not split" in said
        for step in STEPS[:2]:
            page = await done(first, browser, step)
        assert "drove again 1 file, requeued 0 messages" in text(page)
    async with second.signed_in() as browser:
        assert "Compare positions with TIS Do next" not in said
        for step in STEPS[2:]:
            page = await done(second, browser, step)
        assert "The recovery is finished." in text(page)
        listed = text(await browser.get("/procedures"))
    assert "25 Nov 2026 09:00 to 25 Nov 2026 17:30 : finished" in listed
    assert len(here.sent("APP", 1)) == 1
    acts = trail(here)
    assert [who for who, act in acts if act == "recovery.step"] == [OWNER.name] * 2 + [ANOTHER.name] * 5
    assert (ANOTHER.name, "recover.exports") in acts


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        "2026-07-24T10:00:30+01:00/2026-07-24T12:00:00+01:00",
        "2026-10-25T01:10:00+00:00/2026-10-25T01:40:00+00:00",
    ],
)
def test_the_address_of_a_recovery_is_read_as_the_same_outage(key: str) -> None:
    query = parse_qs(urlsplit(recovery_address(key)).query)
    read = [moment_of(name, query[name][0]).timestamp() for name in ("from", "to")]
    assert read == [one.timestamp() for one in outage_of(key)]


async def test_a_recovery_that_was_begun_to_the_second_is_opened_as_it_is(here: Small) -> None:
    begun = {"from": "2026-11-25T09:00:30Z", "to": "2026-11-25T17:30:00Z"}
    one = console(here)
    async with one.signed_in() as browser:
        address = f"/procedures/recovery?{urlencode(begun)}"
        page = await asked(browser, STEP, address, step="DOCTOR", **begun)
        await confirmed(browser, STEP, page)
        await one.console.background.finished()
        listed = await browser.get("/procedures")
        [href] = re.findall(r'href="(/procedures/recovery[^"]*)"', listed.text)
        shown = await browser.get(unescape(href))
    assert "checked the installation: every check is OK" in text(shown)


@pytest.mark.parametrize(
    "key",
    [
        "2026-07-01T22:30:00+00:00/2026-07-02T01:00:00+00:00",
        "2026-07-01T23:30:00+01:00/2026-07-02T02:00:00+01:00",
    ],
)
async def test_recoveries_are_listed_with_their_times_in_london(
    here: Small, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: datetime(2026, 7, 2, 11, 15, tzinfo=UTC))
    with closing(EmbeddedEngine(state_of(here), ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=date(2026, 11, 25), now=datetime.now(UTC))
        await work.get(RECOVERIES, [key])
        work.put(RECOVERIES, StoredRecovery(key=key, day=date(2026, 11, 25)))
        await work.commit()
    async with console(here).signed_in() as browser:
        page = await browser.get("/procedures")
    assert "1 Jul 2026 23:30 to 2 Jul 2026 02:00" in text(page)
    assert 'max="2026-07-02T12:15"' in page.text, "London time, not UTC"


async def test_a_step_says_what_it_will_do_and_nothing_is_done_before_the_confirmation(here: Small) -> None:
    async with console(here).signed_in() as browser:
        page = await asked(browser, STEP, ADDRESS, step="DOCTOR", **TIMES)
    assert "Check the installation?" in text(page)
    assert "check the installation (tis-esr doctor)" in text(page)
    assert "1 step: it covers what is there when it runs, and the page says afterwards what it did" in text(
        page
    )
    assert "what is added meanwhile is not included" not in text(page)
    assert trail(here) == []


async def test_a_double_click_does_a_step_once(here: Small) -> None:
    one = console(here)
    async with one.signed_in() as browser:
        page = await asked(browser, STEP, ADDRESS, step="DOCTOR", **TIMES)
        first, again = await confirmed(browser, STEP, page), await confirmed(browser, STEP, page)
        await one.console.background.finished()
    assert first.headers["location"] == again.headers["location"]
    begun, ended = "recover.doctor", "recover.doctor"
    assert [act for _, act in trail(here)] == ["recovery.step", begun, ended]


async def test_other_pages_and_services_go_on_while_a_step_reads_the_store(
    here: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    performing = import_module("tis_esr.operations.procedures.performing")
    outage_between, read_by = performing.outage_between, []

    def watched(*args: Any) -> Any:
        read_by.append(threading.current_thread())
        return outage_between(*args)

    monkeypatch.setattr(performing, "outage_between", watched)
    one = console(here)
    async with one.signed_in() as browser:
        await done(one, browser, "DOCTOR")
    assert read_by
    assert threading.main_thread() not in read_by


async def test_a_step_that_another_person_did_meanwhile_is_refused_and_says_which_is_next(
    here: Small,
) -> None:
    one = console(here)
    async with one.signed_in() as browser:
        page = await asked(browser, STEP, ADDRESS, step="DOCTOR", **TIMES)
        await done(one, browser, "DOCTOR")
        late = await confirmed(browser, STEP, page)
        stale = await asked(browser, STEP, ADDRESS, step="DOCTOR", **TIMES)
    assert late.status_code == stale.status_code == 409
    assert "the next one is Finish files and parked messages. Nothing was done." in text(late)
    assert "This step is not the next one any more" in text(stale)


async def test_a_step_that_waits_for_a_correction_cannot_be_done(
    here: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("TCS", "it can't be reached", "start it")
    found_by(monkeypatch, Check(name="TCS", ok=False, findings=[finding]))
    async with console(here).signed_in() as browser:
        refused = await asked(browser, STEP, ADDRESS, step="DOCTOR", **TIMES)
    assert "TCS: it can't be reached" in text(refused)
    assert refused.status_code == 409


async def test_a_step_that_fails_says_why_and_can_be_done_again(here: Small) -> None:
    good = console(here)
    async with good.signed_in() as browser:
        for step in STEPS[:4]:
            await done(good, browser, step)
    away = console(here, tcs_url="http://127.0.0.1:1/tcs", patience_seconds=0.2)
    async with away.signed_in() as browser:
        page = await done(away, browser, "STATUSES")
        assert "Failed: Compare and repair statuses in TIS" in text(page)
        assert "Correct that, then do the step again" in text(page)
    async with good.signed_in() as browser:
        page = await done(good, browser, "STATUSES")
        assert "Failed" not in text(page)


@pytest.mark.parametrize(("age", "said"), [(5.0, "is being done"), (600.0, "Interrupted:")])
async def test_a_step_that_is_being_done_is_watched_and_one_whose_process_died_can_be_done_again(
    here: Small, age: float, said: str
) -> None:
    at = datetime.now(UTC).timestamp() - age
    run = StepRun(
        procedure=Procedure.RECOVERY, about=KEY, step="DOCTOR", text="check", who="ann", via="console",
        begun_at=at, seen_at=at, is_taken=True,
    )  # fmt: skip
    with closing(EmbeddedEngine(state_of(here), ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=date(2026, 11, 25), now=datetime.now(UTC))
        work.put(STEP_RUNS, run)
        await work.commit()
    one = console(here)
    async with one.signed_in() as browser:
        page = await browser.get(ADDRESS)
        assert said in text(page)
        confirmation = await asked(browser, STEP, ADDRESS, step="DOCTOR", **TIMES)
        answer = await confirmed(browser, STEP, confirmation)
        await one.console.background.finished()
    assert answer.status_code == (303 if "Interrupted" in said else 409)


async def test_whether_a_step_is_being_done_is_judged_by_the_clock_of_the_store(
    here: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = datetime.now(UTC).timestamp() - 1000.0
    monkeypatch.setattr(StateReader, "time", lambda _: store)
    run = StepRun(
        procedure=Procedure.REGION, about="EOE", step="WITHHOLD", text="withhold", who="ann", via="console",
        begun_at=store - 5, seen_at=store - 5, is_taken=True,
    )  # fmt: skip
    with closing(EmbeddedEngine(state_of(here), ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=date(2026, 11, 25), now=datetime.now(UTC))
        work.put(STEP_RUNS, run)
        await work.commit()
    async with console(here).signed_in() as browser:
        assert "is being done" in text(await browser.get("/procedures/region/EOE"))


@pytest.mark.parametrize(
    "query", ["", "?from=x&to=y", "?from=2026-11-25T17:30&to=2026-11-25T09:00", "?from=1026-11-25T09:00&to=2026-11-25T17:30"]
)  # fmt: skip
async def test_times_that_no_outage_has_are_refused_on_a_page(here: Small, query: str) -> None:
    async with console(here).signed_in() as browser:
        answer = await browser.get(f"/procedures/recovery{query}")
    assert answer.status_code == 400
    assert title(answer) == "Error: Guided procedures – TIS-ESR"


async def test_settings_that_name_no_tcs_are_said_before_any_step(here: Small) -> None:
    async with console(here, tcs_url=None).signed_in() as browser:
        said = text(await browser.get(ADDRESS))
    assert "The steps can't be done here: " in said
    assert "TIS_ESR_TCS_URL" in said


async def test_a_full_file_is_created_and_named(here: Small) -> None:
    one, path = console(here), "/procedures/full-file/EOE"
    async with one.signed_in() as browser:
        page = await asked(browser, "/procedures/full-file/step", path, deanery="EOE")
        assert "EOE: Create and send the DNF?" in text(page)
        await confirmed(browser, "/procedures/full-file/step", page)
        await one.console.background.finished()
        said = text(await browser.get(path))
    assert re.search(r"sent DE_EOE_DNF_20261125_\d{8}\.DAT with 1 row", said)
    assert ("export.full") in [act for _, act in trail(here)]


async def test_a_full_file_whose_process_ends_after_it_was_sent_is_not_sent_twice(
    here: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, path = console(here), "/procedures/full-file/EOE"

    async def create(browser: httpx2.AsyncClient) -> None:
        page = await asked(browser, "/procedures/full-file/step", path, deanery="EOE", again="yes")
        await confirmed(browser, "/procedures/full-file/step", page)
        await one.console.background.finished()

    async def killed(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    async with one.signed_in() as browser:
        with monkeypatch.context() as patched:
            patched.setattr(performing, "store_end", killed)
            await create(browser)
        await silent_since(here, 600.0)
        assert "what was done already is not done twice" in text(await browser.get(path))
        await create(browser)
        assert len([*(here.folder / "out").glob("*_DNF_*")]) == 1
        assert "with 1 row" in text(await browser.get(path))
        await create(browser)
    assert len([*(here.folder / "out").glob("*_DNF_*")]) == 2, "asked for again once it was done"


async def silent_since(small: Small, seconds: float) -> None:
    """Make the process that does the step of a full file silent for some time."""
    with closing(EmbeddedEngine(state_of(small), ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=date(2026, 11, 25), now=datetime.now(UTC))
        [run] = (await work.get(STEP_RUNS, ["full-file:EOE"])).values()
        work.put(STEP_RUNS, msgspec.structs.replace(run, seen_at=run.seen_at - seconds))
        await work.commit()


@pytest.mark.parametrize(
    ("page", "step", "fields", "command"),
    [
        (ADDRESS, STEP, {"step": "DOCTOR", **TIMES}, "tis-esr recover --from 2026-11-25T09:00 --to 2026-11-25T17:30"),
        ("/procedures/region/EOE", "/procedures/region/step", {"deanery": "EOE"}, "tis-esr region start EOE"),
        (
            "/procedures/full-file/EOE", "/procedures/full-file/step", {"deanery": "EOE"},
            "tis-esr export notifications --full --deanery EOE",
        ),
    ],
)  # fmt: skip
async def test_beside_services_that_hold_the_state_file_each_page_names_the_command(
    page: str, step: str, fields: dict[str, str], command: str, here: Small
) -> None:
    one = console(here)
    one = replace(one, console=replace(one.console, is_beside_services=True))
    async with one.signed_in() as browser:
        shown = await browser.get(page)
        refused = await asked(browser, step, page, **fields)
    assert f'action="{step}"' not in shown.text
    assert f"Stop them, then use {command} , or" in text(shown)
    assert (refused.status_code, command in text(refused)) == (409, True)
    assert "Nothing was done." in text(refused)


async def test_a_region_that_files_were_sent_for_cannot_be_started_again(here: Small) -> None:
    async with console(here).signed_in() as browser:
        page = await browser.get("/procedures/region/EOE")
        refused = await asked(
            browser, "/procedures/region/step", "/procedures/region/EOE", deanery="EOE", step="WITHHOLD"
        )
    assert "Withhold exports" in text(page)
    assert refused.status_code == 409
    assert "EOE is not a new region" in text(refused)


async def test_a_new_region_is_started_on_pages(here: Small) -> None:
    one, path = console(here), "/procedures/region/WES"
    async with one.signed_in() as browser:
        page = await asked(browser, "/procedures/region/step", path, deanery="WES", step="WITHHOLD")
        assert "WES: Withhold exports?" in text(page)
        await confirmed(browser, "/procedures/region/step", page)
        await one.console.background.finished()
        said = text(await browser.get(path))
        waits = await asked(browser, "/procedures/region/step", path, deanery="WES", step="OLD_FILES")
    assert "WES is being started" in said
    assert waits.status_code == 409
    assert "it has not arrived in the inbound store" in text(waits)


async def test_procedures_need_the_role_operator_and_ones_own_office(here: Small) -> None:
    limited = Account(name="o.ffice", roles=frozenset({Role.OPERATOR}), offices=frozenset({"EOE"}))
    async with console(here, VIEWER).signed_in() as browser:
        assert (await browser.get("/procedures")).status_code == 403
    async with console(here, limited).signed_in() as browser:
        listed = text(await browser.get("/procedures"))
        assert "Recovery from an outage" not in listed
        assert "WES" not in listed
        assert (await browser.get(ADDRESS)).status_code == 403
        other = await browser.get("/procedures/full-file/WES")
        posted = await asked(browser, "/procedures/full-file/step", "/why", deanery="WES")
    assert other.status_code == posted.status_code == 404
    assert title(other) == "No such office – TIS-ESR"
