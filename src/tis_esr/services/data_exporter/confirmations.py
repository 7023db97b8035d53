"""Attaches ESR's confirmations to the records it was sent: by file and row, else by position, number and date.

Part of the DataExporter. Reads ``apc.split`` and ``dcc.split``. A confirmation that matches no record, or more than one,
is unmatched, and has no other effect.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.versions import is_superseded
from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.records.file_names import FileName
from tis_esr.services.contracts.bodies import PositionDue
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RESENT,
    SENT,
    ApplicantRecord,
    EsrAnswer,
    NotificationRecord,
    Resent,
)
from tis_esr.services.data_exporter.resent_records import resent_as, save
from tis_esr.services.data_exporter.sent_records import answered, state_by, with_answer
from tis_esr.services.data_exporter.withdrawn_applicants import mark_withdrawn
from tis_esr.services.superseding import NEWER

R = TypeVar("R", ApplicantRecord, NotificationRecord, Resent)
Values = dict[str, Any]


class Confirmations:
    """Attaches ESR's answers to records."""

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler("esr.queue.apc.split", "apc.split", self.confirm_applicants),
            Handler("esr.queue.dcc.split", "dcc.split", self.confirm_notifications),
        ]

    async def confirm_applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Attach ESR's confirmation of an applicant to the record, even if the record was resent since, or is to be."""
        for message in messages:
            values = msgspec.json.decode(message.body)
            found, number = await _applicant(work, message, values)
            before = found if isinstance(found, Resent) else None
            record = found.record if isinstance(found, Resent) else found
            if before is not None:
                record = await resent_as(work, before)
            if record is None:
                _unmatched(work, message, number)
                continue
            of = before.file if before is not None else record.file
            _account_answer(work, message, record.answers)
            await save(work, answered(record, _answer(message, values, of), before))

    async def confirm_notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Attach ESR's confirmation of a notification to the record.

        If it was reported as lost, its position is notified again: what waits for ESR may be needless now.
        """
        for message in messages:
            values = msgspec.json.decode(message.body)
            record, number = await _notification(work, message, values)
            if record is None:
                _unmatched(work, message, number)
                continue
            _account_answer(work, message, record.answers)
            answers = with_answer(record.answers, _answer(message, values, record.file))
            after = msgspec.structs.replace(record, state=state_by(answers, record.file), answers=answers)
            work.put(NOTIFICATIONS, after)
            if after.has_reached_esr and not record.has_reached_esr:
                await mark_withdrawn(work, [after], FileName.parse(after.file or "").date)
                work.emit("position.due", PositionDue(position_id=record.position_id), cause=message)


async def _applicant(
    work: Work, message: Message, values: Values
) -> tuple[ApplicantRecord | Resent | None, int]:
    """Return the record of an APC row, or its earlier sending, and how many match."""
    file, position, row = _answered(message, "APP"), values["positionId"], values.get("esrVacancyId")
    about = {"file": file, "position_id": position}
    found = await work.find(APPLICANTS, about)
    now = [record for record in found if record.file == file]
    exact = [record for record in now if row is not None and record.file_row == row]
    if len(exact) == 1:
        return exact[0], 1
    moved = [place for record in found if record.file != file for place in record.earlier]
    places = [f"{place.file}:{place.row}" for place in moved if place.file == file]
    known = {RESENT.key(one): one for one in await work.find(RESENT, about)} | await work.get(RESENT, places)
    before = [one for one in known.values() if _is_over(one, now)]
    exactly_before = [one for one in before if row is not None and one.row == row]
    if len(exactly_before) == 1:
        return exactly_before[0], 1
    fitting: list[ApplicantRecord | Resent] = [one for one in now if _has_number(one, values)]
    fitting += [one for one in before if _has_number(one.record, values)]
    if not now and not before and not await _was_sent(work, [file]):
        fitting = [*await _of_that_day(work, APPLICANTS, message, position, lambda r: _has_number(r, values))]
    return _only(fitting)


def _is_over(before: Resent, now: Sequence[ApplicantRecord]) -> bool:
    """Return whether an earlier sending is not the record's last one as well; ``now`` are the records of its file."""
    return all(record.file_row != before.row for record in now)


