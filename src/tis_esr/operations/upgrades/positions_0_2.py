"""Positions of 0.2.0, with everything that services store of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tis_esr.decisions.positions import Claims, SourceRow, leading_claim, position_number, with_row
from tis_esr.decisions.versions import stamp_of
from tis_esr.engine.upgrading import Json, OldDocuments, Written
from tis_esr.operations.upgrades.applicants_0_2 import OldSent, applicants, as_sent
from tis_esr.operations.upgrades.notifications_0_2 import notifications
from tis_esr.services.app_generator.applicant_generation import GENERATED, GeneratedPosition
from tis_esr.services.contracts.bodies import PositionReconciled
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    HANDLED,
    NOTIFICATIONS,
    ApplicantRecord,
    HandledPosition,
    NotificationRecord,
)
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS, TisExport
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS, Linked, TisPosition
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, KnownPosition, Source
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, NotifiedPost, Position
from tis_esr.services.superseding import Handled


@dataclass
class _Old:
    """What 0.2.0 stored of one position besides its own document."""

    known: Json | None = None
    applicants: list[Json] = field(default_factory=list)
    notifications: list[Json] = field(default_factory=list)
    sent: dict[int, OldSent] = field(default_factory=dict)


def positions(old: OldDocuments, documents: Sequence[Json]) -> Iterator[Written]:
    """Yield all documents of each position: of Reconciliation, the generators, the DataExporter and the InboundDataWriter."""
    numbers = [document["position_id"] for document in documents]
    stored: dict[int, _Old] = {number: _Old() for number in numbers}
    for known in old.get(KNOWN_POSITIONS.name, [str(number) for number in numbers]):
        stored[known["position_id"]].known = known
    for record in old.find(APPLICANTS.name, "position_id", numbers):
        stored[record["position_id"]].applicants.append(record)
    for record in old.find(NOTIFICATIONS.name, "position_id", numbers):
        stored[record["position_id"]].notifications.append(record)
    for sent in old.find("notificationgenerator.sent", "position_id", numbers):
        stored[sent["position_id"]].sent[sent["placement_id"]] = msgspec.convert(sent, OldSent)
    notified = _notified_rows(old, stored)
    for document in documents:
        yield from _of_position(_position(document), stored[document["position_id"]], notified)


def _notified_rows(old: OldDocuments, stored: Mapping[int, _Old]) -> Mapping[str, int]:
    """Return how many rows of each applicant file TCS has been notified of."""
    names = {record["file"] for one in stored.values() for record in one.applicants if record["file"]}
    return {file["name"]: file["told"] for file in old.get("dataexporter.files", sorted(names))}


def _of_position(position: Position, old: _Old, notified: Mapping[str, int]) -> Iterator[Written]:
    yield POSITIONS, position
    if position.notified is not None:
        yield TIS_POSITIONS, _tis_position(position, position.notified)
    records = applicants(old.applicants, old.notifications)
    drafts = notifications(position, old.notifications, records, old.sent)
    for record in records:
        yield APPLICANTS, record
        if record.file is not None:
            yield TIS_EXPORTS, _tis_export(record, notified)
    for draft in drafts:
        yield NOTIFICATIONS, draft
    if old.applicants:
        yield HANDLED, _handled("applicants", position, old.applicants)
        yield GENERATED, _generated(position, old.applicants)
    if old.notifications:
        yield HANDLED, _handled("notifications", position, old.notifications)
    if old.known is not None:
        yield KNOWN_POSITIONS, _known(position, old.known, records, drafts)


def _position(document: Json) -> Position:
    """Return a position with the claim of each office that sent a row of it; it is compared with TIS again."""
    claims: Claims = {}
    for source in ("por", "pos"):
        if document[source] is not None:
            row = {**document[source], "stamp": _stamp(document[source])}
            claims = with_row(claims, source, msgspec.convert(row, SourceRow)) or claims
    claim = leading_claim(claims)
    is_current = document["reconciled"] == document["revision"]
    told = document["told"]
    return Position(
        position_id=document["position_id"],
        claims=dict(claims),
        revision=document["revision"],
        reconciled=document["reconciled"],
        reconciled_at=0.0 if document["reconciled"] and not claim.ended else None,
        reconciled_number=document["deanery_number"] if is_current else "",
        status=document["status"],
        deleted=claim.ended,
        deanery=claim.lead.deanery,
        deanery_number=claim.lead.values.deanery_number,
        position_number=position_number(claims),
        post_id=document["post_id"],
        other_post_ids=document["other_post_ids"],
        notified=msgspec.convert(told, NotifiedPost) if told is not None else None,
        correlation_id=document["correlation_id"],
    )


def _stamp(row: Json) -> Any:
    """Return the stamp of a row with its office, which 0.2.0 did not have in it."""
    return msgspec.to_builtins(stamp_of(row["file"], row["stamp"][2]))


def _tis_position(position: Position, told: NotifiedPost) -> TisPosition:
    """Return what TCS has of a position; where a message about it still waits, that is checked, see ``messages_0_2``."""
    link = Linked(post_id=told.post_id, status=told.status)
    day = leading_claim(position.claims).lead.stamp.day
    return TisPosition(
        position_id=position.position_id,
        position_number=told.position_number,
        handled=Handled(version=0),
        wanted=link,
        event_at=f"{day}T00:00:00.000",
        confirmed=link,
    )


def _tis_export(record: ApplicantRecord, notified: Mapping[str, int]) -> TisExport:
    file, row = record.file or "", record.file_row or 0
    return TisExport(
        placement_id=record.placement_id,
        position_id=record.position_id,
        filename=file,
        confirmed=row <= notified.get(file, 0),
    )


def _handled(kind: str, position: Position, records: Sequence[Json]) -> HandledPosition:
    return HandledPosition(kind=kind, position_id=position.position_id, handled=_version(records))


def _generated(position: Position, records: Sequence[Json]) -> GeneratedPosition:
    return GeneratedPosition(position_id=position.position_id, handled=_version(records), notified=True)


def _version(records: Sequence[Json]) -> Handled:
    return Handled(version=max(record["revision"] for record in records))


def _known(
    position: Position,
    known: Json,
    records: Sequence[ApplicantRecord],
    drafts: Sequence[NotificationRecord],
) -> KnownPosition:
    event = msgspec.convert(known["event"], PositionReconciled)
    lead = leading_claim(position.claims).lead
    return KnownPosition(
        position_id=position.position_id,
        post_id=known["post_id"],
        handled=Handled(version=event.revision),
        event=event,
        source=Source(
            correlation_id=f"{lead.file}:{lead.stamp.row}",
            file=lead.file,
            deanery=lead.deanery,
            row=lead.stamp.row,
        ),
        version=event.revision,
        told=bool(drafts),
        sent=[as_sent(record) for record in records if record.file is not None],
        deanery=event.position.deanery,
    )
