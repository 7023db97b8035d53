"""A command makes one deanery's file of a day, once, however often it comes and whatever fails on the way."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.drawn import drawn
from tests.services.watched import FailingCommit, Watched

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import TransientError
from tis_esr.engine.runner import PatienceExhaustedError, Runner
from tis_esr.engine.work import Work
from tis_esr.files.file_store import Nowhere, StoreUnavailableError
from tis_esr.files.folder import Folder
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter.export_commands import ExportCommands
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, ExportRun
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.flow import COLLECTIONS, Dependencies, handlers
from tis_esr.tcs.client import Tcs, TcsSettings

TODAY = date(2026, 11, 24)
APPLICANTS_QUEUE, NOTIFICATIONS_QUEUE = f"esr.queue.{APPLICANT_COMMAND}", f"esr.queue.{NOTIFICATION_COMMAND}"
EXPORTED = "esr.queue.apprecord.exported.inbounddatawriter"
EOE_FILE = "DE_EOE_APP_20261124_00000008.DAT"


def applicant(number: int, deanery: str = "EOE") -> ApplicantRecord:
    post = f"{deanery}/RX1/800/STR/{number:04d}"
    return ApplicantRecord(
        placement_id=number,
        position_id=number,
        person_id=number,
        position_number=number + 1000,
        deanery=deanery,
        deanery_number=post,
        gmc_number=None,
        date_from=date(2026, 12, 15),
        date_to=date(2027, 8, 1),
        state=RecordState.TO_EXPORT,
        fields={
            "lastName": "Specimen",
            "firstName": "Testa",
            "dob": "1990-01-15",
            "positionId": number,
            "positionNumber": number + 1000,
            "deaneryNumber": post,
        },
        unmapped=[],
        built_on=date(2026, 11, 25),
        built_at=time.time(),
        same_as=f"{number}:{number}:2026-12-15",
        correlation_id="f:1",
        source_file="f",
        source_row=1,
    )


def notification(number: int, deanery: str = "EOE") -> NotificationRecord:
    post = f"{deanery}/RX1/800/STR/{number:04d}"
    return NotificationRecord(
        about=f"{number}:1:now:{number}",
        number=1,
        type="1",
        position_id=number,
        deanery=deanery,
        deanery_number=post,
        state=RecordState.TO_EXPORT,
        fields={"notificationTitleCode": "1", "deaneryPostNumber": post, "positionId": number},
        built_on=date(2026, 11, 25),
        built_at=time.time(),
        correlation_id="f:1",
        source_file="f",
        source_row=1,
    )


class Out(Folder):
    """A folder that can't be written to for a while."""

    away = 0

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnavailableError("the store", "it is away")
        await super().write(name, chunks)