async def _notification(
    work: Work, message: Message, values: Values
) -> tuple[NotificationRecord | None, int]:
    """Return the notification of a DCC row, and how many match."""
    files = [_answered(message, "DNC"), _answered(message, "DNF")]
    position, row = values.get("positionId"), values.get("row")
    if row is not None:
        exact = await work.find(NOTIFICATIONS, {"file": files, "file_row": row})
        exact = [record for record in exact if position is None or record.position_id == position]
        if len(exact) == 1:
            return exact[0], 1
    if position is None:
        return None, 0
    fitting = [
        record
        for record in await work.find(NOTIFICATIONS, {"file": files, "position_id": position})
        if _is_about(record, values)
    ]
    if not fitting and not await _was_sent(work, files):
        fitting = await _of_that_day(
            work, NOTIFICATIONS, message, position, lambda record: _is_about(record, values)
        )
    return _only(fitting)


async def _of_that_day(
    work: Work, collection: Collection[R], message: Message, position: int, fits: Callable[[R], bool]
) -> list[R]:
    """Return what was sent about a position on the day of a confirmation whose number matches no file sent from here."""
    name = FileName.parse(message.source_file)
    found: list[Any] = await work.find(collection, {"position_id": position})
    return [
        record
        for record in found
        if record.state in SENT and record.file and _day_of(record.file) == (name.deanery, name.date)
        if fits(record)
    ]


def _day_of(file: str) -> tuple[str, Any]:
    name = FileName.parse(file)
    return name.deanery, name.date


async def _was_sent(work: Work, files: Sequence[str]) -> bool:
    return bool(await work.get(OUTBOUND_FILES, files))


def _has_number(record: ApplicantRecord, values: Values) -> bool:
    return _agree(record.position_number, values.get("positionNumber")) and _agree(
        record.deanery_number, values.get("deaneryNumber")
    )


def _is_about(record: NotificationRecord, values: Values) -> bool:
    return (
        _agree(record.type, values.get("notificationTitleCode"))
        and _agree(record.fields.get("positionNumber"), values.get("positionNumber"))
        and _agree(record.deanery_number, values.get("deaneryNumber"))
    )


def _agree(ours: object, theirs: object) -> bool:
    """Return whether two values may be the same: a missing one contradicts nothing."""
    return ours is None or theirs in (None, "") or ours == theirs


def _only(fitting: Sequence[Any]) -> tuple[Any, int]:
    return (fitting[0] if len(fitting) == 1 else None), len(fitting)


def _answer(message: Message, values: Values, of: str | None) -> EsrAnswer:
    return EsrAnswer(
        file=message.source_file,
        row=message.row,
        status=str(values["loadStatusCode"]).strip().upper(),
        kind=str(values.get("messageType") or "").strip().upper(),
        text=values.get("messageText") or "",
        applicant_number=values.get("applicantNumber") or "",
        assignment_id=values.get("assignmentId"),
        of=of or "",
    )


def _account_answer(work: Work, message: Message, answers: Sequence[EsrAnswer]) -> None:
    """Account for a confirmation: a later row of the same file about the same record supersedes it."""
    last = max((answer.row for answer in answers if answer.file == message.source_file), default=0)
    if is_superseded(message.row, last):
        _account(work, message, RowState.SUPERSEDED, NEWER)
    else:
        _account(work, message, RowState.APPLIED)


def _unmatched(work: Work, message: Message, number: int) -> None:
    _account(work, message, RowState.UNMATCHED, f"{counted(number, 'record')} sent to ESR match it")


def _answered(message: Message, file_type: str) -> str:
    name = FileName.parse(message.source_file)
    return str(FileName(name.deanery, file_type, name.date, name.sequence))


def _account(work: Work, message: Message, state: RowState, reason: str = "") -> None:
    record_type = message.queue.split(".")[2].upper()
    work.account(message.source_file, message.row, record_type, state, reason)
