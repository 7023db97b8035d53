"""Updates pending applicant records and notifications from what was generated last.

Part of the DataExporter. Pure: from what is stored of a position and what was generated for it, to what is to be
stored.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from tis_esr.decisions.quarantine import applicant_for_esr
from tis_esr.engine.envelope import Message
from tis_esr.records.file_names import FileName
from tis_esr.services.contracts.bodies import (
    Applicant,
    ApplicantsGenerated,
    NotificationDraft,
    NotificationsGenerated,
)
from tis_esr.services.data_exporter.outbound import (
    GOOD_FOR,
    PENDING,
    SENT,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
    Resent,
)
from tis_esr.services.data_exporter.sent_records import Change, generated_again, generated_no_more

R = TypeVar("R", ApplicantRecord, NotificationRecord)

_NOW_AND_NEXT = "1"

NO_LONGER = "its placement has started, is no longer reportable, has another trainee or no longer exists, or its position is no longer matched"
NO_LONGER_SO = "it no longer applies"
KNOWN_TO_ESR = "ESR already has the same"


def applicants(
    stored: Iterable[ApplicantRecord],
    body: ApplicantsGenerated,
    message: Message,
    resent: Mapping[str, Resent],
) -> Iterator[Change]:
    """Yield the changed applicant records of a position: new and updated ones, and cancelled pending ones.

    A trainee who replaces one that was sent gets a new record. A sent one is unchanged, unless ESR rejected it and TIS has other data now. ``resent`` are the earlier sendings of
    records, by the record's key.
    """
    known = {record.key: record for record in stored}
    built = (_applicant(applicant, body, message) for applicant in body.applicants)
    arriving = {record.key: record for record in (_succeeding(record, known) for record in built)}
    for key, record in arriving.items():
        if key not in known:
            yield Change(record)
        elif (change := _followed(known[key], record, resent.get(key))) is not None:
            yield change
    for key, record in known.items():
        if key not in arriving and (change := _dropped(record, resent.get(key))) is not None:
            yield change


def _succeeding(record: ApplicantRecord, known: Mapping[str, ApplicantRecord]) -> ApplicantRecord:
    """Return a record as a successor's if another trainee was sent for its placement and position."""
    first, successor = known.get(record.place), msgspec.structs.replace(record, is_successor=True)
    if first is not None and first.person_id == record.person_id:
        return record
    is_taken = first is not None and (first.state in SENT or bool(first.earlier))
    return successor if is_taken or successor.key in known else record


def _followed(stored: ApplicantRecord, fresh: ApplicantRecord, before: Resent | None) -> Change | None:
    """Return how a record changes now that it is generated again; None where nothing is to be stored."""
    if stored.state not in SENT and not stored.earlier:
        return None if _says_the_same(stored, fresh) else Change(fresh)
    change = generated_again(stored, fresh, before)
    newer = change.record.newer
    is_known = newer is not None and stored.newer is not None and _says_the_same(stored.newer, newer)
    return None if is_known or _says_the_same(stored, change.record) else change


def _dropped(stored: ApplicantRecord, before: Resent | None) -> Change | None:
    change = generated_no_more(stored, before)
    if change is None and stored.state in PENDING:
        return Change(withdrawn(stored, NO_LONGER))
    return change


def notifications(
    stored: Iterable[NotificationRecord], body: NotificationsGenerated, message: Message
) -> Iterator[NotificationRecord]:
    """Yield the changed notifications of a position: new and replaced ones, and cancelled pending ones.

    ESR has what was sent last about the same subject: only an equal one is needless. A type 1 that was followed by
    another one about the position is no longer current, so it is repeated.
    """
    latest: dict[str, NotificationRecord] = {}
    submitted: dict[str, NotificationRecord] = {}
    for record in sorted(stored, key=lambda record: record.number):
        latest[record.about] = record
        if record.state in SENT:
            submitted[record.about] = record
    arriving = {draft.key: draft for draft in body.notifications}
    over = [sent for about, sent in submitted.items() if about not in arriving and sent.type == _NOW_AND_NEXT]
    standing = max(map(_told_at, over), default=(0, 0))
    for key, draft in arriving.items():
        changed = _notification(latest.get(key), submitted.get(key), standing, draft, body, message)
        if changed is not None:
            yield changed
    for key, record in latest.items():
        if key not in arriving and record.state in PENDING:
            yield withdrawn(record, NO_LONGER_SO)


def _says_the_same(stored: R, record: R) -> bool:
    """Return whether a record need not be stored again: it is equal, and was built only slightly later."""
    soon = record.built_at - stored.built_at < GOOD_FOR / 10
    return soon and msgspec.structs.replace(stored, built_at=record.built_at) == record


def by_position(records: Iterable[R]) -> Mapping[int, list[R]]:
    """Return records by position id."""
    found: dict[int, list[R]] = {}
    for record in records:
        found.setdefault(record.position_id, []).append(record)
    return found


def withdrawn(record: R, reason: str) -> R:
    """Return a pending record as cancelled."""
    return msgspec.structs.replace(record, state=RecordState.DELETED_BEFORE_EXPORT, reason=reason)


def held_back(record: R, reason: str) -> R:
    """Return a pending record as held back, because ESR would not load it; it is checked again when next generated."""
    return msgspec.structs.replace(record, state=RecordState.INVALID_DATA, reason=f"held back: {reason}")


def _applicant(applicant: Applicant, body: ApplicantsGenerated, message: Message) -> ApplicantRecord:
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
        built_on=body.built_on or date.min,
        built_at=body.built_at,
        unmapped=applicant.unmapped,
        missing=applicant.missing,
        same_as=applicant_for_esr(applicant.fields, position.position_id),
        correlation_id=message.correlation_id,
        source_file=message.source_file,
        source_row=message.row,
    )


def _notification(
    latest: NotificationRecord | None,
    submitted: NotificationRecord | None,
    standing: tuple[int, int],
    draft: NotificationDraft,
    body: NotificationsGenerated,
    message: Message,
) -> NotificationRecord | None:
    """Return the notification to store; None if it is unchanged, or ESR already has it."""
    pending = latest if latest is not None and latest.state not in SENT else None
    if _is_known_to_esr(draft, submitted, standing):
        return withdrawn(pending, KNOWN_TO_ESR) if pending is not None and pending.state in PENDING else None
    number = pending.number if pending else (submitted.number + 1 if submitted else 1)
    record = NotificationRecord(
        about=draft.key,
        number=number,
        type=draft.columns["notificationTitleCode"],
        fact=draft.fact,
        position_id=body.position.position_id,
        deanery=body.position.deanery,
        deanery_number=body.position.deanery_number,
        state=RecordState.TO_EXPORT,
        fields=draft.columns,
        built_on=body.built_on or date.min,
        built_at=body.built_at,
        correlation_id=message.correlation_id,
        source_file=message.source_file,
        source_row=message.row,
    )
    return None if pending is not None and _says_the_same(pending, record) else record


def _told_at(record: NotificationRecord) -> tuple[int, int]:
    """Return when a notification was sent, as file number and row: the files of all deaneries share a counter."""
    return FileName.parse(record.file or "").sequence, record.file_row or 0


def _is_known_to_esr(
    draft: NotificationDraft, submitted: NotificationRecord | None, standing: tuple[int, int]
) -> bool:
    """Return whether ESR already has it, from the last notification or else from the applicant file.

    A type 1 that was sent before ``standing`` was followed by another one about the position.
    """
    if draft.fact:
        return draft.fact == (submitted.fact if submitted else draft.held)
    if submitted is None or submitted.fields != draft.columns:
        return False
    return _told_at(submitted) > standing
