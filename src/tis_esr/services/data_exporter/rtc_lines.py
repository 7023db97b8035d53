"""The rows of an RTC: one for each row of the RMF or RMC. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.values import misfit_reason
from tis_esr.services.contracts.bodies import RmtRow

_FRAME = {"HDR", "TRL", ""}
_LONGEST_TEXT = 200
_SAID: Mapping[RowState, tuple[str, str]] = {
    RowState.APPLIED: ("SUCCESS", "INFO"),
    RowState.SUPERSEDED: ("SUCCESS", "INFO"),
    RowState.IGNORED: ("SUCCESS", "INFO"),
    RowState.UNMATCHED: ("FAIL", "WARNING"),
    RowState.PARKED: ("FAIL", "ERROR"),
}
"""The status and severity of each state; a row that is pending is not acknowledged."""


def lines(source: str, rows: Iterable[Row], known: Iterable[RmtRow]) -> list[dict[str, Any]]:
    """Return the columns of the RTC's rows, in the order of the source's: a line for each data row.

    A value that is not valid for its column is left blank; text for people is cut to its length.
    """
    ids = {row.row: row for row in known}
    return [
        _line(source, row, ids.get(row.row, RmtRow(row=row.row))) for row in rows if row.type not in _FRAME
    ]


def incomplete_line(source: str, last_row: int, why: str) -> dict[str, Any]:
    """Return the line that reports an incomplete source, as if from its TRL row, whether or not it has one."""
    return _fitting(
        sourceFile=source,
        row=last_row,
        recordType="TRL",
        loadStatusCode="FAIL",
        messageType="ERROR",
        messageText=_cut(f"incomplete: {why}"),
    )


def _line(source: str, row: Row, known: RmtRow) -> dict[str, Any]:
    status, kind = _SAID[row.state]
    return _fitting(
        sourceFile=source,
        row=row.row,
        recordType=row.type if row.type in LAYOUTS else None,
        recordId=known.record_id,
        deaneryNumber=known.deanery_number,
        loadStatusCode=status,
        messageType=kind,
        messageText=_cut(f"{row.state.value}: {row.reason}" if row.reason else row.state.value),
    )


def _fitting(**values: Any) -> dict[str, Any]:
    columns = LAYOUTS["RTC"].by_name
    return {
        name: value for name, value in values.items() if value and not misfit_reason(columns[name], value)
    }


def _cut(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= _LONGEST_TEXT else plain[: _LONGEST_TEXT - 3] + "..."
