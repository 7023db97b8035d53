"""What TCS and ESR already have of the thing that a parked message is about, and the outcome of its rows."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tis_esr.engine.envelope import Message
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import Row
from tis_esr.operations.states import words
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, SENT, ApplicantRecord
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS, TisExport
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

_MOST_ROWS = 100
_ID_BELOW = 2**63
"""No id is larger, and neither store can search for a larger number."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Which positions and placements a message is about; of a person update the journal knows more."""

    positions: list[int] = []
    placements: list[int] = []


def subject(message: Message) -> Subject:
    """Return what a message is about, by the ids in its body."""
    try:
        body = msgspec.json.decode(message.body)
    except (msgspec.DecodeError, RecursionError):
        return Subject()
    if not isinstance(body, Mapping):
        return Subject()
    within = [body, *(part for part in (body.get("position"),) if isinstance(part, Mapping))]
    applicants = body.get("applicants") or []
    listed = [body, *(one for one in applicants if isinstance(one, Mapping))]
    return Subject(
        positions=_numbers(within, "positionId", "positionID"), placements=_numbers(listed, "placementId")
    )


def rows_of(reader: Reader, message: Message, last_row: int = 0) -> list[Row]:
    """Return the rows that a message covers, with their present outcome."""
    if not message.row:
        return []
    last = min(max(message.row, message.last_row, last_row), message.row + _MOST_ROWS - 1)
    return reader.rows([(message.source_file, row) for row in range(message.row, last + 1)])


def in_esr(reader: Reader, about: Subject) -> Iterator[str]:
    """Yield what was sent to ESR about these positions and placements."""
    for record in _applicants(reader, about):
        if record.state in SENT:
            yield (
                f"applicant of placement {record.placement_id} for position {record.position_id}:"
                f" {words(record.state.value)}, in {record.file} row {record.file_row}"
            )
    for position in about.positions:
        for told in reader.find(NOTIFICATIONS, {"position_id": position}):
            if told.state in SENT:
                yield (
                    f"notification type {told.type} for position {position}:"
                    f" {words(told.state.value)}, in {told.file} row {told.file_row}"
                )


def in_tcs(reader: Reader, message: Message, about: Subject) -> Iterator[str]:
    """Yield what TCS was notified of, by position, by applicant, and by field of the person."""
    for position in reader.get(POSITIONS, [str(id_) for id_ in about.positions]):
        key = f"{position.position_id}:{position.position_number}"
        for known in reader.get(TIS_POSITIONS, [key]):
            if known.confirmed is not None:
                yield f"position {position.position_id}: {known.confirmed.status} on post {known.confirmed.post_id}"
    sent = {_export(record) for record in _applicants(reader, about) if record.file}
    for export in reader.get(TIS_EXPORTS, sorted(sent)):
        if export.confirmed:
            yield f"placement {export.placement_id}: exported in {export.filename}"
    for entry in reader.find(JOURNAL, {"correlation_id": message.correlation_id}):
        yield f"person {entry.person_id}: {entry.section}.{entry.field}: {words(entry.state.value)}"


def _applicants(reader: Reader, about: Subject) -> list[ApplicantRecord]:
    found = {r.key: r for id_ in about.positions for r in reader.find(APPLICANTS, {"position_id": id_})}
    found |= {r.key: r for id_ in about.placements for r in reader.find(APPLICANTS, {"placement_id": id_})}
    return list(found.values())


def _export(record: ApplicantRecord) -> str:
    return TIS_EXPORTS.key(
        TisExport(
            placement_id=record.placement_id, position_id=record.position_id, filename=record.file or ""
        )
    )


def _numbers(bodies: list[Mapping[str, Any]], *names: str) -> list[int]:
    found = [body.get(name) for body in bodies for name in names]
    return list(dict.fromkeys(n for n in found if isinstance(n, int) and abs(n) < _ID_BELOW))
