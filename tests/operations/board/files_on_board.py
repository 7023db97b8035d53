"""Files as the ledger and the DataExporter keep them, and the board of them. All invented."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.services.bench import Bench
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import Terms, built_in_expectations
from tis_esr.operations.board.cells import Cell, FileType
from tis_esr.operations.board.whole_board import Board
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import OutboundFile, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FileState, InboundFile

LONDON = ZoneInfo("Europe/London")
NUMBERS = {"RMC": 4000, "RMF": 4000, "APC": 700, "DCC": 700, "APP": 700, "DNC": 700}


def at(text: str, day: date = TODAY) -> datetime:
    """Return ``14:30`` on London's clocks on a day, in UTC."""
    return datetime.combine(day, datetime.strptime(text, "%H:%M").time(), LONDON).astimezone(UTC)  # noqa: DTZ007


def terms(*, send_rtc: bool = False, due_days: int = 1) -> Terms:
    return Terms(
        built_in=built_in_expectations(
            "0 14 * * *",
            "0 15 * * *",
            export_wait_minutes=30,
            confirmation_due_days=due_days,
            send_rtc=send_rtc,
        ),
        window=ApplicantWindow(),
    )


def number(type_: str, day: date) -> int:
    return NUMBERS[type_] + (day - TODAY).days


def arrived(type_: str, came: datetime | None, day: date = TODAY, **changes: Any) -> InboundFile:
    """Return a file of EOE that came at a moment; processed, unless changed."""
    name = FileName("EOE", type_, day, changes.pop("sequence", number(type_, day)))
    values = {"state": FileState.SPLIT, "rows": 5, "sha256": "0" * 64, "stamp": "1", **changes}
    counter = "RMT" if type_ in {"RMF", "RMC"} else type_
    return InboundFile(
        name=str(name), deanery="EOE", type=type_, counter=counter, day=day, sequence=name.sequence,
        arrived_at=came, **values,
    )  # fmt: skip


def sent(type_: str, came: datetime | None, day: date = TODAY, **changes: Any) -> OutboundFile:
    """Return a file of ours for EOE that was written at a moment."""
    values = {"state": OutboundState.SENT, "rows": 3, **changes}
    name = str(FileName("EOE", type_, day, number(type_, day)))
    return OutboundFile(name=name, type=type_, deanery="EOE", day=day, written_at=came, **values)


async def cells(
    bench: Bench, now: datetime, day: date = TODAY, deanery: str | None = "EOE", **options: Any
) -> dict[str, Cell]:
    """Return the cells of a day by type; of all offices by ``office type``."""
    found = await shown(bench, now, day, deanery, **options)
    return {cell.type if deanery else f"{cell.deanery} {cell.type}": cell for cell in found.cells}


async def shown(
    bench: Bench, now: datetime, day: date = TODAY, deanery: str | None = "EOE", **options: Any
) -> Board:
    reader = bench.reader()
    try:
        return board(reader, day=day, now=now, terms=terms(**options), deanery=deanery)
    finally:
        reader.close()


def days_before(number: int, day: date = TODAY) -> list[date]:
    return [day - timedelta(days=back) for back in range(number, 0, -1)]


RMC, APP, DNC, RTC, APC, DCC = FileType
