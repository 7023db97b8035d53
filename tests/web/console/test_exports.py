"""Exports on pages: what would go, what is held, files sent; files created and rows resent after a confirmation."""

import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.operations.applicant_records import record
from tests.web.console.browsing import OWNER, Desk, desk, form_token, text, title

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import AUDIT, AuditEntry
from tis_esr.operations.composition import reader_of
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    ApplicantRecord,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, RegionStart
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.services.restored import mark_restored
from tis_esr.settings import Settings
from tis_esr.wall_clock import today

DAY = today()
SOON = DAY + timedelta(days=30)
SENT_ON = DAY - timedelta(days=5)
APP = f"DE_EOE_APP_{SENT_ON:%Y%m%d}_00000008.DAT"
OFFICE = Account(name="testa.office", roles=frozenset({Role.OPERATOR}), offices=frozenset({"LDN"}))
VIEWER = Account(name="testa.viewer", roles=frozenset({Role.VIEWER}))


async def keep(place: Path, *records: ApplicantRecord) -> None:
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=DAY, now=datetime.now(UTC))
        await work.get(APPLICANTS, [one.key for one in records])
        for one in records:
            work.put(APPLICANTS, one)
        file = OutboundFile(
            name=APP, type="APP", deanery="EOE", day=SENT_ON, state=OutboundState.SENT, rows=2, notified=2
        )
        await work.get(OUTBOUND_FILES, [APP])
        work.put(OUTBOUND_FILES, file)
        for id_ in (8, 9):
            await work.get(POSITIONS, [str(id_)])
            work.put(POSITIONS, Position(position_id=id_, deanery="EOE", status="MATCHED", post_id=1))
        await work.commit()


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    """Two applicants of EOE who would go, one who is held, two in a file that ESR has not confirmed; one of LDN."""
    place = tmp_path / "exports.sqlite"
    lacking: dict[str, Any] = {
        "state": RecordState.INVALID_DATA, "reason": "missing: dob", "missing": ["dob"], "position_id": 3,
    }  # fmt: skip
    sent: dict[str, Any] = {"state": RecordState.EXPORTED, "file": APP}
    await keep(
        place,
        record(1, SOON, position_id=1),
        record(2, SOON, position_id=2),
        record(3, SOON, **lacking),
        record(8, SOON, **sent, file_row=1, position_id=8),
        record(9, SOON, **sent, file_row=2, position_id=9),
        record(11, SOON, "LDN", position_id=11),
    )
    return place


def with_services(place: Path, account: Account = OWNER) -> Desk:
    """Return a console as of the production engine; the acts go to the state file."""
    made = desk(place, account=account)
    settings = made.console.settings.model_copy(update={"engine": "production"})
    return replace(made, console=replace(made.console, settings=settings))


def trail(place: Path) -> list[AuditEntry]:
    with closing(reader_of(Settings(), place)) as reader:
        return reader.find(AUDIT, {}, ("number",))


async def ask(browser: httpx2.AsyncClient, path: str, **fields: Any) -> httpx2.Response:
    token = form_token(await browser.get("/exports"))
    return await browser.post(path, data={"form_token": token, **fields})


async def confirm(browser: httpx2.AsyncClient, path: str, page: httpx2.Response) -> httpx2.Response:
    plan = re.findall(r'name="plan" value="([^"]+)"', page.text)[0]
    return await browser.post(
        path, data={"form_token": form_token(page), "plan": plan, "why": "the office asked"}
    )


async def test_each_office_shows_what_would_go_against_the_last_file_and_what_is_held(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/exports"))
        held = text(await browser.get("/exports?show=held"))
        csv = (await browser.get("/exports.csv?office=EOE&type=APP")).text.splitlines()
    assert "3 rows would go now" in said
    assert f"EOE APP APP 2 0 {APP} 2 rows 0 2 1" in said
    assert "LDN APP" not in held
    assert csv[1].startswith(f'EOE,APP,2,0,"{APP}, 2",0,2,1,')
    assert len(csv) == 2


async def test_rows_that_the_start_of_a_region_withholds_are_not_counted_as_going(place: Path) -> None:
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=DAY, now=datetime.now(UTC))
        await work.get(REGION_STARTS, ["EOE"])
        work.put(REGION_STARTS, RegionStart(deanery="EOE"))
        await work.commit()
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/exports"))
        csv = (await browser.get("/exports.csv?office=EOE&type=APP")).text.splitlines()
        going = (await browser.get("/exports.csv?show=going")).text.splitlines()
        one = text(await browser.get("/exports/EOE/APP"))
    assert "1 row would go now" in said
    assert "EOE APP APP withheld" in said
    assert csv[1].startswith(f'EOE,APP,withheld,,"{APP}, 2",')
    assert [line.split(",")[0] for line in going[1:]] == ["LDN"]
    assert "2 rows wait, as of" in one


