"""DataExporter: keeps applicant records and notifications until they have gone to ESR.

Reads ``apprecord.generated``, ``notification.generated``, and the confirmations ``apc.split`` and
``dcc.split``. The files themselves are made by ``export_run``.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from tis_esr.engine.messages import Message
from tis_esr.engine.rows import RowState
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.records.filenames import FileName
from tis_esr.services.messages import (
    Applicant,
    ApplicantsGenerated,
    NotificationDraft,
    NotificationsGenerated,
)
from tis_esr.services.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    PENDING,
    SENT,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)

R = TypeVar("R", ApplicantRecord, NotificationRecord)

_NO_LONGER = "its placement has started, no longer counts or is gone, or its position is no longer matched"
_NOW_AND_NEXT = "1"


class DataExporter:
    """See the module."""

    def handlers(self) -> list[Handler]:
        """Return what it reads, and how."""
        return [
            Handler("esr.queue.apprecord.generated", "apprecord.generated", self.store_applicants),
            Handler("esr.queue.notification.generated", "notification.generated", self.store_notifications),
            Handler("esr.queue.apc.split", "apc.split", self.confirm_applicants),
            Handler("esr.queue.dcc.split", "dcc.split", self.confirm_notifications),
        ]

    async def store_applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Keep the applicant records of each position: update what has not gone out, drop what has."""
        bodies = [(message, message.decode(ApplicantsGenerated)) for message in messages]
        positions = [body.position.position_id for _, body in bodies]
        stored = await work.find(APPLICANTS, {"position_id": positions}) if positions else []
        known = {record.key: record for record in stored}
        for message, body in bodies:
            arriving = {f"{a.placement_id}:{body.position.position_id}": a for a in body.applicants}
            for key, applicant in arriving.items():
                record = _applicant(known.get(key), applicant, body, message)
                if record is not None:
                    known[key] = record
                    work.put(APPLICANTS, record)
            for key, record in list(known.items()):
                gone = record.position_id == body.position.position_id and key not in arriving
                if gone and record.state in PENDING and record.revision <= body.revision:
                    known[key] = _withdrawn(record, _NO_LONGER)
                    work.put(APPLICANTS, known[key])

    async def store_notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Keep the notifications of each position: replace pending ones, drop what ESR has already."""
        bodies = [(message, message.decode(NotificationsGenerated)) for message in messages]
        positions = [body.position.position_id for _, body in bodies]
        stored = await work.find(NOTIFICATIONS, {"position_id": positions}) if positions else []
        latest: dict[str, NotificationRecord] = {}
        for record in sorted(stored, key=lambda record: record.number):
            latest[record.about] = record
        submitted = {r.about: r for r in sorted(stored, key=lambda r: r.number) if r.state in SENT}
        for message, body in bodies:
            arriving = {draft.key for draft in body.notifications}
            for draft in body.notifications:
                for record in _notifications(
                    latest.get(draft.key), submitted.get(draft.key), draft, body, message
                ):
                    latest[draft.key] = record
                    work.put(NOTIFICATIONS, record)
            for about, record in list(latest.items()):
                stale = record.position_id == body.position.position_id and about not in arriving
                once = record.type != _NOW_AND_NEXT and body.position.post_id is not None
                if stale and not once and record.state in PENDING and record.revision <= body.revision:
                    latest[about] = _withdrawn(record, "no longer so")
                    work.put(NOTIFICATIONS, latest[about])

    async def confirm_applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Attach ESR's word on an applicant: the APC has the number of its APP and names the row in it."""
        for message in messages:
            values = msgspec.json.decode(message.body)
            where = {"file": _answered(message, "APP"), "position_id": values["positionId"]}
            if "esrVacancyId" in values:
                where["file_row"] = values["esrVacancyId"]
            found = await work.find(APPLICANTS, where)
            _account(work, message, len(found))
            if len(found) == 1:
                work.put(APPLICANTS, _confirmed(found[0], values))

    async def confirm_notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Attach ESR's word on a notification: the DCC has the number of its DNC and names the row in it."""
        for message in messages:
            values = msgspec.json.decode(message.body)
            where = {"file": _answered(message, "DNC"), "file_row": values.get("row")}
            found = await work.find(NOTIFICATIONS, where)
            _account(work, message, len(found))
            if len(found) == 1:
                work.put(NOTIFICATIONS, _confirmed(found[0], values))


