"""Person updates from ESR in the files of some days: applied or refused, and why. No values."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from tis_esr.decisions.person_refusals import Refusal
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.reports.report import Filters, Value
from tis_esr.operations.states import words
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry

UPDATE_COLUMNS = (
    "deanery",
    "file",
    "row",
    "section",
    "field",
    "column",
    "state",
    "code",
    "reason",
    "gmc_number",
)
_TYPES = ("RMC", "RMF")
Row = dict[str, Value]


def updates(
    state: Reader, filters: Filters, day: date, days: int, advance: Callable[[], None] = lambda: None
) -> Iterator[Row]:
    """Yield the updates of the files dated within ``days`` up to and with ``day``, by file."""
    for deanery in filters.deaneries:
        for file_type in _TYPES:
            first, end = day - timedelta(days=days - 1), day + timedelta(days=1)
            of_days = Between(
                f"DE_{deanery}_{file_type}_{first:%Y%m%d}", f"DE_{deanery}_{file_type}_{end:%Y%m%d}"
            )
            for entry in state.find(JOURNAL, {"correlation_id": of_days}):
                yield _row(deanery, entry)
        advance()


def _row(deanery: str, entry: JournalEntry) -> Row:
    return {
        "deanery": deanery,
        "file": entry.correlation_id.rpartition(":")[0],
        "row": entry.row,
        "section": entry.section,
        "field": entry.field,
        "column": entry.column,
        "state": words(entry.state.value).lower(),
        "code": entry.code,
        "reason": Refusal(entry.code).text if entry.code in set(Refusal) else "",
        "detail": entry.reason,
        "gmc_number": entry.gmc_number,
    }