class Desk:
    """The exporter, what waits to go, and what went."""

    def __init__(self, place: Path) -> None:
        place.mkdir(exist_ok=True)
        self.state = place / "state"
        self.out = Out(place / "out", make=True)
        self.engine = EmbeddedEngine(self.state, COLLECTIONS)
        self.commands = ExportCommands(self.out)
        outside = Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), Nowhere(), self.out)
        self.runner = Runner(self.engine, handlers(outside), today=lambda: TODAY, patience=10)
        self.hasty = Runner(self.engine, handlers(outside), today=lambda: TODAY, patience=0)

    async def keep(self, *records: ApplicantRecord | NotificationRecord) -> None:
        work = self.runner.work()
        for record in records:
            if isinstance(record, ApplicantRecord):
                work.put(APPLICANTS, record)
            else:
                work.put(NOTIFICATIONS, record)
        await work.commit()

    async def ask(
        self, *deaneries: str, command: str = APPLICANT_COMMAND, day: date = TODAY, occasion: str = "by hand"
    ) -> None:
        work = self.runner.work()
        ask(work, command, day, deaneries, occasion)
        await work.commit()

    async def send(self, body: Any) -> None:
        """Send a command as an operator would: JSON."""
        cause = Message(
            id=derived_id(str(body)),
            queue="",
            correlation_id="c",
            source_file="",
            deanery="",
            row=0,
            body=b"",
        )
        work = self.runner.work()
        work.emit(APPLICANT_COMMAND, body, cause=cause)
        await work.commit()

    async def handle(self) -> None:
        await self.runner.drain([APPLICANTS_QUEUE, NOTIFICATIONS_QUEUE])

    def files(self) -> dict[str, list[str]]:
        """Return the data rows of each file that went out."""
        return {
            path.name: path.read_text().splitlines()[1:-1]
            for path in sorted(self.out.path.iterdir())
            if not path.name.startswith(".")
        }

    def positions(self) -> dict[str, list[int]]:
        """Return the positions that each file of applicants is about."""
        return {name: [int(row.split(",")[30]) for row in rows] for name, rows in self.files().items()}

    def waiting(self) -> dict[str, int]:
        with closing(StateReader(self.state)) as reader:
            return reader.waiting()

    def parked(self) -> list[str]:
        with closing(StateReader(self.state)) as reader:
            return [trace.reason for trace in reader.parked()]

    def applicants(self) -> dict[int, tuple[str, str | None, int | None]]:
        with closing(StateReader(self.state)) as reader:
            return {
                record.position_id: (record.state.value, record.file, record.file_row)
                for record in reader.find(APPLICANTS, {})
            }


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.engine.close()


async def test_a_command_makes_its_own_deanerys_file_and_no_other(desk: Desk) -> None:
    await desk.keep(applicant(1), applicant(2), applicant(3, "KSS"), notification(4))
    await desk.ask("EOE")
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1, 2]}
    assert desk.applicants() == {
        1: ("EXPORTED", EOE_FILE, 1),
        2: ("EXPORTED", EOE_FILE, 2),
        3: ("TO_EXPORT", None, None),
    }
    assert desk.waiting()[EXPORTED] == 2
    await desk.ask("KSS")
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1, 2], "DE_KSS_APP_20261124_00000002.DAT": [3]}


async def test_a_file_is_framed_by_its_name_the_hour_it_is_due_and_its_number_of_rows(desk: Desk) -> None:
    await desk.keep(applicant(1), applicant(2))
    await desk.ask("EOE")
    await desk.handle()
    rows = (desk.out.path / EOE_FILE).read_text().splitlines()
    assert rows[0] == f'HDR,"{EOE_FILE}","20261124 140000","EOE","APP"'
    assert rows[-1] == "TRL,4"
    assert len(rows) == 4


async def test_the_other_command_makes_the_file_of_notifications(desk: Desk) -> None:
    await desk.keep(applicant(1), notification(2))
    await desk.ask("EOE", command=NOTIFICATION_COMMAND)
    await desk.handle()
    assert list(desk.files()) == ["DE_EOE_DNC_20261124_00000008.DAT"]
    assert desk.applicants()[1][0] == "TO_EXPORT"


async def test_a_deanery_with_nothing_to_send_gets_no_file(desk: Desk) -> None:
    await desk.keep(applicant(3, "KSS"))
    await desk.ask("EOE")
    await desk.handle()
    assert (desk.files(), desk.parked(), desk.waiting()) == ({}, [], {})