def _applicant(
    known: ApplicantRecord | None, applicant: Applicant, body: ApplicantsGenerated, message: Message
) -> ApplicantRecord | None:
    """Return what to keep: nothing where it has gone out, or where something newer is known."""
    if known is not None and (known.state in SENT or known.revision > body.revision):
        return None
    position = body.position
    invalid = bool(applicant.missing)
    return ApplicantRecord(
        placement_id=applicant.placement_id,
        position_id=position.position_id,
        person_id=applicant.person_id,
        position_number=position.position_number,
        deanery=position.deanery,
        deanery_number=position.deanery_number,
        gmc_number=applicant.gmc_number,
        date_from=applicant.date_from,
        date_to=applicant.date_to,
        state=RecordState.INVALID_DATA if invalid else RecordState.TO_EXPORT,
        reason=f"missing: {', '.join(applicant.missing)}" if invalid else "",
        fields=applicant.fields,
        unmapped=applicant.unmapped,
        revision=body.revision,
        same_as=f"{applicant.person_id}:{position.position_id}:{applicant.date_from}",
        correlation_id=message.correlation_id,
        source_file=message.source_file,
        source_row=message.row,
    )


def _notifications(
    latest: NotificationRecord | None,
    submitted: NotificationRecord | None,
    draft: NotificationDraft,
    body: NotificationsGenerated,
    message: Message,
) -> list[NotificationRecord]:
    """Return what to write: a new or replaced one, or a pending one taken back, or nothing.

    What ESR holds is what was submitted last about the same: only that makes an equal one needless.
    """
    pending = latest if latest is not None and latest.state not in SENT else None
    if pending is not None and pending.revision > body.revision:
        return []
    if submitted is not None and submitted.fields == draft.columns:
        waiting = pending is not None and pending.state in PENDING
        return [_withdrawn(pending, "ESR has it so already")] if pending is not None and waiting else []
    number = pending.number if pending else (submitted.number + 1 if submitted else 1)
    return [
        NotificationRecord(
            about=draft.key,
            number=number,
            type=draft.columns["notificationTitleCode"],
            position_id=body.position.position_id,
            deanery=body.position.deanery,
            deanery_number=body.position.deanery_number,
            state=RecordState.TO_EXPORT,
            fields=draft.columns,
            revision=body.revision,
            correlation_id=message.correlation_id,
            source_file=message.source_file,
            source_row=message.row,
        )
    ]


def _withdrawn(record: R, reason: str) -> R:
    return msgspec.structs.replace(record, state=RecordState.DELETED_BEFORE_EXPORT, reason=reason)


def _confirmed(record: R, values: dict[str, object]) -> R:
    accepted = values["loadStatusCode"] == "SUCCESS"
    said = " ".join(str(values[name]) for name in ("loadStatusCode", "messageType") if values.get(name))
    state = RecordState.CONFIRMED if accepted else RecordState.REJECTED
    return msgspec.structs.replace(record, state=state, confirmation=said)


def _answered(message: Message, file_type: str) -> str:
    name = FileName.parse(message.source_file)
    return str(FileName(name.deanery, file_type, name.date, name.sequence))


def _account(work: Work, message: Message, found: int) -> None:
    record_type = message.queue.split(".")[2].upper()
    if found == 1:
        work.account(message.source_file, message.row, record_type, RowState.APPLIED)
    else:
        reason = f"{found} records sent to ESR fit it"
        work.account(message.source_file, message.row, record_type, RowState.UNMATCHED, reason)