async def test_exports_that_a_restore_withholds_say_so_where_somebody_looks_for_them(place: Path) -> None:
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=DAY, now=datetime.now(UTC))
        await mark_restored(work)
        await work.commit()
    async with desk(place).signed_in() as browser:
        pages = [
            text(await browser.get(path))
            for path in (
                "/",
                "/exports",
                "/exports/EOE/APP",
                "/procedures",
                f"/procedures/recovery?from={SENT_ON}T09:00&to={SENT_ON}T10:00",
            )
        ]
    for said in pages:
        assert "Exports are withheld. The store was restored from a backup on " in said
        assert "its step Take over what was sent since a backup settles that" in said
    assert "EOE APP APP withheld" in pages[1]
    assert "The start of the region" not in pages[1] + pages[2]


async def test_one_export_names_its_rows_the_difference_and_who_must_act(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/exports/EOE/APP")
        csv = (await browser.get("/exports/EOE/APP.csv")).text.splitlines()
    said = text(page)
    assert title(page) == "Next APP of EOE – TIS-ESR"
    assert "2 rows would go now" in said
    assert "missing: dob 1 the local office, in TIS correct it in TIS: a later file has it" in said
    assert "RX1 2 2 0" in said
    assert 'href="/why?word=placement%3A1"' in page.text
    assert [line.split(",")[1] for line in csv[1:]] == ["1:1", "2:2"]
    assert "7200001" not in page.text, "no GMC number is shown"


async def test_held_records_that_leave_the_window_are_to_be_corrected_today(tmp_path: Path) -> None:
    place = tmp_path / "held.sqlite"
    held: dict[str, Any] = {"state": RecordState.INVALID_DATA, "reason": "missing: dob", "missing": ["dob"]}
    await keep(
        place, record(3, ApplicantWindow().edges(DAY)[0], **held), record(4, SOON, **held, position_id=4)
    )
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/exports/EOE/APP"))
    assert "missing: dob 1 the local office, in TIS correct it in TIS today, and ask support" in said
    assert "missing: dob 1 the local office, in TIS correct it in TIS: a later file has it" in said


async def test_without_services_the_page_says_which_command_creates_files(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/exports")
        refused = await ask(browser, "/exports/create", item="EOE:APP")
        assert "They go in the next export" in text(await browser.get(f"/exports/files/{APP}"))
    assert 'id="export-acts"' not in page.text
    assert "tis-esr export applicants --deanery EOE" in text(page)
    assert (refused.status_code, "Nothing was done" in text(refused)) == (409, True)


async def test_beside_services_a_state_file_has_them_too(place: Path) -> None:
    made = desk(place)
    made = replace(made, console=replace(made.console, is_beside_services=True))
    async with made.signed_in() as browser:
        assert 'id="export-acts"' in (await browser.get("/exports")).text
        page = await ask(browser, "/exports/create", item="EOE:APP")
        done = await confirm(browser, "/exports/create", page)
        assert "Done. 1 file requested" in text(await browser.get(done.headers["location"]))


async def test_files_are_created_after_a_confirmation_with_their_counts_and_a_reason(place: Path) -> None:
    async with with_services(place).signed_in() as browser:
        page = await ask(browser, "/exports/create", item=["EOE:APP", "LDN:APP"])
        assert "Create 2 files for ESR with 3 rows?" in text(page)
        assert "APP of EOE with 2 rows" in text(page)
        assert trail(place) == []
        done = await confirm(browser, "/exports/create", page)
        again = await confirm(browser, "/exports/create", page)
        assert done.headers["location"] == again.headers["location"]
        assert "Done. 2 files requested" in text(await browser.get(done.headers["location"]))
    [entry] = trail(place)
    assert (entry.act, entry.on, entry.via, entry.why) == (
        "export.files",
        ["EOE", "LDN"],
        "console",
        "the office asked",
    )


async def test_rows_that_changed_meanwhile_are_refused_with_the_difference(place: Path) -> None:
    async with with_services(place).signed_in() as browser:
        page = await ask(browser, "/exports/create", item="EOE:APP", back="export")
        await keep(place, record(4, SOON, position_id=4))
        refused = await confirm(browser, "/exports/create", page)
    assert refused.status_code == 409
    assert "The rows have changed since you chose: EOE APP: 2 rows then, 3 now. Nothing was done." in text(
        refused
    )
    assert trail(place) == []


@pytest.mark.parametrize("item", ["EOE:DNC", "EOE:RTC", "EOE", "ABC:APP", "EOE:APP:x"])
async def test_an_export_without_rows_or_that_does_not_exist_is_not_created(place: Path, item: str) -> None:
    async with with_services(place).signed_in() as browser:
        refused = await ask(browser, "/exports/create", item=item)
    assert refused.status_code in {403, 409}
    assert "Nothing was done" in text(refused)


async def test_an_account_of_one_office_sees_and_does_only_its_own(place: Path) -> None:
    async with with_services(place, OFFICE).signed_in() as browser:
        said = text(await browser.get("/exports"))
        files = text(await browser.get("/exports/files"))
        foreign = [
            await browser.get(path)
            for path in ("/exports/EOE/APP", "/exports/EOE/APP.csv", f"/exports/files/{APP}")
        ]
        create = await ask(browser, "/exports/create", item=["LDN:APP", "EOE:APP"])
        resend = await ask(browser, "/exports/resend", file=APP, item="1")
        own = await ask(browser, "/exports/create", item="LDN:APP")
    assert "1 row would go now" in said
    assert "EOE" not in said
    assert "No file was sent in this period" in files
    assert [answer.status_code for answer in foreign] == [404, 404, 404]
    assert (create.status_code, resend.status_code, own.status_code) == (403, 404, 200)


async def test_a_viewer_does_nothing(place: Path) -> None:
    async with with_services(place, VIEWER).signed_in() as browser:
        pages = [
            await browser.get(path) for path in ("/exports", "/exports/EOE/APP", f"/exports/files/{APP}")
        ]
        refused = await ask(browser, "/exports/create", item="EOE:APP")
    assert all("-acts" not in page.text for page in pages)
    assert refused.status_code == 403


async def test_files_sent_are_listed_with_their_confirmation(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/exports/files")
        none = await browser.get("/exports/files?confirmation=confirmed")
        csv = (await browser.get("/exports/files.csv?confirmation=overdue")).text.splitlines()
    assert "1 file with 2 rows: 1 confirmation overdue" in text(page)
    assert ">Sent, waiting for ESR<" in page.text
    assert "No file matches these filters" in text(none)
    assert csv[1].startswith(f"{APP},EOE,APP,{SENT_ON},2,0,confirmation overdue,")


async def test_chosen_rows_of_a_file_are_resent_once(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get(f"/exports/files/{APP}")
        assert "2 rows that ESR rejected, or did not confirm in time" in text(page)
        plan = await ask(browser, "/exports/resend", file=APP, item="2")
        assert f"Resend 1 row of {APP}?" in text(plan)
        done = await confirm(browser, "/exports/resend", plan)
        after = await browser.get(done.headers["location"])
        assert "Done. 1 row requeued: it is in the next export." in text(after)
        assert "Resent, or waiting to be 1" in text(after)
        again = await ask(browser, "/exports/resend", file=APP, item="2")
        assert "can't be resent: it waits to be resent with the next file. Nothing was done." in text(again)
    [entry] = trail(place)
    assert (entry.act, entry.on, entry.result) == ("export.resend", [APP], "rows 2")


async def test_all_rows_are_resent_with_one_button(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        plan = await ask(browser, "/exports/resend", file=APP, all="all")
    assert f"Resend 2 rows of {APP}?" in text(plan)


async def test_nothing_to_send_is_a_page_too(tmp_path: Path) -> None:
    place = tmp_path / "empty.sqlite"
    EmbeddedEngine(place, ALL_COLLECTIONS).close()
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/exports"))
        one = text(await browser.get("/exports/KSS/DNC"))
        files = text(await browser.get("/exports/files?days=90"))
    assert "0 rows would go now" in said
    assert "Nothing is held" in one
    assert "Nothing would go now" in one
    assert "No file " in files


@pytest.mark.parametrize(
    "path",
    [
        "/exports?office=ABC",
        "/exports?show=x",
        "/exports/files?days=8",
        "/exports?sort=secret",
        "/exports?after=x",
    ],
)
async def test_nonsense_in_an_address_says_what_there_is(place: Path, path: str) -> None:
    async with desk(place).signed_in() as browser:
        assert (await browser.get(path)).status_code == 400


@pytest.mark.parametrize(
    "path", ["/exports/EOE/RTC", "/exports/ABC/APP", "/exports/files/nothing", "/exports/files/%00"]
)
async def test_what_there_is_not_is_not_found(place: Path, path: str) -> None:
    async with desk(place).signed_in() as browser:
        assert (await browser.get(path)).status_code == 404
