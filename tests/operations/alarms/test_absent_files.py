"""Files that are late or missing: one alarm for each type and day, with the offices, and what follows from it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.operations.alarms.invented import DAY
from tests.operations.alarms.test_judges import late

from tis_esr.operations.alarms.judge_board import absent_files, answered_late, leaving_tomorrow
from tis_esr.operations.alarms.judge_files import unconfirmed
from tis_esr.operations.board.cells import Cell, CellState, Consequence, FileType
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import OutboundFile, OutboundState

DUE = datetime(2026, 11, 24, 14, 30, tzinfo=ZoneInfo("Europe/London"))


def cell(
    deanery: str,
    state: CellState,
    type_: FileType = FileType.RMC,
    day: date = DAY,
    starters: int = 0,
    leaving: int = 0,
) -> Cell:
    return Cell(
        deanery=deanery,
        type=type_,
        day=day,
        state=state,
        due_at=DUE,
        late_at=DUE + timedelta(minutes=30),
        consequence=Consequence(text="positions are not known", starters=starters, leaving_tomorrow=leaving),
    )


def test_no_rmc_from_esr_at_all_is_one_finding_with_13_names() -> None:
    [found] = absent_files(cell(office, CellState.LATE) for office in DEANERIES)
    assert (found.id, found.text) == ("file-late:RMC:2026-11-24", "no RMC of 24 Nov 2026 from ESR at all")
    assert found.members == sorted(DEANERIES)
    assert len(found.members) == 13
    assert found.since is not None
    assert found.since.isoformat() == "2026-11-24T15:00:00+00:00"
    assert found.watched_until is not None
    assert found.watched_until.isoformat() == "2026-12-09T00:00:00+00:00"


def test_types_days_and_states_are_findings_of_their_own() -> None:
    cells = [
        cell("EOE", CellState.LATE),
        cell("LDN", CellState.LATE),
        cell("LDN", CellState.MISSING, day=DAY - timedelta(days=1)),
        cell("YHD", CellState.MISSING, FileType.APP, starters=41, leaving=6),
        cell("WES", CellState.COMPLETE),
        cell("WES", CellState.DUE, FileType.APP),
    ]
    found = {one.id: one for one in absent_files(cells)}
    assert [one.follows for one in found.values()] == [
        "",
        "file-late:RMC:2026-11-23",
        "file-late:APP:2026-11-24",
    ]
    assert {id_: one.text for id_, one in found.items()} == {
        "file-late:RMC:2026-11-24": "RMC of 24 Nov 2026 is late from EOE, LDN",
        "file-missing:RMC:2026-11-23": "RMC of 23 Nov 2026 is missing from LDN",
        "file-missing:APP:2026-11-24": "APP of 24 Nov 2026 is missing for YHD",
    }
    app = found["file-missing:APP:2026-11-24"]
    assert app.consequence == "41 applicants affected; 6 of them leave the window tomorrow"
    assert [id_ for id_, one in found.items() if one.urgent] == [app.id]


def test_an_app_without_its_answer_is_suspected_on_the_morning_it_is_due_and_urgent_by_who_leaves() -> None:
    yesterday = date(2026, 11, 23)
    cells = [
        cell("EOE", CellState.CONFIRMATION_OVERDUE, FileType.APC, yesterday, starters=41, leaving=2),
        cell("LDN", CellState.CONFIRMATION_OVERDUE, FileType.DCC, yesterday),
    ]

    def sent(deanery: str, type_: str, rows: int = 3) -> OutboundFile:
        name = f"DE_{deanery}_{type_}_20261123_00000007.DAT"
        return OutboundFile(
            name=name, type=type_, deanery=deanery, day=yesterday, state=OutboundState.SENT, rows=rows
        )

    files = [
        sent("EOE", "APP"),
        sent("EOE", "DNC"),
        sent("LDN", "DNC"),
        sent("LDN", "APP"),
        sent("EOE", "APP", 0),
    ]
    assert [(file.deanery, file.type) for file in answered_late(cells, files)] == [
        ("EOE", "APP"),
        ("LDN", "DNC"),
    ]
    assert leaving_tomorrow(cells) == {("EOE", yesterday)}
    [found] = unconfirmed([late("APP", 41)], leaving_tomorrow(cells))
    assert (found.id, found.urgent) == ("suspected-quarantine:2026-11-23", True)