async def test_a_command_that_comes_again_makes_nothing_again(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.ask("EOE")
    [command] = await desk.engine.claim(APPLICANTS_QUEUE, 1)
    await desk.commands.applicants(desk.runner.work(), [command])
    before, waiting = desk.files(), desk.waiting()
    await desk.keep(applicant(2))
    await desk.commands.applicants(desk.runner.work(), [command])
    assert (desk.files(), desk.waiting()) == (before, waiting)
    assert desk.applicants()[2][0] == "TO_EXPORT"


async def test_what_missed_the_days_file_goes_in_another_with_the_next_number(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.ask("EOE", occasion="14:00")
    await desk.handle()
    await desk.keep(applicant(2), applicant(3, "KSS"))
    await desk.ask("EOE", "KSS", occasion="15:30")
    await desk.handle()
    second, kss = "DE_EOE_APP_20261124_00000014.DAT", "DE_KSS_APP_20261124_00000002.DAT"
    assert desk.positions() == {EOE_FILE: [1], kss: [3], second: [2]}
    assert desk.applicants()[2] == ("EXPORTED", second, 1)
    await desk.keep(applicant(4))
    await desk.ask("EOE", day=date(2026, 11, 25))
    await desk.handle()
    assert desk.positions()["DE_EOE_APP_20261125_00000022.DAT"] == [4]


async def test_a_run_that_had_nothing_to_send_cancels_no_later_one(desk: Desk) -> None:
    for hour in ("9:00", "10:00"):
        await desk.ask("EOE", occasion=hour)
        await desk.handle()
    assert desk.files() == {}
    await desk.keep(applicant(1))
    await desk.ask("EOE", occasion="14:00")
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1]}


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4])
async def test_a_file_that_was_empty_before_goes_out_wherever_the_run_that_fills_it_dies(
    desk: Desk, dies_at: int
) -> None:
    await desk.ask("EOE", occasion="9:00")
    await desk.handle()
    await desk.keep(applicant(1))
    await desk.ask("EOE", occasion="14:00")
    [command] = await desk.engine.claim(APPLICANTS_QUEUE, 1)
    dying = Runner(FailingCommit(desk.engine, dies_at), desk.runner.handlers, today=lambda: TODAY)
    with contextlib.suppress(TransientError):
        await desk.commands.applicants(dying.work(), [command])
    await desk.engine.release([command], 0)
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1]}
    assert desk.waiting() == {EXPORTED: 1, EXPORTED.replace("inbounddatawriter", "notificationgenerator"): 1}


async def test_a_later_run_without_anything_new_makes_no_file_and_uses_no_number(desk: Desk) -> None:
    await desk.keep(applicant(1))
    for hour in ("14:00", "15:30", "16:00"):
        await desk.ask("EOE", occasion=hour)
        await desk.handle()
    assert desk.positions() == {EOE_FILE: [1]}
    await desk.keep(applicant(2))
    await desk.ask("EOE", occasion="17:00")
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1], "DE_EOE_APP_20261124_00000014.DAT": [2]}


async def test_only_what_went_now_is_returned_as_sent(desk: Desk) -> None:
    await desk.keep(applicant(1))
    run = ExportRun(desk.runner.work, desk.out, APPLICANT_EXPORT)
    assert [file.name for file in await run.run(TODAY, ["EOE"], occasion="14:00")] == [EOE_FILE]
    assert await run.run(TODAY, ["EOE"], occasion="15:30") == []


async def test_the_same_command_waits_once(desk: Desk) -> None:
    for _ in range(3):
        await desk.ask("EOE", "KSS")
    assert desk.waiting() == {APPLICANTS_QUEUE: 2}


async def test_an_unknown_deanery_is_parked_with_a_reason_and_its_neighbour_is_served(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.ask("XXX", "EOE")
    await desk.handle()
    [reason] = desk.parked()
    assert reason.startswith("deanery 'XXX' must be one of EMD, KSS, ")
    assert desk.positions() == {EOE_FILE: [1]}


@pytest.mark.parametrize(
    "body", [{"day": "2026-11-24"}, {"deanery": 8}, {"deanery": "EOE", "day": "today"}, ["EOE"]]
)
async def test_what_is_no_command_is_parked(desk: Desk, body: Any) -> None:
    await desk.send(body)
    await desk.handle()
    [reason] = desk.parked()
    assert reason.startswith("ValidationError")
    assert desk.files() == {}


@pytest.mark.parametrize("body", [{"deanery": "EOE"}, {"deanery": "EOE", "day": None}])
async def test_a_command_without_a_day_means_today(desk: Desk, body: Any) -> None:
    await desk.keep(applicant(1))
    await desk.send(body)
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1]}


