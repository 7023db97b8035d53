"""Whether a retry of a parked message would take effect, by the rules and the stored versions of its own service."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

import msgspec

from tis_esr.decisions.people import registration_numbers
from tis_esr.decisions.positions import PositionRow, SourceRow, with_row
from tis_esr.decisions.tis_changes import read_change
from tis_esr.decisions.versions import is_superseded, stamp_of
from tis_esr.engine.envelope import Message
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.app_generator.applicant_generation import GENERATED
from tis_esr.services.contracts.bodies import (
    ApplicantExported,
    ApplicantsGenerated,
    Assignment,
    FileArrived,
    NotificationsGenerated,
    PositionChanged,
    PositionReconciled,
)
from tis_esr.services.data_exporter.outbound import APPLICANTS, HANDLED, NOTIFICATIONS
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState
from tis_esr.services.inbound_data_writer.person_details import sort_out
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE, Case
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS, TisExport
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS
from tis_esr.services.superseding import Handled
from tis_esr.services.tis_changes.tis_changes import CHANGED_THINGS


class Outlook(StrEnum):
    """What a retry would do."""

    TAKES_EFFECT = "takes effect"
    PARTLY_SUPERSEDED = "partly superseded"
    SUPERSEDED = "superseded"
    DONE_BEFORE = "done before"
    NOT_POSSIBLE = "not possible"
    UNKNOWN = "unknown"


Judge = Callable[[Reader, Message, date], Outlook]


def outlook(reader: Reader, message: Message, today: date) -> Outlook:
    """Return what a retry would do, as far as what is stored shows; TCS is not read.

    Messages that carry no version are handled with the data of the moment, so they take effect.
    """
    judge = _JUDGES.get(message.queue)
    return judge(reader, message, today) if judge else Outlook.TAKES_EFFECT


def _by_version(arriving: int, known: Handled | None) -> Outlook:
    if is_superseded(arriving, known.version if known else None):
        return Outlook.SUPERSEDED
    return Outlook.TAKES_EFFECT


def _row(reader: Reader, message: Message, _: date, *, source: str) -> Outlook:
    values = message.decode(PositionRow)
    position = next(iter(reader.get(POSITIONS, [str(values.position_id)])), None)
    stamp = stamp_of(message.source_file, message.row)
    row = SourceRow(stamp=stamp, deanery=message.deanery, file=message.source_file, values=values)
    superseded = position is not None and with_row(position.claims, source, row) is None
    return Outlook.SUPERSEDED if superseded else Outlook.TAKES_EFFECT


def _assignment(reader: Reader, message: Message, today: date) -> Outlook:
    """Judge by the details that newer rows of this person had; TIS's other people have none."""
    body = message.decode(Assignment)
    gmc, gdc = registration_numbers(row.values for row in (*body.head, *body.rows) if row.type == "PBD")
    people = {entry.person_id for number in gmc for entry in reader.find(JOURNAL, {"gmc_number": number})}
    known = reader.get(TIS_PEOPLE, [str(person) for person in people if person is not None])
    if len(known) != 1:
        return Outlook.TAKES_EFFECT
    case = Case(message, body.rows, gmc, gdc, body.head)
    sort_out(case, known[0], today)
    brought = sum(map(len, case.brought.values()))
    given = sum(map(len, case.given.values()))
    if brought and not given:
        return Outlook.SUPERSEDED
    return Outlook.PARTLY_SUPERSEDED if case.superseded else Outlook.TAKES_EFFECT


def _applicants_of(reader: Reader, message: Message, _: date) -> Outlook:
    event = message.decode(PositionReconciled)
    known = next(iter(reader.get(GENERATED, [str(event.position.position_id)])), None)
    return _by_version(event.revision, known.handled if known else None)


def _notifications_of(reader: Reader, message: Message, _: date) -> Outlook:
    event = message.decode(PositionReconciled)
    known = next(iter(reader.get(KNOWN_POSITIONS, [str(event.position.position_id)])), None)
    return _by_version(event.revision, known.handled if known else None)


