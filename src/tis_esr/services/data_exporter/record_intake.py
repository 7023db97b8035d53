"""DataExporter: stores applicant records and notifications until they are sent to ESR.

Reads ``apprecord.generated``, ``notification.generated``, and the confirmations ``apc.split`` and
``dcc.split``. ``export_run`` creates the files.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tis_esr.decisions.versions import is_superseded
from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.records.file_names import FileName
from tis_esr.services.contracts.bodies import ApplicantsGenerated, NotificationsGenerated
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    HANDLED,
    NOTIFICATIONS,
    ApplicantRecord,
    EsrAnswer,
    HandledPosition,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.data_exporter.pending_records import applicants, by_position, notifications
from tis_esr.services.superseding import NEWER, News, newest

R = TypeVar("R", ApplicantRecord, NotificationRecord)
ANSWERS_KEPT = 20
"""How many rows of ESR's answer are stored for one record: one is usual, a success with a warning has two."""
B = TypeVar("B", ApplicantsGenerated, NotificationsGenerated)


class DataExporter:
    """Stores records for export and attaches ESR's confirmations to them."""

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler("esr.queue.apprecord.generated", "apprecord.generated", self.store_applicants),
            Handler("esr.queue.notification.generated", "notification.generated", self.store_notifications),
            Handler("esr.queue.apc.split", "apc.split", self.confirm_applicants),
            Handler("esr.queue.dcc.split", "dcc.split", self.confirm_notifications),
        ]

    async def store_applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Store the applicant records of each position: update pending ones, leave sent ones unchanged."""
        arriving = [_of_applicants(message) for message in messages]
        fresh = await _newest(work, arriving)
        stored = await _stored(work, APPLICANTS, fresh)
        for news in fresh:
            records = stored.get(news.body.position.position_id, ())
            with work.part(news.key, news.message):
                _remember(work, "applicants", news)
                for record in applicants(records, news.body, news.message):
                    work.put(APPLICANTS, record)

    async def store_notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Store the notifications of each position: replace pending ones, drop what ESR already has."""
        arriving = [_of_notifications(message) for message in messages]
        fresh = await _newest(work, arriving)
        stored = await _stored(work, NOTIFICATIONS, fresh)
        for news in fresh:
            records = stored.get(news.body.position.position_id, ())
            with work.part(news.key, news.message):
                _remember(work, "notifications", news)
                for record in notifications(records, news.body, news.message):
                    work.put(NOTIFICATIONS, record)

    async def confirm_applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Attach ESR's confirmation of an applicant: the APC has the number of its APP and names the row in it."""
        for message in messages:
            values = msgspec.json.decode(message.body)
            where = {"file": _answered(message, "APP"), "position_id": values["positionId"]}
            if "esrVacancyId" in values:
                where["file_row"] = values["esrVacancyId"]
            _confirm(work, APPLICANTS, await work.find(APPLICANTS, where), message, values)

    async def confirm_notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Attach ESR's confirmation of a notification: the DCC has the number of its DNC and names the row in it."""
        for message in messages:
            values = msgspec.json.decode(message.body)
            where = {"file": _answered(message, "DNC"), "file_row": values.get("row")}
            _confirm(work, NOTIFICATIONS, await work.find(NOTIFICATIONS, where), message, values)


def _of_applicants(message: Message) -> News[ApplicantsGenerated]:
    body = message.decode(ApplicantsGenerated)
    return News(
        f"applicants:{body.position.position_id}", body.revision, body.position.sources, message, body
    )


def _of_notifications(message: Message) -> News[NotificationsGenerated]:
    body = message.decode(NotificationsGenerated)
    return News(
        f"notifications:{body.position.position_id}", body.version, body.position.sources, message, body
    )


async def _newest(work: Work, arriving: Sequence[News[B]]) -> list[News[B]]:
    """Return the newest of each position; older ones are dropped."""
    known = await work.get(HANDLED, {news.key for news in arriving})
    fresh = newest(work, arriving, {key: position.handled for key, position in known.items()})
    return list(fresh.values())


def _remember(work: Work, kind: str, news: News[B]) -> None:
    position_id = news.body.position.position_id
    work.put(HANDLED, HandledPosition(kind=kind, position_id=position_id, handled=news.handled))


async def _stored(work: Work, collection: Collection[R], fresh: Sequence[News[B]]) -> Mapping[int, list[R]]:
    positions = [news.body.position.position_id for news in fresh]
    return by_position(await work.find(collection, {"position_id": positions}) if positions else [])


def _confirm(
    work: Work, collection: Collection[R], found: Sequence[R], message: Message, values: dict[str, Any]
) -> None:
    """Attach ESR's confirmation to its record; of several in the file the one in the last row counts."""
    if len(found) != 1:
        _account(work, message, RowState.UNMATCHED, f"{len(found)} records sent to ESR match it")
        return
    [record] = found
    last = record.answers[-1].row if record.answers else 0
    work.put(collection, _confirmed(record, _answer(message, values)))
    if is_superseded(message.row, last):
        _account(work, message, RowState.SUPERSEDED, NEWER)
    else:
        _account(work, message, RowState.APPLIED)


def _answer(message: Message, values: dict[str, Any]) -> EsrAnswer:
    return EsrAnswer(
        file=message.source_file,
        row=message.row,
        status=str(values["loadStatusCode"]).strip().upper(),
        kind=str(values.get("messageType") or "").strip().upper(),
        text=values.get("messageText") or "",
        applicant_number=values.get("applicantNumber") or "",
        assignment_id=values.get("assignmentId"),
    )


def _confirmed(record: R, answer: EsrAnswer) -> R:
    """Return the record with one more answer; the last row decides, in whatever order they arrive."""
    by_row = {known.row: known for known in record.answers} | {answer.row: answer}
    answers = [by_row[row] for row in sorted(by_row)][-ANSWERS_KEPT:]
    state = RecordState.CONFIRMED if answers[-1].is_accepted else RecordState.REJECTED
    return msgspec.structs.replace(record, state=state, answers=answers)


def _answered(message: Message, file_type: str) -> str:
    name = FileName.parse(message.source_file)
    return str(FileName(name.deanery, file_type, name.date, name.sequence))


def _account(work: Work, message: Message, state: RowState, reason: str = "") -> None:
    record_type = message.queue.split(".")[2].upper()
    work.account(message.source_file, message.row, record_type, state, reason)