async def test_a_command_for_another_day_makes_that_days_file(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.send({"deanery": "EOE", "day": "2026-11-22"})
    await desk.handle()
    assert desk.positions() == {"DE_EOE_APP_20261122_00000008.DAT": [1]}


async def test_a_store_that_is_away_is_waited_for_and_the_next_try_ends_with_the_file(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.ask("EOE")
    desk.out.away = 1
    [message] = await desk.engine.claim(APPLICANTS_QUEUE, 1)
    with pytest.raises(TransientError, match="the store: it is away"):
        await desk.commands.applicants(desk.runner.work(), [message])
    await desk.engine.release([message], 0)
    assert (desk.files(), desk.parked(), desk.waiting()) == ({}, [], {APPLICANTS_QUEUE: 1})
    await desk.keep(applicant(2))
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1]}
    assert desk.parked() == []


async def test_a_store_that_stays_away_is_said_and_parks_nothing(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.ask("EOE")
    desk.out.away = 100
    with pytest.raises(BaseExceptionGroup) as caught:
        await desk.hasty.drain([APPLICANTS_QUEUE])
    assert caught.group_contains(PatienceExhaustedError, match="the store: it is away")
    assert (desk.parked(), desk.waiting()) == ([], {APPLICANTS_QUEUE: 1})


async def test_a_file_of_that_name_by_somebody_else_is_not_overwritten_and_said(desk: Desk) -> None:
    await desk.keep(applicant(1))
    await desk.ask("EOE")
    (desk.out.path / EOE_FILE).write_text("somebody else's")
    await desk.handle()
    [reason] = desk.parked()
    assert reason.startswith(f"{desk.out.path} has a file {EOE_FILE} with other content")
    assert (desk.out.path / EOE_FILE).read_text() == "somebody else's"
    (desk.out.path / EOE_FILE).unlink()
    with closing(StateReader(desk.state)) as reader:
        [trace] = reader.parked()
    assert await desk.engine.replay([(trace.queue, trace.id)]) == 1
    await desk.handle()
    assert desk.positions() == {EOE_FILE: [1]}


async def test_one_process_at_a_time_reads_commands(desk: Desk) -> None:
    for handler in desk.commands.handlers():
        assert (handler.single_active, handler.batch) == (True, 1)


class Died(BaseException):
    """A process that is killed."""


async def overtaken(desk: Desk, at: int, dies_at: int) -> bool:
    """Run a command in a process that another overtakes at its n-th step and dies itself; say if it came to that.

    Then a third process finds both commands again.
    """
    await desk.keep(applicant(1), applicant(2))
    for occasion in ("the schedule's", "by hand"):
        await desk.ask("EOE", occasion=occasion)
    own, others = await desk.engine.claim(APPLICANTS_QUEUE, 2)

    async def die() -> None:
        raise Died

    async def overtake() -> None:
        dying = Watched(desk.engine, dies_at, die)
        with contextlib.suppress(Died):
            await desk.commands.applicants(working(desk, dying), [others])

    watched = Watched(desk.engine, at, overtake)
    with contextlib.suppress(TransientError):
        await desk.commands.applicants(working(desk, watched), [own])
    await desk.engine.release([own, others], 0)
    await desk.handle()
    return watched.steps >= at


def working(desk: Desk, engine: Watched) -> Work:
    return Runner(engine, desk.runner.handlers, today=lambda: TODAY).work()


async def test_whoever_overtakes_whom_and_dies_everybody_goes_out_once_and_tis_is_told(
    tmp_path: Path,
) -> None:
    wrong = []
    for dies_at in drawn((4, 5, 6, 7, 9, 11, 13, 15, 17, 1000), 4):
        at, came_to_that = 0, True
        while came_to_that:
            at += 1
            desk = Desk(tmp_path / f"{dies_at}-{at}")
            came_to_that = await overtaken(desk, at, dies_at)
            told = desk.waiting().get(EXPORTED, 0)
            if (desk.positions(), told, desk.parked()) != ({EOE_FILE: [1, 2]}, 2, []):
                wrong.append((at, dies_at))
            desk.engine.close()
    assert wrong == []
