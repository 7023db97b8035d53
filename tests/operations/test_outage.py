"""What an outage between two times delayed and dropped is said with its cause and who must act. On both engines."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
import pytest
from tests.operations.applicant_records import EXPORTER, record
from tests.services.bench import Bench, Benches, message
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.protocol import Commit
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.operations.outage import Outage, outage
from tis_esr.operations.outage_effects import EffectKind, effect
from tis_esr.parking_causes import ParkingCause
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.command_schedule import SCHEDULE, Due
from tis_esr.services.contracts.commands import (
    APPLICANT_COMMAND,
    DAILY_RULES_COMMAND,
    NOTIFICATION_COMMAND,
    RECONCILE_ALL_COMMAND,
)
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.pending_records import NO_LONGER, START_PASSED
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, KnownPosition
from tis_esr.wall_clock import LONDON

CRONS = {
    RECONCILE_ALL_COMMAND: "0 1 * * *",
    DAILY_RULES_COMMAND: "0 6 * * *",
    APPLICANT_COMMAND: "0 14 * * *",
    NOTIFICATION_COMMAND: "0 15 * * *",
}
DAY_BEFORE = TODAY - timedelta(days=1)
START = datetime(2026, 11, 23, 13, 30, tzinfo=LONDON)
END = datetime(2026, 11, 23, 14, 30, tzinfo=LONDON)
AFTER = END.timestamp() + 600


async def told(bench: Bench, start: datetime = START, end: datetime = END) -> Outage:
    reader = bench.reader()
    try:
        return outage(reader, start, end, today=TODAY, window=ApplicantWindow(), crons=CRONS)
    finally:
        reader.close()


def of(found: Outage, kind: EffectKind) -> list[tuple[list[str], str, bool, Who]]:
    effects = [one for one in (*found.delayed, *found.dropped) if one.kind is kind]
    return [(one.names, one.why, one.is_open, one.who) for one in effects]


def rmc(
    number: int, state: FileState = FileState.SPLIT, day: date = DAY_BEFORE, **more: object
) -> InboundFile:
    made = InboundFile(
        name=f"DE_EOE_RMC_{day:%Y%m%d}_{number:08d}.DAT",
        deanery="EOE",
        type="RMC",
        counter="RMT",
        day=day,
        sequence=number,
        state=state,
        changed_at=START.timestamp() - 600,
    )
    return msgspec.structs.replace(made, **more)


def app(day: date, deaneries: Sequence[str], **more: object) -> list[OutboundFile]:
    return [
        msgspec.structs.replace(
            OutboundFile(
                name=f"DE_{deanery}_APP_{day:%Y%m%d}_{number:08d}.DAT",
                type="APP",
                deanery=deanery,
                day=day,
                state=OutboundState.SENT,
                rows=1,
            ),
            **more,
        )
        for number, deanery in enumerate(deaneries, 1)
    ]


async def test_nothing_is_said_of_an_outage_in_which_nothing_was_due(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await told(bench, START, START + timedelta(minutes=10))
    assert (found.days, found.delayed, found.dropped, found.open) == ([DAY_BEFORE], [], [], [])


async def test_files_are_late_unfinished_or_missing(benches: Benches) -> None:
    before, late = rmc(100), rmc(101, changed_at=AFTER)
    splitting, held = (
        rmc(103, FileState.SPLITTING),
        rmc(104, FileState.HELD, reason="the file is being written"),
    )
    waiting = rmc(105)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(FILES, before, late, splitting, held, waiting, rmc(99, day=date(2026, 11, 22)))
        await bench.account(
            Row(file=waiting.name, row=1, type="POR", state=RowState.PENDING),
            Row(file=waiting.name, row=2, type="POR", state=RowState.APPLIED),
        )
        await bench.send(message("esr.queue.apprecord.generated", 1, {}, waiting.name, 1))
        found = await told(bench)
    assert of(found, EffectKind.FILE_LATE) == [
        ([late.name], "last worked on after 23 Nov 2026 14:30:00", False, Who.NOBODY)
    ]
    assert of(found, EffectKind.FILE_UNFINISHED) == [
        ([splitting.name], "it is splitting", True, Who.SUPPORT),
        ([held.name], "held: the file is being written", True, Who.NOBODY),
        ([waiting.name], "1 row is pending", True, Who.SUPPORT),
    ]
    assert of(found, EffectKind.BACKLOG) == [
        (["esr.queue.apprecord.generated"], "1 in esr.queue.apprecord.generated", True, Who.SUPPORT)
    ]
    [(names, why, is_open, who)] = of(found, EffectKind.FILE_MISSING)
    assert (names, is_open, who) == (["EOE-RMT-102"], True, Who.SUPPORT)
    assert why.startswith("number 102 of EOE (RMF and RMC) has not arrived")


async def test_an_export_that_was_due_is_open_until_each_deanery_has_had_one_since(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        assert of(await told(bench), EffectKind.EXPORT_DUE) == [
            (
                [f"APP {deanery} 2026-11-23" for deanery in DEANERIES],
                "APP, due 23 Nov 2026 14:00:00: no deanery has had one since",
                True,
                Who.SUPPORT,
            )
        ]
        await bench.keep(OUTBOUND_FILES, *app(TODAY, DEANERIES[2:]))
        names, why, *_ = of(await told(bench), EffectKind.EXPORT_DUE)[0]
        assert names == ["APP EMD 2026-11-23", "APP KSS 2026-11-23"]
        assert why == "APP, due 23 Nov 2026 14:00:00: none since for EMD, KSS"
        assert (await told(bench)).missed("APP") == ["EMD", "KSS"]
        await bench.keep(
            OUTBOUND_FILES, *app(DAY_BEFORE, DEANERIES, lacks="12 messages of EOE were unfinished")
        )
        found = await told(bench)
    assert found.missed("APP") == []
    [(_, why, is_open, who)] = of(found, EffectKind.EXPORT_DUE)
    assert (why, is_open, who) == (
        "APP, due 23 Nov 2026 14:00:00: every deanery has had one since",
        False,
        Who.NOBODY,
    )
    assert len(of(found, EffectKind.EXPORT_INCOMPLETE)) == len(DEANERIES)


async def test_a_scheduled_run_is_open_until_the_schedule_is_beyond_it(benches: Benches) -> None:
    night = datetime(2026, 11, 23, 0, 30, tzinfo=LONDON), datetime(2026, 11, 24, 2, 0, tzinfo=LONDON)
    tomorrow = datetime(2026, 11, 25, 1, 0, tzinfo=LONDON)
    behind = Due(
        command=DAILY_RULES_COMMAND, cron="0 6 * * *", at=datetime(2026, 11, 23, 6, 0, tzinfo=LONDON)
    )
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(SCHEDULE, behind, Due(command=RECONCILE_ALL_COMMAND, cron="0 1 * * *", at=tomorrow))
        found = of(await told(bench, *night), EffectKind.RUN_MISSED)
    assert [(why, is_open) for _, why, is_open, _ in sorted(found)] == [
        ("daily rules, due 23 Nov 2026 06:00:00: not requested since", True),
        (
            "comparison of all positions with TIS, due 23 Nov 2026 01:00:00, 24 Nov 2026 01:00:00: requested"
            " since: the last of them, which covers all",
            False,
        ),
    ]


async def test_messages_parked_in_the_outage_are_named_by_reason(benches: Benches) -> None:
    sent = message("esr.queue.apprecord.generated", 1, {})
    now = datetime.now(LONDON)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.send(sent)
        [claimed] = await bench.claimed(sent)
        begun = datetime.fromtimestamp(bench.engine.time(), LONDON)
        await bench.engine.commit(
            Commit(parked=[(claimed, "TCS was not available", ParkingCause.TCS_FAILED)])
        )
        span = begun, now + timedelta(hours=1)
        found = of(await told(bench, *span), EffectKind.PARKED)
        before = of(await told(bench, begun - timedelta(hours=1), begun), EffectKind.PARKED)
    assert found == [([f"{sent.queue} {sent.id}"], "TCS was not available", True, Who.SUPPORT)]
    assert before == []


async def test_who_left_the_window_in_the_outage_is_dropped_with_the_reason_and_who_must_act(
    benches: Benches,
) -> None:
    left, stays = DAY_BEFORE + timedelta(days=2), TODAY + timedelta(days=2)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            APPLICANTS,
            record(1, left),
            record(2, left, state=RecordState.DELETED_BEFORE_EXPORT, reason=START_PASSED),
            record(3, left, state=RecordState.DELETED_BEFORE_EXPORT, reason=NO_LONGER),
            record(4, left, state=RecordState.EXPORTED),
            record(5, stays),
            record(6, left - timedelta(days=1)),
        )
        found = await told(bench)
    missed = of(found, EffectKind.APPLICANT_MISSED)
    assert sorted(names for names, *_ in missed) == [["1:1"], ["2:1"]]
    assert {who for *_, who in missed} == {Who.TRUST}
    assert of(found, EffectKind.RECORD_CANCELLED) == [(["3:1"], NO_LONGER, False, Who.NOBODY)]


async def test_changes_of_the_calendar_that_came_and_went_are_counted_with_why(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            KNOWN_POSITIONS,
            KnownPosition(position_id=1, stale_on=TODAY, stale={"BEGINS": 2}),
            KnownPosition(position_id=2, stale_on=DAY_BEFORE, stale={"BEGINS": 1, "IS_OVER": 1}),
            KnownPosition(position_id=3, stale_on=TODAY + timedelta(days=1), stale={"BEGINS": 5}),
        )
        found = await told(bench)
    stale = [one for one in found.dropped if one.kind is EffectKind.CHANGE_STALE]
    assert [(one.number, one.why) for one in stale] == [
        (3, "began and is over"),
        (1, "is over, and somebody is in the post"),
    ]


@pytest.mark.parametrize("kind", EffectKind)
def test_one_of_each_kind_of_effect_is_told_in_the_singular(kind: EffectKind) -> None:
    one, two = (effect(kind, names, "why", is_open=True).text for names in (["a"], ["a", "b"]))
    assert two == f"2 {kind.value}"
    assert one.split()[0] == "1"
    assert one != f"1 {kind.value}"
