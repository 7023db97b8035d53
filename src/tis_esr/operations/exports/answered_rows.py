"""Rows of a file of ours with ESR's answer in its own words: those that it rejected, and a single one."""

from typing import Any, Final

import msgspec

from tis_esr.decisions.rejected_by_esr import REJECTION_WHO
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.states import words
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)

WHO_ACTS: Final = REJECTION_WHO.value
"""Who must act on the rows that ESR rejected, in words."""


class AnsweredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of our file: its record, the ``word`` by which ``tis-esr why`` explains it, its state, and ESR's last answer.

    ``message`` is ESR's text, which may quote what it was sent; ``answered_in`` its file and row, "" without an answer.
    """

    row: int
    record: str
    word: str
    state: str
    message: str
    answered_in: str


def rejected_rows(reader: Reader, file: str) -> list[AnsweredRow]:
    """Return the rows of a file that ESR rejected and that nobody has corrected since, in their order."""
    found = _find(reader, file, {"file": file, "state": RecordState.REJECTED.value})
    return sorted(found, key=lambda one: one.row)


def answered_row(reader: Reader, file: str, row: int) -> AnsweredRow | None:
    """Return one row of a file; None if its record is not stored, or is in a later file."""
    return next(iter(_find(reader, file, {"file": file, "file_row": row})), None)


def _find(reader: Reader, file: str, where: dict[str, Any]) -> list[AnsweredRow]:
    collection: Any = APPLICANTS if FileName.parse(file).type == "APP" else NOTIFICATIONS
    return [_row(record) for record in reader.find(collection, where)]


def _row(record: ApplicantRecord | NotificationRecord) -> AnsweredRow:
    last = record.answers[-1] if record.answers else None
    placement = record.placement_id if isinstance(record, ApplicantRecord) else None
    return AnsweredRow(
        row=record.file_row or 0,
        record=record.key,
        word=f"placement:{placement}" if placement is not None else f"position:{record.position_id}",
        state=words(record.state.value),
        message=last.text if last else "",
        answered_in=f"{last.file}, row {last.row}" if last else "",
    )
