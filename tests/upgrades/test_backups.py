"""A store restored from a backup: what was sent since is taken over, nothing is sent twice, no number is used twice."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_tasks_killed import running
from tests.queries.plans import PLANS
from tests.upgrades.conftest import LONG

from tis_esr import wall_clock
from tis_esr.operations.audit.trail import entries
from tis_esr.operations.composition import reader_of
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.exports.withheld import withheld_since
from tis_esr.reading_settings import load
from tis_esr.services.data_exporter.export_run import ExportRun
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    OutboundFile,
    OutboundState,
)
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.trusts import adopt

SECOND, THIRD = "EOE/RX1/800/STR/002", "EOE/RX1/800/STR/003"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OUTAGE = ("--from", "2026-11-24T18:00", "--to", "2026-11-25T18:00", "--as-of", "2026-11-26", "--yes")


def three_posts(world: World) -> None:
    for npn in (NPN, SECOND, THIRD):
        world.placement(world.post("EOE", npn=npn), world.person(), 30, 300)


@pytest.fixture(params=ENGINES if LONG else ["embedded"])
def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Program, Small]]:
    async def examine(_: object) -> Any:
        yield Check(name="engine", ok=True, findings=[])

    monkeypatch.setattr("tis_esr.commands.recover.examine", examine)
    with small_world(tmp_path, three_posts) as small:
        yield program(request.param, tmp_path), small


def day(here: tuple[Program, Small], number: int) -> Said:
    called, small = here
    folder, date = small.folder, f"2026-11-{number}"
    return called(
        "day", "--in", folder / "in", "--out", folder / "out", "--tcs", small.tcs.url, "--as-of", date
    )


def receive(small: Small, number: int, row: str) -> None:
    """Let a file arrive beside those that came before."""
    small.sequence += 1
    name = f"DE_EOE_RMC_202611{number}_{small.sequence:08d}.DAT"
    (small.folder / "in").mkdir(exist_ok=True)
    put(small, name, f"{row}\nTRL,1\n".encode())


def put(small: Small, name: str, content: bytes) -> None:
    path = small.folder / "in" / name
    path.write_bytes(content)
    os.utime(path, (1, 1))  # it was written long ago, so it is complete


def answer(small: Small, sent: int, answered: int) -> None:
    """Let ESR answer the files of one day on another."""
    esr, days = Esr(), {number: small.world.today.replace(day=number) for number in (sent, answered)}
    for path in sorted((small.folder / "in").iterdir()):
        adopt(esr.holdings, path.name, path.read_bytes())
    for path in sorted((small.folder / "out").glob(f"*_202611{sent}_*.DAT")):
        esr.take(path.name, path.read_bytes(), days[sent])
    for name, content in esr.answers(days[answered]).items():
        put(small, name, content)


def restored(here: tuple[Program, Small], more: Callable[[], object] = lambda: None) -> None:
    """Back up after the first day, go on for two and do more, and lose the store."""
    called, small = here
    receive(small, 24, por(1))
    day(here, 24)
    with PLANS.looked_at_by_a_test():
        assert called("backup", small.folder / "backup").code == 0
        receive(small, 25, por(2, SECOND))
        day(here, 25)
        answer(small, 25, 26)
        day(here, 26)
        more()
        if called.engine == "production":
            drop(called)
        said = called("restore", small.folder / "backup", "--yes")
    assert said.code == 0, said.text
    assert "Exports are withheld" in said.text
    with closing(reader_of(called.read_settings())) as reader:
        assert [entry.act for entry in entries(reader, last=1)] == ["restore"]


def drop(called: Program) -> None:
    with pymongo.MongoClient[dict[str, Any]](called.settings["TIS_ESR_MONGODB_URL"]) as client:
        database = client[called.settings["TIS_ESR_MONGODB_DATABASE"]]
        for name in database.list_collection_names():
            database[name].delete_many({})


async def recovered(here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Recover; on the production engine beside running services, on the same day."""
    called, small = here
    if called.engine == "embedded":
        return await asyncio.to_thread(called, "recover", *OUTAGE, "--tcs", small.tcs.url)
    monkeypatch.setattr(wall_clock, "now", lambda: NOW)
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    for name, value in called.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIS_ESR_TCS_URL", small.tcs.url)
    async with running(load()):
        return await asyncio.to_thread(called, "recover", *OUTAGE, "--tcs", small.tcs.url)


