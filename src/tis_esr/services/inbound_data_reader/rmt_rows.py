"""Reports the data rows of an RMF or RMC to be acknowledged, chunk by chunk, by ESR's own ids."""

from collections.abc import Iterator, Sequence
from typing import Any

from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.work import Work
from tis_esr.records.row_reading import Record
from tis_esr.services.contracts.bodies import RmtRow, RmtSplit
from tis_esr.services.inbound_data_reader.file_ledger import FileState, InboundFile

RMT_TYPES = ("RMF", "RMC")
_FRAME = {"HDR", "TRL", ""}
_IDS = ("positionID", "assignmentId")


def rmt_rows(file: InboundFile, group: Sequence[Record]) -> Iterator[RmtRow]:
    """Yield the data rows of a group; those of an assignment have its id and post, as far as they are known.

    ``file`` is the ledger entry after the group was added.
    """
    head = file.asg_head[0].values if file.asg_head else {}
    for record in group:
        if record.type not in _FRAME:
            values = record.values if record.type in {"POR", "POS", "ASG"} else head
            yield RmtRow(
                row=record.row, record_id=_id(values), deanery_number=str(values.get("deaneryNumber") or "")
            )


def _id(values: Any) -> int | None:
    found = next((values[name] for name in reversed(_IDS) if isinstance(values.get(name), int)), None)
    return int(found) if found is not None else None


def report(work: Work, before: InboundFile, file: InboundFile, rows: list[RmtRow]) -> None:
    """Send the rows of the chunk that was split between two states of a file's entry."""
    is_last = file.state is FileState.SPLIT
    cause = Message(
        id=derived_id("rmt", file.name, file.sha256, before.next_row, is_last),
        queue="",
        correlation_id=f"{file.name}:0",
        source_file=file.name,
        deanery=file.deanery,
        row=0,
        body=b"",
    )
    body = RmtSplit(
        first=before.next_row, end=file.next_row, is_last=is_last, rows=rows, incomplete=file.incomplete
    )
    work.emit("rmt.split", body, cause=cause)
