"""The board says of each expected file whether it is due, here, late, missing or answered. On both engines."""

from datetime import timedelta

import msgspec
from tests.operations.applicant_records import record
from tests.operations.board.files_on_board import (
    APC,
    APP,
    DCC,
    DNC,
    RMC,
    RTC,
    arrived,
    at,
    cells,
    days_before,
    sent,
    shown,
    terms,
)
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.who import Who
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.operations.board.board import board
from tis_esr.operations.board.cells import CellState
from tis_esr.services.data_exporter.outbound import APPLICANTS, OUTBOUND_FILES, OutboundState, RecordState
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, RegionStart
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState

EXPORTER = "DataExporter"
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


async def test_a_day_without_files_goes_from_not_due_to_late_to_missing_by_the_deadline(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        states = [
            (await cells(bench, moment))[RMC].state
            for moment in (
                at("14:29"),
                at("14:30"),
                at("14:59"),
                at("15:00"),
                at("23:59"),
                at("00:00", TOMORROW),
            )
        ]
        late = (await cells(bench, at("15:01")))[RMC]
    assert [state.name for state in states] == ["NOT_DUE", "DUE", "DUE", "LATE", "LATE", "MISSING"]
    assert (late.due_at, late.late_at) == (at("14:30"), at("15:00"))
    assert (late.is_late, late.came_at, late.next_check) == (True, None, at("00:00", TOMORROW))
    assert (late.who_acts, late.action) == (Who.SUPPORT, "ask ESR for the RMC file of EOE")


async def test_all_offices_have_their_cells_and_rtc_only_where_it_is_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        without = await cells(bench, at("09:00"), deanery=None)
        await bench.keep(FILES, arrived("RMC", at("14:09")))
        with_rtc = await cells(bench, at("15:40"), send_rtc=True)
    assert len(without) == 13 * 5
    assert (with_rtc[RTC].state, with_rtc[RTC].due_at) == (CellState.DUE, at("15:30"))


async def test_an_rmf_counts_as_the_rmc_and_an_old_file_never_as_todays(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(FILES, arrived("RMC", at("14:09"), YESTERDAY))
        old = (await cells(bench, at("15:30")))[RMC].state
        await bench.keep(FILES, arrived("RMF", at("14:05")))
        now = (await cells(bench, at("15:30")))[RMC]
    assert old is CellState.LATE
    assert (now.state, now.file) == (CellState.COMPLETE, "DE_EOE_RMF_20261124_00004000.DAT")
    assert (now.came_at, now.is_late, now.rows) == (at("14:05"), False, 5)


async def test_lateness_is_judged_by_the_deadline_and_not_by_when_one_looks(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            FILES, arrived("RMC", at("15:20")), arrived("RMC", at("23:40", days_before(2)[0]), YESTERDAY)
        )
        late = (await cells(bench, at("09:00", TODAY + timedelta(days=9))))[RMC]
        early = (await cells(bench, at("09:00"), YESTERDAY))[RMC]
    assert (late.state, late.is_late) == (CellState.COMPLETE, True)
    assert (early.state, early.is_late) == (CellState.COMPLETE, False)


async def test_a_file_in_work_with_refusals_or_held(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        file = arrived("RMC", at("14:09"))
        found = []
        for state, row in (
            (FileState.RECEIVED, None),
            (FileState.SPLITTING, RowState.APPLIED),
            (FileState.SPLIT, RowState.PENDING),
            (FileState.SPLIT, RowState.UNMATCHED),
        ):
            rows = 0 if row is None else 5
            await bench.keep(FILES, msgspec.structs.replace(file, state=state, rows=rows))
            if row is not None:
                await bench.account(Row(file=file.name, row=2, type="POS", state=row))
            found.append((await cells(bench, at("14:30")))[RMC].state)
        await bench.keep(FILES, msgspec.structs.replace(file, incomplete="it has no TRL row"))
        incomplete = (await cells(bench, at("14:30")))[RMC]
        refused = msgspec.structs.replace(file, state=FileState.REFUSED, reason="it is not a text file")
        await bench.keep(FILES, refused)
        held = (await cells(bench, at("14:30")))[RMC]
    assert [state.name for state in found] == ["RECEIVED", "IN_WORK", "IN_WORK", "COMPLETE"]
    assert incomplete.state is CellState.COMPLETE_WITH_REFUSALS
    assert incomplete.detail == "incomplete: it has no TRL row"
    assert (held.state, held.detail) == (CellState.HELD, "it is not a text file")


async def test_our_files_wait_for_esrs_answers_which_number_and_date_tie_to_them(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(OUTBOUND_FILES, sent("APP", at("14:01")), sent("DNC", at("15:02")))
        starts = TODAY + timedelta(days=3)
        going = [
            record(n, starts, state=RecordState.EXPORTED, file=sent("APP", None).name, file_row=n)
            for n in (1, 2, 3)
        ]
        await bench.keep(APPLICANTS, *going)
        await bench.keep(FILES, arrived("APC", at("07:12", TOMORROW), sequence=1))
        evening = await cells(bench, at("18:00"))
        overdue = await cells(bench, at("08:30", TOMORROW))
        await bench.keep(FILES, arrived("APC", at("08:40", TOMORROW)))
        answered = [
            msgspec.structs.replace(going[0], state=RecordState.REJECTED),
            msgspec.structs.replace(going[1], state=RecordState.CONFIRMED),
        ]
        await bench.keep(APPLICANTS, *answered)
        after = await cells(bench, at("09:00", TOMORROW))
    assert [evening[kind].state.name for kind in (APP, DNC, APC, DCC)] == [
        "SENT",
        "SENT",
        "NOT_DUE",
        "NOT_DUE",
    ]
    assert (evening[APC].due_at, evening[DCC].due_at) == (at("07:30", TOMORROW), at("15:30", TOMORROW))
    assert overdue[APP].state is CellState.SENT
    assert overdue[APC].state is CellState.CONFIRMATION_OVERDUE
    assert overdue[APC].file == "DE_EOE_APP_20261124_00000700.DAT"
    consequence = overdue[APC].consequence
    assert (consequence.starters, consequence.leaving_tomorrow) == (3, 3)
    assert (
        consequence.text
        == "ESR may have quarantined the whole file; 3 applicants affected; 3 leave the window tomorrow"
    )
    assert (after[APP].state, after[APP].refused) == (CellState.CONFIRMED_WITH_ERRORS, 1)
    assert (after[APC].state, after[APC].is_late) == (CellState.COMPLETE, True)


async def test_a_file_is_confirmed_once_esrs_answer_is_complete(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        ours = sent("APP", at("14:01"))
        going = [
            record(n, TODAY + timedelta(days=30), state=state, file=ours.name, file_row=n)
            for n, state in enumerate((RecordState.CONFIRMED, RecordState.CONFIRMED, RecordState.EXPORTED), 1)
        ]
        await bench.keep(OUTBOUND_FILES, ours)
        await bench.keep(APPLICANTS, *going)
        await bench.keep(FILES, arrived("APC", at("07:12", TOMORROW), state=FileState.SPLITTING))
        in_part = (await cells(bench, at("07:13", TOMORROW)))[APP]
        await bench.keep(FILES, arrived("APC", at("07:12", TOMORROW)))
        lacking = (await cells(bench, at("07:14", TOMORROW)))[APP]
        await bench.keep(APPLICANTS, msgspec.structs.replace(going[2], state=RecordState.CONFIRMED))
        whole = (await cells(bench, at("07:15", TOMORROW)))[APP]
        for one in going:
            await bench.keep(APPLICANTS, msgspec.structs.replace(one, state=RecordState.REJECTED))
        refused = (await cells(bench, at("07:16", TOMORROW)))[APP]
    assert in_part.state is CellState.SENT
    assert (lacking.state, lacking.detail) == (
        CellState.CONFIRMED_WITH_ERRORS,
        "without an answer: 1 of its rows",
    )
    assert whole.state is CellState.CONFIRMED
    assert (refused.state, refused.refused, refused.who_acts) == (CellState.REJECTED, 3, Who.TRUST)


async def test_a_file_of_ours_that_has_its_rows_and_is_not_written_is_late_then_missing(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        stuck = sent("APP", None, state=OutboundState.ALLOCATED)
        going = [
            record(n, TODAY + timedelta(days=3), state=RecordState.EXPORTED, file=stuck.name, file_row=n)
            for n in (1, 2, 3)
        ]
        await bench.keep(OUTBOUND_FILES, stuck)
        await bench.keep(APPLICANTS, *going)
        moments = (at("14:30"), at("14:45"), at("00:00", TOMORROW))
        states = [(await cells(bench, moment))[APP].state for moment in moments]
        late = (await cells(bench, at("14:46")))[APP]
        await bench.keep(OUTBOUND_FILES, sent("APP", at("14:01", TOMORROW), TOMORROW))
        [owed] = [
            one for one in (await shown(bench, at("14:10", TOMORROW), TOMORROW)).earlier if one.type is APP
        ]
    assert [state.name for state in states] == ["IN_WORK", "LATE", "MISSING"]
    assert (late.is_late, late.file, late.rows, late.came_at) == (True, stuck.name, 3, None)
    assert (late.detail, late.consequence.starters) == ("its rows are allocated, and it is not written", 3)
    assert late.action == (
        f"check the outbound store (tis-esr doctor): {stuck.name} is written as soon as the store accepts it"
    )
    assert owed.state is CellState.MISSING, "a later file does not have its rows"


async def test_exports_are_not_expected_while_a_region_starts(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(REGION_STARTS, RegionStart(deanery="EOE"))
        found = await cells(bench, at("20:00"))
    assert (found[APP].state, found[DNC].state, found[RMC].state) == (
        CellState.WAIVED,
        CellState.WAIVED,
        CellState.LATE,
    )


async def test_a_late_file_counts_those_who_would_lose_the_12_week_promise(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, *(record(n, TODAY + timedelta(days=n)) for n in (83, 84, 85)))
        late = (await cells(bench, at("15:30")))[APP]
    assert late.consequence.losing_promise == 1
    assert late.consequence.text == "3 applicants affected; 1 loses the 12-week promise"


async def test_what_a_later_file_makes_good_is_owed_no_more(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        three, _, one = days_before(3)
        await bench.keep(
            FILES, arrived("RMC", at("14:09", three), three), arrived("RMF", at("14:09", one), one)
        )
        await bench.keep(
            OUTBOUND_FILES, sent("APP", at("14:00", one), one), sent("DNC", at("15:00", three), three)
        )
        found = await shown(bench, at("07:20"))
    owed = [(cell.day, cell.type.value) for cell in found.earlier if cell.type in {RMC, APP, DNC}]
    assert owed == [(days_before(3)[1], "DNC"), (one, "DNC")]


async def test_a_day_with_nothing_to_send_owes_no_answer(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        nothing = {"state": OutboundState.NOTHING_TO_SEND, "rows": 0}
        await bench.keep(OUTBOUND_FILES, sent("APP", None, **nothing))
        today = await cells(bench, at("20:00"))
        later = await cells(bench, at("20:00", TOMORROW))
    assert (today[APP].state, today[APP].detail) == (CellState.COMPLETE, "nothing to send")
    assert APC not in later
    assert later[DNC].state is CellState.MISSING


async def test_a_late_file_names_whom_it_affects_and_who_leaves_the_window(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        days = (1, 2, 3, 90, 91)
        await bench.keep(APPLICANTS, *(record(n, TODAY + timedelta(days=n)) for n in days))
        late = await cells(bench, at("15:30"))
        alone = await cells(bench, at("15:30"), deanery=None)
    assert late[APP].state is CellState.LATE
    assert late[APP].consequence.text == "3 applicants affected; 1 leaves the window tomorrow"
    assert (late[APP].consequence.starters, late[APP].consequence.leaving_tomorrow) == (3, 1)
    assert late[RMC].consequence.starters == 3
    assert alone["LDN APP"].consequence.starters == 0


async def test_later_than_usual_is_shown_before_late(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        days = days_before(20)
        times = ["14:08"] * 10 + ["14:10"] * 9 + ["14:20"]
        await bench.keep(
            FILES, *(arrived("RMC", at(time, day), day) for day, time in zip(days, times, strict=True))
        )
        usual = (await cells(bench, at("14:10")))[RMC]
        unusual = (await cells(bench, at("14:11")))[RMC]
    assert (usual.state, usual.usual_at, usual.is_unusual) == (CellState.NOT_DUE, at("14:10"), False)
    assert (unusual.state, unusual.is_unusual, unusual.is_late) == (CellState.AT_RISK, True, False)
    assert unusual.next_check == at("14:30")


async def test_what_earlier_days_still_owe_stays_on_the_board(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            FILES,
            arrived("RMC", at("14:09", days_before(3)[0]), days_before(3)[0]),
            arrived("RMC", at("14:09")),
        )
        await bench.keep(
            OUTBOUND_FILES,
            *(sent(kind, at("15:00", day), day) for day in days_before(3) for kind in ("APP", "DNC")),
        )
        found = await shown(bench, at("16:00"))
    owed = [(cell.day, cell.type.value, cell.state.name) for cell in found.earlier]
    three, two, one = days_before(3)
    assert owed == [
        (three, "APC", "CONFIRMATION_OVERDUE"),
        (three, "DCC", "CONFIRMATION_OVERDUE"),
        (two, "RMC", "MISSING"),
        (two, "APC", "CONFIRMATION_OVERDUE"),
        (two, "DCC", "CONFIRMATION_OVERDUE"),
        (one, "RMC", "MISSING"),
        (one, "APC", "CONFIRMATION_OVERDUE"),
    ]


async def test_an_office_that_has_been_silent_for_longer_than_what_is_usual_is_learned_from_still_shows_it(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        long_ago = TODAY - timedelta(days=60)
        await bench.keep(FILES, arrived("RMC", at("14:09", long_ago), long_ago))
        own = await shown(bench, at("18:00"))
        other = await shown(bench, at("18:00"), deanery="PEN")
        whole = await shown(bench, at("18:00"), deanery=None)
    missing = [(RMC, CellState.MISSING, day) for day in days_before(14)]
    assert [(c.type, c.state, c.day) for c in own.earlier if c.type is RMC] == missing
    for office in (own, other):
        [name] = {cell.deanery for cell in office.earlier}
        assert office.earlier == [cell for cell in whole.earlier if cell.deanery == name]


async def test_a_file_of_before_that_arrives_late_does_not_make_days_before_the_first_arrival_missing(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        long_ago = TODAY - timedelta(days=60)
        await bench.keep(FILES, arrived("RMC", at("14:09", YESTERDAY), long_ago))
        earlier = (await shown(bench, at("18:00"))).earlier
    assert {cell.day for cell in earlier} == {YESTERDAY}


async def test_a_file_of_ours_that_esr_rejected_the_next_morning_is_shown_until_it_is_corrected(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        ours = sent("APP", at("14:01", YESTERDAY), YESTERDAY, rows=1)
        await bench.keep(OUTBOUND_FILES, ours)
        await bench.keep(FILES, arrived("APC", at("07:12"), YESTERDAY))
        starts = TODAY + timedelta(days=30)
        rejected = record(1, starts, state=RecordState.REJECTED, file=ours.name, file_row=1)
        await bench.keep(APPLICANTS, rejected)
        found = [c for c in (await shown(bench, at("12:00"))).needs_somebody if c.type is APP]
        await bench.keep(APPLICANTS, msgspec.structs.replace(rejected, state=RecordState.TO_EXPORT))
        corrected = [c for c in (await shown(bench, at("12:00"))).needs_somebody if c.type is APP]
    assert [(c.state, c.day, c.refused, c.who_acts) for c in found] == [
        (CellState.REJECTED, YESTERDAY, 1, Who.TRUST)
    ]
    assert corrected == []


async def test_an_answer_whose_number_is_of_no_file_of_ours_counts_for_the_file_of_its_day(
    benches: Benches,
) -> None:
    """The DataExporter attaches the rows of such an answer to what was sent on its day."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        ours = sent("APP", at("14:01", YESTERDAY), YESTERDAY, rows=1)
        await bench.keep(OUTBOUND_FILES, ours)
        await bench.keep(FILES, arrived("APC", at("07:12"), YESTERDAY, sequence=99))
        starts = TODAY + timedelta(days=30)
        await bench.keep(
            APPLICANTS, record(1, starts, state=RecordState.REJECTED, file=ours.name, file_row=1)
        )
        found = [c for c in (await shown(bench, at("12:00"))).needs_somebody if c.type is APP]
    assert [(c.state, c.day, c.refused) for c in found] == [(CellState.REJECTED, YESTERDAY, 1)]


async def test_rows_of_a_file_are_counted_only_once_esr_has_answered(benches: Benches) -> None:
    """A day of 60,000 rows without answers is shown at once."""
    async with benches.open("DataExporter", nowhere()) as bench:
        await bench.keep(OUTBOUND_FILES, sent("APP", at("14:01")), sent("DNC", at("15:01")))
        reader, asked = bench.reader(), list[str]()
        count = reader.count
        reader.count = lambda of, where: asked.extend(where) or count(of, where)  # type: ignore[method-assign]
        try:
            found = board(reader, day=TODAY, now=at("18:00"), terms=terms(), deanery="EOE")
        finally:
            reader.close()
    assert {cell.type: cell.state.name for cell in found.cells if cell.file}["APP"] == "SENT"
    assert "file" not in asked