def names(small: Small) -> list[str]:
    return sorted(path.name for path in (small.folder / "out").iterdir())


def states(called: Program) -> dict[int, tuple[str, str | None, int | None]]:
    """Return state, file and row of each applicant by position."""
    with closing(reader_of(called.read_settings())) as reader:
        found = reader.find(APPLICANTS, {})
    return {record.position_id: (record.state.value, record.file, record.file_row) for record in found}


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_nothing_is_exported_before_it_is_known_what_was_sent(here: tuple[Program, Small]) -> None:
    restored(here)
    called, small = here
    before = names(small)
    assert "export_withheld" in day(here, 26).text
    full = called("export", "notifications", "--full", "--deanery", "EOE", "--out", small.folder / "out")
    assert full.code == 3
    assert "exports are withheld: the store was restored from a backup" in full.text
    begun = called("region", "status", "LDN")
    assert begun.code == 3, begun.text
    assert "exports are withheld" in begun.text
    assert names(small) == before


async def test_what_was_sent_since_the_backup_is_taken_over(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    await asyncio.to_thread(restored, here)
    before, calls = names(small), len(small.tcs.simulator.store.placement_events)
    told = small.events()
    said = await recovered(here, monkeypatch)
    assert said.code == 0, said.text
    assert "took over 2 files that the store did not know, 2 records" in said.text
    assert names(small) == before
    assert states(called)[2] == ("CONFIRMED", "DE_EOE_APP_20261125_00000021.DAT", 1)
    with closing(reader_of(called.read_settings())) as reader:
        assert {n.state.value for n in reader.find(NOTIFICATIONS, {})} == {"EXPORTED", "CONFIRMED"}
    assert len(small.tcs.simulator.store.placement_events) == calls
    assert small.events() == told, "TCS knew of every position"
    assert all(len(events) == 1 for events in small.tcs.simulator.store.placement_events.values())
    receive(small, 27, por(3, THIRD))
    await asyncio.to_thread(day, here, 27)
    assert sorted(set(names(small)) - set(before)) == [
        "DE_EOE_APP_20261127_00000042.DAT",
        "DE_EOE_DNC_20261127_00000042.DAT",
    ]
    assert len(small.sent("APP", 3)) == 1, "only the third applicant"


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_a_file_that_esr_answered_and_nobody_has_is_named(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, small = here
    await asyncio.to_thread(restored, here)
    (small.folder / "out" / "DE_EOE_APP_20261125_00000021.DAT").unlink()
    said = await recovered(here, monkeypatch)
    assert said.code == 1, said.text
    assert "cannot be found: DE_EOE_APP_20261125_00000021.DAT (ask ESR" in said.text


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_an_outbound_store_without_what_was_sent_is_not_taken_for_nothing_sent(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    await asyncio.to_thread(restored, here)
    copies = small.folder / "copies"
    (small.folder / "out").rename(copies)
    (small.folder / "out").mkdir()
    said = await recovered(here, monkeypatch)
    assert said.code == 3, said.text
    assert "the outbound store no longer has DE_EOE_DNC_20261124_00000008.DAT" in said.text
    said = await asyncio.to_thread(called, "recover", *OUTAGE, "--tcs", small.tcs.url, "--sent", copies)
    assert said.code == 0, said.text
    assert "took over 2 files that the store did not know, 2 records" in said.text
    assert names(small) == []


@pytest.fixture(params=["_allocate", "_write", "_tell"])
def backed_up_within_an_export(
    request: pytest.FixtureRequest, here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store restored from a backup that was made in the middle of the export that it knows least of."""
    called, small = here
    goes_on, target = getattr(ExportRun, request.param), small.folder / "backup"

    async def backed_up_first(run: ExportRun, file: OutboundFile, *more: Any) -> Any:
        if file.type == "APP" and file.deanery == "EOE" and not target.exists():
            await asyncio.to_thread(called, "backup", target)
        return await goes_on(run, file, *more)

    receive(small, 24, por(1))
    with monkeypatch.context() as patched:
        patched.setattr(ExportRun, request.param, backed_up_first)
        day(here, 24)
    with PLANS.looked_at_by_a_test():
        assert called("restore", target, "--yes").code == 0


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
@pytest.mark.usefixtures("backed_up_within_an_export")
async def test_an_export_that_was_begun_before_the_backup_is_taken_over_whole(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    before = names(small)
    said = await recovered(here, monkeypatch)
    assert said.code == 0, said.text
    assert "took over 2 files that the store did not know, 2 records" in said.text
    assert names(small) == before
    assert [len(events) for events in small.tcs.simulator.store.placement_events.values()] == [1]
    with closing(reader_of(called.read_settings())) as reader:
        [known] = reader.find(KNOWN_POSITIONS, {})
        files = {file.name[7:10]: file.state for file in reader.find(OUTBOUND_FILES, {}) if file.rows}
    assert [sent.file for sent in known.sent] == ["DE_EOE_APP_20261124_00000008.DAT"]
    assert files == {"APP": OutboundState.SENT, "DNC": OutboundState.SENT}


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
@pytest.mark.parametrize("backed_up_within_an_export", ["_write"], indirect=True)
@pytest.mark.usefixtures("backed_up_within_an_export")
async def test_a_file_that_was_begun_before_the_backup_and_never_written_is_named_and_can_be_finished(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    name = "DE_EOE_APP_20261124_00000008.DAT"
    (small.folder / "out" / name).unlink()
    said = await recovered(here, monkeypatch)
    assert said.code == 1, said.text
    assert f"1 file was begun before the backup and is not in the outbound store: {name}" in said.text
    words = ("export", "applicants", "--deanery", "EOE", "--as-of", "2026-11-24")
    finished = await asyncio.to_thread(called, *words, "--out", small.folder / "out")
    assert finished.code == 0, finished.text
    assert states(called)[1] == ("EXPORTED", name, 1)
    assert name in names(small)


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_copies_and_what_is_still_in_the_outbound_store_are_taken_over_together(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    await asyncio.to_thread(restored, here)
    taken_away, copies = small.folder / "out" / "DE_EOE_APP_20261125_00000021.DAT", small.folder / "copies"
    copies.mkdir()
    taken_away.rename(copies / taken_away.name)
    before = names(small)
    said = await asyncio.to_thread(called, "recover", *OUTAGE, "--tcs", small.tcs.url, "--sent", copies)
    assert said.code == 0, said.text
    assert "took over 2 files that the store did not know, 2 records" in said.text
    assert names(small) == before


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_a_copy_of_a_sent_file_without_its_end_is_refused_and_exports_stay_withheld(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    await asyncio.to_thread(restored, here)
    path = small.folder / "out" / "DE_EOE_APP_20261125_00000021.DAT"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    said = await recovered(here, monkeypatch)
    assert said.code == 3, said.text
    assert "DE_EOE_APP_20261125_00000021.DAT is not complete" in said.text
    with closing(reader_of(called.read_settings())) as reader:
        assert withheld_since(reader) is not None


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_files_before_the_named_time_are_taken_over_too(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    await asyncio.to_thread(restored, here)
    late = ("--from", "2026-11-26T01:00", "--to", "2026-11-26T02:00", "--as-of", "2026-11-26", "--yes")
    said = await asyncio.to_thread(called, "recover", *late, "--tcs", small.tcs.url)
    assert said.code == 0, said.text
    assert "took over 2 files that the store did not know, 2 records" in said.text


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_rows_are_matched_only_once_all_that_esr_has_sent_since_is_handled(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(_: object) -> None:
        """Return before the messages are handled, as where services still work on large files."""

    called, small = here
    await asyncio.to_thread(restored, here)
    before = names(small)
    monkeypatch.setattr("tis_esr.operations.recovery.steps.compare", slowly)
    said = await recovered(here, monkeypatch)
    assert "took over 2 files that the store did not know, 2 records" in said.text, said.text
    assert names(small) == before
    assert states(called)[2] == ("CONFIRMED", "DE_EOE_APP_20261125_00000021.DAT", 1)


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
async def test_a_full_file_that_was_sent_since_is_taken_over_with_what_esr_had_before(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    words = ("export", "notifications", "--full", "--deanery", "EOE", "--out", small.folder / "out")
    await asyncio.to_thread(restored, here, lambda: called(*words, "--as-of", "2026-11-25").text)
    said = await recovered(here, monkeypatch)
    assert said.code == 0, said.text
    assert "took over 3 files that the store did not know, 4 records" in said.text
    with closing(reader_of(called.read_settings())) as reader:
        files = sorted((n.position_id, n.file or "") for n in reader.find(NOTIFICATIONS, {}))
    assert [file[7:10] for number, file in files if number == 1] == ["DNC", "DNF"]
