"""Requests to the InboundDataWriter, which alone writes to TCS: it checks there first, and appends what is missing."""

from datetime import UTC, datetime

import msgspec

from tis_esr.decisions.positions import leading_claim, sources
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.contracts.bodies import ApplicantExported, PositionChanged
from tis_esr.services.data_exporter.exported_event import exported
from tis_esr.services.data_exporter.outbound import ApplicantRecord
from tis_esr.services.reconciliation.position_reconciliation import NotifiedPost, Position

EXPORTED_QUEUE = "esr.queue.apprecord.exported.inbounddatawriter"
CHANGED_QUEUE = "esr.queue.position.changed"
_CORRELATION = "status:"


def export_repair(record: ApplicantRecord, file: str, at: datetime, run: float) -> Message:
    """Return the message that has the event of a sent applicant appended."""
    event = exported(record, file, at.astimezone(UTC).isoformat(timespec="milliseconds"))
    body: ApplicantExported = msgspec.structs.replace(event, again=True)
    return _message(EXPORTED_QUEUE, body, run, record.key, file)


def position_repair(position: Position, notified: NotifiedPost, now: datetime, run: float) -> Message:
    """Return the message that has the state of a position appended."""
    body = PositionChanged(
        revision=position.reconciled,
        sources=sources(position.claims),
        post_id=notified.post_id,
        position_id=position.position_id,
        position_number=notified.position_number,
        status=notified.status,
        filename=leading_claim(position.claims).lead.file,
        event_date_time=now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
        again=True,
    )
    return _message(CHANGED_QUEUE, body, run, position.position_id, notified.position_number)


def parked_repairs(reader: Reader, since: float) -> int:
    """Return how many requests of a comparison that began at ``since``, by the engine's clock, were parked."""
    return sum(
        trace.queue in {EXPORTED_QUEUE, CHANGED_QUEUE}
        and trace.correlation_id.startswith(_CORRELATION)
        and trace.parked_at >= since
        for trace in reader.parked()
    )


def _message(queue: str, body: msgspec.Struct, run: float, *about: object) -> Message:
    return Message(
        id=derived_id("status", run, queue, *about),
        queue=queue,
        correlation_id=f"{_CORRELATION}{about[0]}",
        source_file="",
        deanery="",
        row=0,
        body=msgspec.json.encode(body),
    )
