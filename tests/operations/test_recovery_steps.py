"""Steps of a recovery are attempted again while a dependency is unavailable, as of the day on which they are done."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.operations.applicant_records import EXPORTER
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.faults import TransientError
from tis_esr.engine.work import Work
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.outage import Outage
from tis_esr.operations.outage_effects import EffectKind, effect
from tis_esr.operations.recovery.reports import Place
from tis_esr.operations.recovery.steps import Recovery
from tis_esr.operations.recovery.stored import RecoveryStep, StoredRecovery
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.cron import LONDON
from tis_esr.settings import Settings

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
    commit, failed = Work.commit, list[str]()

    async def commit_at_the_second_attempt(work: Work) -> Any:
        if not failed:
            failed.append("once")
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
    assert failed == ["once"]
    if step is RecoveryStep.EXPORTS:
        assert text.startswith(
            "export what was missed, as of 24 Nov 2026 (the recovery began on 22 Nov 2026)"
        )