def _applicant_records(reader: Reader, message: Message, _: date) -> Outlook:
    body = message.decode(ApplicantsGenerated)
    known = next(iter(reader.get(HANDLED, [f"applicants:{body.position.position_id}"])), None)
    return _by_version(body.revision, known.handled if known else None)


def _notification_records(reader: Reader, message: Message, _: date) -> Outlook:
    body = message.decode(NotificationsGenerated)
    known = next(iter(reader.get(HANDLED, [f"notifications:{body.position.position_id}"])), None)
    return _by_version(body.version, known.handled if known else None)


def _position_to_tcs(reader: Reader, message: Message, _: date) -> Outlook:
    body = message.decode(PositionChanged)
    known = next(iter(reader.get(TIS_POSITIONS, [f"{body.position_id}:{body.position_number}"])), None)
    if known is None or is_superseded(body.revision, known.handled.version):
        return _by_version(body.revision, known.handled if known else None)
    has_it = known.confirmed is not None and known.confirmed.post_id == body.post_id
    done = has_it and known.confirmed is not None and known.confirmed.status == body.status
    return Outlook.DONE_BEFORE if done and known.open is None else Outlook.TAKES_EFFECT


def _export_to_tcs(reader: Reader, message: Message, _: date) -> Outlook:
    body = message.decode(ApplicantExported)
    key = TIS_EXPORTS.key(
        TisExport(placement_id=body.placement_id, position_id=body.position_id, filename=body.filename)
    )
    known = next(iter(reader.get(TIS_EXPORTS, [key])), None)
    return Outlook.DONE_BEFORE if known is not None and known.confirmed else Outlook.TAKES_EFFECT


def _answer(reader: Reader, message: Message, _: date) -> Outlook:
    position = msgspec.json.decode(message.body, type=dict[str, Any]).get("positionId")
    is_known = isinstance(position, int)
    records = reader.find(APPLICANTS, {"position_id": position}) if is_known else []
    told = reader.find(NOTIFICATIONS, {"position_id": position}) if is_known else []
    place = message.source_file, message.row
    done = any(
        (answer.file, answer.row) == place for record in (*records, *told) for answer in record.answers
    )
    return Outlook.DONE_BEFORE if done else Outlook.TAKES_EFFECT


def _file(reader: Reader, message: Message, _: date) -> Outlook:
    name = message.decode(FileArrived).name
    known = next(iter(reader.get(FILES, [name])), None)
    return Outlook.DONE_BEFORE if known and known.state is FileState.SPLIT else Outlook.TAKES_EFFECT


def _tis_change(reader: Reader, message: Message, _: date) -> Outlook:
    change = read_change(msgspec.json.decode(message.body))
    known = next(iter(reader.get(CHANGED_THINGS, [change.key])), None) if change else None
    superseded = change is not None and known is not None and is_superseded(change.at, known.at)
    return Outlook.SUPERSEDED if superseded else Outlook.TAKES_EFFECT


_JUDGES: Mapping[str, Judge] = {
    "esr.queue.file.arrived": _file,
    "esr.queue.por.split": partial(_row, source="por"),
    "esr.queue.pos.split": partial(_row, source="pos"),
    "esr.queue.asg.split": _assignment,
    "esr.queue.apc.split": _answer,
    "esr.queue.dcc.split": _answer,
    "esr.queue.tis.change": _tis_change,
    "esr.queue.position.reconciled.appgenerator": _applicants_of,
    "esr.queue.position.reconciled.notificationgenerator": _notifications_of,
    "esr.queue.apprecord.generated": _applicant_records,
    "esr.queue.notification.generated": _notification_records,
    "esr.queue.position.changed": _position_to_tcs,
    "esr.queue.apprecord.exported.inbounddatawriter": _export_to_tcs,
}
