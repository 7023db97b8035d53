"""What must not be erased yet, and why; decided for each stored document of a person."""

from datetime import date
from enum import StrEnum

import msgspec

from tis_esr.operations.dates import day
from tis_esr.operations.person.subject import Subject
from tis_esr.services.data_exporter.outbound import (
    PENDING,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)


class KeptReason(StrEnum):
    """Why something is kept, with its text for people."""

    PENDING_EXPORT = "it waits to be sent to ESR; erase again once it has been sent or cancelled"
    UNSENT_FILE = "it is allocated to a file that is not sent yet; erase again once the file is sent"
    CURRENT_PLACEMENT = "its placement has not ended: TIS still has it, and ESR is sent its changes"
    ESR_STATE = "it is what ESR was sent last about who is in the post; erase again once the post has changed"
    UPDATE_IN_PROGRESS = "an update of TIS is in progress; erase again once it has finished"
    PARKED_MESSAGE = "a parked message has the row; requeue or discard it (tis-esr parked), then erase again"
    WAITING_MESSAGE = "a message with it waits to be handled; erase again once it has been"
    FILE_IN_WORK = "the file is being read; erase again once it is split"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One document, or message, that was not erased: its collection (or queue), its key, and why."""

    collection: str
    key: str
    reason: KeptReason
    until: date | None = None

    @property
    def text(self) -> str:
        """Return the reason with the day on which it ends, if that is known."""
        until = f" (until {day(self.until)})" if self.until and self.until < date.max else ""
        return f"{self.reason.value}{until}"


Why = tuple[KeptReason, date | None] | None
"""Why a document is kept, and until when; None if it may be erased."""


def applicant_kept(record: ApplicantRecord, subject: Subject, today: date) -> Why:
    """Return why an applicant record is kept."""
    if record.file in subject.unsent:
        return KeptReason.UNSENT_FILE, None
    if not subject.is_over(record.placement_id, today):
        return KeptReason.CURRENT_PLACEMENT, subject.ends.get(record.placement_id)
    if record.state in PENDING:
        return KeptReason.PENDING_EXPORT, None
    return None


def notification_kept(record: NotificationRecord, subject: Subject, standing: set[str], today: date) -> Why:
    """Return why a notification is kept; ``standing`` are the subjects of what ESR was sent last about posts."""
    if record.file in subject.unsent:
        return KeptReason.UNSENT_FILE, None
    if record.state in PENDING:
        return KeptReason.PENDING_EXPORT, None
    theirs = [placement for placement in subject.placements if not subject.is_over(placement, today)]
    about = {*map(str, record.placements), *record.about.split(":")[1:]}
    mine = [placement for placement in theirs if str(placement) in about]
    if mine:
        return KeptReason.CURRENT_PLACEMENT, max(subject.ends.get(one, date.max) for one in mine)
    is_last = record.state is not RecordState.DELETED_BEFORE_EXPORT
    return (KeptReason.ESR_STATE, None) if record.about in standing and is_last else None
