"""An export waits while inbound of its deanery is unfinished or TCS is in trouble, then goes and says what it lacks."""

import asyncio
from random import Random

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.services.bench import Bench, Benches, message
from tests.services.records import applicant, applicants, draft, notifications
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import ApplicantsGenerated, FileArrived, PositionSaved
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.simulation.days.generated_world import World
from tis_esr.tcs.client import Tcs

EXPORTER = "DataExporter"
EOE_NOW, KSS_NOW = "DE_EOE_RMC_20261124_00000101.DAT", "DE_KSS_RMC_20261124_00000055.DAT"
EOE_FILE, KSS_FILE = "DE_EOE_APP_20261124_00000008.DAT", "DE_KSS_APP_20261124_00000002.DAT"


def nowhere() -> World:
    return World(TODAY, Random(1))


def saved(file: str, position: int = 9) -> Message:
    """Return a row of a file that the Reconciliation still has to handle."""
    return message("esr.queue.por.saved", (file, position), PositionSaved(position_id=position), file)


def arrived(file: str) -> Message:
    """Return a file that is not split yet."""
    return message("esr.queue.file.arrived", file, FileArrived(name=file), file, row=0)


def of_kss() -> Message:
    """Return an applicant of another deanery."""
    generated = applicants(1, applicant(2), of=2).decode(ApplicantsGenerated)
    position = msgspec.structs.replace(generated.position, deanery="KSS")
    body = msgspec.structs.replace(generated, position=position)
    return message("esr.queue.apprecord.generated", "KSS", body, KSS_NOW)


async def command(bench: Bench, *deaneries: str, kind: str = APPLICANT_COMMAND) -> list[Message]:
    """Request exports; return the commands."""
    work = bench.runner.work()
    ask(work, kind, TODAY, deaneries, "by the clock")
    await work.commit()
    found = await bench.waiting(f"esr.queue.{kind}", len(deaneries))
    return sorted(found, key=lambda one: deaneries.index(one.deanery))


def names(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.out.iterdir())


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Have the engine's clock show a later time to every unit of work."""
    real = Work.time
    monkeypatch.setattr(Work, "time", lambda work: real(work) + seconds)


@pytest.mark.parametrize("unfinished", [saved(EOE_NOW), arrived(EOE_NOW)], ids=["a row", "a whole file"])
async def test_an_export_waits_for_inbound_of_its_deanery_and_goes_when_it_is_finished(
    benches: Benches, unfinished: Message
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await bench.send(unfinished)
        [asked] = await command(bench, "EOE")
        await bench.handle(asked)
        assert names(bench) == []
        await bench.finish(unfinished.queue)
        await bench.finish()
        assert names(bench) == [EOE_FILE]
        assert (await bench.all(OUTBOUND_FILES))[EOE_FILE].lacks == ""


async def test_notifications_wait_like_applicants(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([notifications(1, draft("1:now:7"))])
        await bench.send(saved(EOE_NOW))
        [asked] = await command(bench, "EOE", kind=NOTIFICATION_COMMAND)
        await bench.handle(asked)
        assert names(bench) == []
        await bench.finish("esr.queue.por.saved")
        await bench.finish()
        assert names(bench) == ["DE_EOE_DNC_20261124_00000008.DAT"]


async def test_after_the_longest_wait_an_export_goes_and_says_what_it_lacks(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacks = "2 messages of its inbound files not handled; 1 record not compared with TIS"
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))], [applicants(1, applicant(2), of=2, hours_ago=8)])
        await bench.send(saved(EOE_NOW), arrived("DE_EOE_RMC_20261124_00000102.DAT"))
        with capture_logs() as logs:
            [asked] = await command(bench, "EOE")
            await bench.handle(asked)
            await bench.finish("esr.queue.position.due")
            await bench.handle(asked)
            assert names(bench) == []
            later(monkeypatch, 1801)
            await bench.finish(asked.queue)
        assert names(bench) == [EOE_FILE]
        files = await bench.all(OUTBOUND_FILES)
        assert (files[EOE_FILE].rows, files[EOE_FILE].lacks) == (1, lacks)
        said = [(log["event"], log["log_level"]) for log in logs if "export_" in log["event"]]
        assert said == [("export_waits", "info"), ("export_incomplete", "warning")]


async def test_a_deanery_that_waits_holds_up_no_other(benches: Benches) -> None:
    """The first one's file is late; from the same queue, read by one process, the second one's export goes."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1)), of_kss()])
        await bench.send(arrived(EOE_NOW))
        await command(bench, "EOE", "KSS")
        exporting = asyncio.create_task(bench.finish(f"esr.queue.{APPLICANT_COMMAND}"))
        await bench.waiting("esr.queue.apprecord.exported.inbounddatawriter", 1)
        assert names(bench) == [KSS_FILE]
        await bench.finish("esr.queue.file.arrived")
        await exporting
        assert names(bench) == sorted([EOE_FILE, KSS_FILE])


async def test_inbound_of_other_deaneries_is_not_waited_for(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await bench.send(arrived(KSS_NOW), saved(KSS_NOW))
        await command(bench, "EOE")
        await bench.finish(f"esr.queue.{APPLICANT_COMMAND}")
        assert names(bench) == [EOE_FILE]


async def test_what_is_parked_is_not_waited_for(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        row = saved(EOE_NOW)
        await bench.send(row)
        [claimed] = await bench.claimed(row)
        work = Work(bench.engine, {}, today=TODAY, now=bench.runner.work().now, messages=[claimed])
        work.park(claimed, "a fault")
        await work.commit()
        await command(bench, "EOE")
        await bench.finish(f"esr.queue.{APPLICANT_COMMAND}")
        assert names(bench) == [EOE_FILE]


async def test_a_record_whose_comparison_led_to_nothing_holds_up_no_export(benches: Benches) -> None:
    """Its comparison is parked, say: it stays for a later file, today and on each day after."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))], [applicants(1, applicant(2), of=2, hours_ago=8)])
        [asked] = await command(bench, "EOE")
        await bench.handle(asked)
        await bench.handle(asked)
        assert names(bench) == [], "it may still be compared"
        await bench.finish("esr.queue.position.due")
        await bench.finish(asked.queue)
        assert names(bench) == [EOE_FILE]
        file = (await bench.all(OUTBOUND_FILES))[EOE_FILE]
        assert (file.rows, file.lacks) == (1, "1 record not compared with TIS")


async def test_an_export_waits_while_tcs_is_in_trouble(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = [True]
    monkeypatch.setattr(Tcs, "is_refusing", lambda _: refusing[0])
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        [asked] = await command(bench, "EOE")
        await bench.handle(asked)
        assert names(bench) == []
        refusing[0] = False
        await bench.finish()
        assert names(bench) == [EOE_FILE]


async def test_an_export_for_which_tcs_did_not_recover_in_time_says_so(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tcs, "is_refusing", lambda _: True)
    async with benches.open(EXPORTER, nowhere(), export_wait=0.0) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await command(bench, "EOE")
        await bench.finish(f"esr.queue.{APPLICANT_COMMAND}")
        assert (await bench.all(OUTBOUND_FILES))[EOE_FILE].lacks == "TCS unavailable"
