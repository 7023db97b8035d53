"""Steps of a recovery are attempted again while a dependency is unavailable, as of the day on which they are done."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.operations.applicant_records import EXPORTER
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Commit
from tis_esr.engine.work import Work
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.outage import Outage
from tis_esr.operations.outage_effects import EffectKind, effect
from tis_esr.operations.recovery.reports import Place
from tis_esr.operations.recovery.steps import Recovery
from tis_esr.operations.recovery.stored import RECOVERIES, RecoveryStep, StoredRecovery
from tis_esr.operations.region.by_services import ParkedCommandError
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.settings import Settings
from tis_esr.wall_clock import LONDON

BEGUN = TODAY - timedelta(days=2)
AT = datetime(2026, 11, 22, 9, tzinfo=LONDON)
MISSED = Outage(
    start=AT, end=AT + timedelta(hours=8), days=[BEGUN], dropped=[],
    delayed=[effect(EffectKind.EXPORT_DUE, [f"APP EOE {BEGUN}", f"DNC EOE {BEGUN}"], "", is_open=True)],
)  # fmt: skip


@pytest.mark.parametrize(
    ("step", "full", "asked"),
    [
        (RecoveryStep.EXPORTS, [], [("appfilegenerationcommand", False), ("notificationfilegenerationcommand", False)]),
        (RecoveryStep.FULL_FILES, ["EOE"], [("notificationfilegenerationcommand", True)]),
    ],
)  # fmt: skip
async def test_files_are_requested_once_as_of_today_although_the_store_is_away_for_a_moment(
    benches: Benches,
    monkeypatch: pytest.MonkeyPatch,
    step: RecoveryStep,
    full: list[str],
    asked: list[tuple[str, bool]],
) -> None:
    commit, commits = Work.commit, 0

    async def commit_at_the_second_attempt(work: Work) -> Any:
        """Fail the first request, which follows the entry of the audit."""
        nonlocal commits
        commits += 1
        if commits == 2:
            raise TransientError("the store is unavailable")
        return await commit(work)

    async def nobody_is_waited_for(*_: object) -> None:
        return None

    monkeypatch.setattr("tis_esr.operations.recovery.steps.until_done", nobody_is_waited_for)
    place = Place(Settings(engine="production"), None, "http://127.0.0.1:1/tcs", Nowhere(), Nowhere())
    async with benches.open(EXPORTER, nowhere()) as bench:
        monkeypatch.setattr(Work, "commit", commit_at_the_second_attempt)
        stored = StoredRecovery(key="invented", day=BEGUN, full=full)
        recovery = Recovery(place, bench.runner, None, Person("ann"), MISSED, stored, TODAY, bench.reader)
        text = await recovery.do(step)
        for queue, is_full in asked:
            [message] = await bench.waiting(f"esr.queue.{queue}", 1)
            body = message.decode(GenerateFile)
            assert (body.deanery, body.day, body.full) == ("EOE", TODAY, is_full)
    assert commits > 2
    if step is RecoveryStep.EXPORTS:
        assert text.startswith(
            "export what was missed, as of 24 Nov 2026 (the recovery began on 22 Nov 2026)"
        )


@pytest.mark.parametrize(
    ("step", "full", "queue"),
    [
        (RecoveryStep.EXPORTS, [], "esr.queue.appfilegenerationcommand"),
        (RecoveryStep.FULL_FILES, ["EOE"], "esr.queue.notificationfilegenerationcommand"),
    ],
)
async def test_a_step_whose_request_was_parked_is_not_done_until_it_was_retried(
    benches: Benches, monkeypatch: pytest.MonkeyPatch, step: RecoveryStep, full: list[str], queue: str
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        reason = "DE_EOE_APP_20261124_00000008.DAT exists with other content"
        done: list[Message] = []

        async def services_park_it(*_: object) -> None:
            [message] = await bench.claimed(*await bench.waiting(queue, 1))
            parked = [(message, reason, ParkingCause.FILE_CONTENT_DIFFERS)]
            await bench.engine.commit(Commit(parked=parked))

        async def services_do_it(*_: object) -> None:
            if not done:
                done.extend(await bench.claimed(*await bench.waiting(queue, 1)))
                await bench.engine.commit(Commit(done=done))

        place = Place(Settings(engine="production"), None, "http://127.0.0.1:1/tcs", Nowhere(), Nowhere())
        stored = StoredRecovery(key="invented", day=TODAY, full=full)
        recovery = Recovery(place, bench.runner, None, Person("ann"), MISSED, stored, TODAY, bench.reader)
        monkeypatch.setattr("tis_esr.operations.recovery.steps.until_done", services_park_it)
        with pytest.raises(ParkedCommandError, match=r"exists with other content\. Requeue it"):
            await recovery.do(step)
        assert await bench.all(RECOVERIES) == {}
        [trace] = bench.reader().parked()
        work = bench.runner.work()
        work.requeue([(trace.queue, trace.id)])
        await work.commit()
        monkeypatch.setattr("tis_esr.operations.recovery.steps.until_done", services_do_it)
        await recovery.do(step)
        assert list((await bench.all(RECOVERIES))["invented"].done) == [step]


async def test_positions_that_could_not_be_compared_are_said_and_left_to_a_person(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr("tis_esr.operations.recovery.steps.compare", nothing)
    place = Place(Settings(), Path("state"), "http://127.0.0.1:1/tcs", Nowhere(), Nowhere())
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            POSITIONS, Position(position_id=1, deanery="EOE", deanery_number="EOE/1", reconciled_at=1.0)
        )
        stored = StoredRecovery(key="invented", day=TODAY)
        recovery = Recovery(place, bench.runner, None, Person("ann"), MISSED, stored, TODAY, bench.reader)
        text = await recovery.do(RecoveryStep.RECONCILE)
        assert (await bench.all(RECOVERIES))["invented"].done[RecoveryStep.RECONCILE].needs_somebody
    assert text == ("compared 0 positions with TIS, and applied the daily rules; 1 could not be compared")
