"""Updates pending applicant records and notifications from what was generated last.

Part of the DataExporter. Pure: from what is stored of a position and what was generated for it, to what is to be
stored.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

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
    IN_ESR,
    OF_NOBODY,
    PENDING,
    SENT,
    WITHDRAWAL,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
    Resent,
)
from tis_esr.services.data_exporter.sent_records import Change, generated_again, generated_no_more, replaced

R = TypeVar("R", ApplicantRecord, NotificationRecord)

_NOW_AND_NEXT = "1"

NO_LONGER = "its placement has started, is no longer reportable, has another trainee or no longer exists, or its position is no longer matched"
START_PASSED = "its start passed before it was sent"
NO_LONGER_SO = "it no longer applies"
KNOWN_TO_ESR = "ESR already has the same"
REPEATED_AT_MOST = 5
"""A withdrawal or change of dates that ESR has rejected this often is not repeated: a person has to ask ESR why."""
DUPLICATE = "the same person, position and start was sent to ESR for another placement"


def applicants(
    stored: Iterable[ApplicantRecord],
    body: ApplicantsGenerated,
    message: Message,
    resent: Mapping[str, Resent],
) -> Iterator[Change]:
    """Yield the changed applicant records of a position: new and updated ones, and cancelled pending ones.

    A sent one is unchanged, unless ESR rejected it and TIS has other data now. It is replaced by a new one if its
    placement has another trainee, or is in TIS again after ESR was sent a withdrawal. ``resent`` are the earlier sendings
    of records, by the record's key.
    """
    known = {record.key: record for record in stored}
    in_esr = {(record.place, record.person_id) for record in known.values() if _is_replaced_in_esr(record)}
    built = [_applicant(applicant, body, message) for applicant in body.applicants]
    built = [_with_days(record, known.get(record.key)) for record in built]
    built = [_not_twice(record) if (record.key, record.person_id) in in_esr else record for record in built]
    same = {(record.same_as, record.person_id): record.place for record in known.values() if has_gone(record)}
    built = [_no_duplicate(record, same.get((record.same_as, record.person_id))) for record in built]
    arriving = {record.key: record for record in built}
    for key, record in arriving.items():
        if key not in known:
            yield Change(record)
        elif (over := replaced(known[key], record, resent.get(key))) is not None:
            yield Change(over)
            yield Change(record)
        elif (change := _followed(known[key], record, resent.get(key))) is not None:
            yield change
    for key, record in known.items():
        if key not in arriving and (change := _dropped(record, resent.get(key), body)) is not None:
            yield change


def _with_days(record: ApplicantRecord, stored: ApplicantRecord | None) -> ApplicantRecord:
    """Return a record as built now, with the days since which it is known and sound, by what was stored of it."""
    day, sound = record.built_on, None if record.missing else record.built_on
    if stored is None or (stored.person_id, stored.date_from) != (record.person_id, record.date_from):
        return msgspec.structs.replace(record, known_since=day, sound_since=sound)
    was_sound = stored.state is not RecordState.INVALID_DATA and not stored.missing
    since = stored.sound_since if was_sound and sound is not None else sound
    return msgspec.structs.replace(record, known_since=stored.known_since, sound_since=since)


def _is_replaced_in_esr(record: ApplicantRecord) -> bool:
    """Return whether ESR still has a trainee whose placement had another one since."""
    return record.replaced and not record.withdrawn and record.state in IN_ESR


def _not_twice(record: ApplicantRecord) -> ApplicantRecord:
    """Return the record of a trainee who has the placement again before a withdrawal was sent; a type 4 has new dates."""
    return withdrawn(record, KNOWN_TO_ESR)


def has_gone(record: ApplicantRecord) -> bool:
    """Return whether ESR has an applicant: it was sent, not rejected, and no withdrawal was sent after it."""
    return record.state in IN_ESR and not record.withdrawn


def _no_duplicate(record: ApplicantRecord, in_esr: str | None) -> ApplicantRecord:
    """Return the record, cancelled if ESR has the same applicant by another placement, whose place is ``in_esr``."""
    is_first = in_esr in {None, record.place}
    return record if is_first or record.state not in PENDING else withdrawn(record, DUPLICATE)


def _followed(stored: ApplicantRecord, fresh: ApplicantRecord, before: Resent | None) -> Change | None:
    """Return how a record changes now that it is generated again; None where nothing is to be stored."""
    if stored.state not in SENT and not stored.earlier:
        return None if _says_the_same(stored, fresh) else Change(fresh)
    change = generated_again(stored, fresh, before)
    newer = change.record.newer
    is_known = newer is not None and stored.newer is not None and _says_the_same(stored.newer, newer)
    return None if is_known or _says_the_same(stored, change.record) else change


def _dropped(stored: ApplicantRecord, before: Resent | None, body: ApplicantsGenerated) -> Change | None:
    change = generated_no_more(stored, before)
    if change is None and stored.state in PENDING:
        has_started = stored.date_from <= (body.built_on or date.min)
        return Change(withdrawn(stored, START_PASSED if has_started else NO_LONGER))
    return change


def notifications(
    stored: Iterable[NotificationRecord],
    body: NotificationsGenerated,
    message: Message,
    sent_again: Collection[str] = (),
) -> Iterator[NotificationRecord]:
    """Yield the changed notifications of a position: new and replaced ones, and cancelled pending ones.

    ESR has what was sent last about the same subject: only an equal one is needless. Who is now and next in a position
    goes as a whole: ESR replaces what it has by the type 1 notifications of a file, so if one differs, all are sent.
    That nobody is there or next is sent only if ESR was sent anything about the position, and has somebody who is no
    longer expected. ``sent_again`` are the subjects of withdrawals after which ESR was sent the applicant again.
    """
    latest: dict[str, NotificationRecord] = {}
    submitted: dict[str, NotificationRecord] = {}
    rejections: Counter[tuple[str, str]] = Counter()
    for record in sorted(stored, key=lambda record: record.number):
        latest[record.about] = record
        if record.state in SENT:
            submitted[record.about] = record
            rejections[record.about, record.fact] += record.state is RecordState.REJECTED
    arriving = {draft.key: draft for draft in body.notifications}
    in_esr, now = _now_and_next_in_esr(submitted.values()), _now_and_next(body.notifications, latest)
    as_sent = (
        {record.about: record.fields for record in in_esr} == now
        or (not submitted and all(map(says_nobody, body.notifications)))
        or _is_still_expected(in_esr, body.notifications)
    )
    known = {
        key: (bool(draft.fact) and rejections[key, draft.fact] >= REPEATED_AT_MOST)
        or _is_known_to_esr(draft, submitted.get(key), as_sent=as_sent, sent_again=key in sent_again)
        for key, draft in arriving.items()
    }
    later = set(_repeated(draft for key, draft in arriving.items() if draft.fact and not known[key]))
    for key, draft in arriving.items():
        if key in later:
            continue
        changed = _notification(
            latest.get(key), submitted.get(key), draft, body, message, is_known=known[key]
        )
        if changed is not None:
            yield changed
    for key, record in latest.items():
        if (key not in arriving or key in later) and record.state in PENDING:
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
    draft: NotificationDraft,
    body: NotificationsGenerated,
    message: Message,
    *,
    is_known: bool,
) -> NotificationRecord | None:
    """Return the notification to store; None if it is unchanged, or ESR already has it."""
    pending = latest if latest is not None and latest.state not in SENT else None
    if is_known:
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
        placements=draft.placements,
        built_on=body.built_on or date.min,
        built_at=body.built_at,
        correlation_id=message.correlation_id,
        source_file=message.source_file,
        source_row=message.row,
    )
    return None if pending is not None and _says_the_same(pending, record) else record


def _now_and_next_in_esr(submitted: Iterable[NotificationRecord]) -> list[NotificationRecord]:
    """Return the type 1 notifications in the last file that had any."""
    ones = [record for record in submitted if record.type == _NOW_AND_NEXT]
    last = max(map(_file_number, ones), default=0)
    return [record for record in ones if _file_number(record) == last]


def _now_and_next(
    drafts: Iterable[NotificationDraft], latest: Mapping[str, NotificationRecord]
) -> dict[str, Any]:
    """Return the columns of type 1 notifications by subject, without those that are held back as they are."""
    held_back = {record.about: record.fields for record in latest.values() if record.is_held_back}
    ones = {draft.key: draft.columns for draft in drafts if not draft.fact}
    return {key: columns for key, columns in ones.items() if held_back.get(key) != columns}


def _repeated(drafts: Iterable[NotificationDraft]) -> Iterator[str]:
    """Yield the subjects whose row would be in the file twice, which ESR rejects: they are sent in a later one.

    Two withdrawals of one trainee from one position are equal: a row does not name the placement.
    """
    waiting: list[dict[str, Any]] = []
    for draft in drafts:
        if draft.columns in waiting:
            yield draft.key
        waiting.append(draft.columns)


def _is_still_expected(in_esr: Iterable[NotificationRecord], drafts: Iterable[NotificationDraft]) -> bool:
    """Return whether everybody whom ESR has there or next is still expected, where nobody is in TIS now."""
    expected = {placement for draft in drafts if says_nobody(draft) for placement in draft.placements}
    named = {
        placement
        for record in in_esr
        if not record.about.endswith(OF_NOBODY)
        for placement in record.placements
    }
    return bool(expected) and named <= expected


def says_nobody(draft: NotificationDraft) -> bool:
    """Return whether a type 1 is about no placement: nobody is there or next, which is no news to ESR at first."""
    return draft.key.endswith(OF_NOBODY)


def _file_number(record: NotificationRecord) -> int:
    """Return the number of the file in which a notification was sent: the files of all deaneries share a counter."""
    return FileName.parse(record.file or "").sequence


def _is_known_to_esr(
    draft: NotificationDraft, submitted: NotificationRecord | None, *, as_sent: bool, sent_again: bool
) -> bool:
    """Return whether ESR already has it, from the last notification or else from the applicant file.

    ``as_sent`` says that ESR has who is now and next in the position as it was generated. A withdrawal or change of dates
    that ESR rejected is repeated: ESR learns of it in no other way. After a withdrawal ESR has nobody whose dates could
    change, unless the applicant was ``sent_again``.
    """
    if not draft.fact:
        return as_sent
    if submitted is None:
        return draft.fact == draft.held
    if submitted.state is RecordState.REJECTED:
        return False
    if submitted.type == WITHDRAWAL:
        return not sent_again or draft.fact == draft.held
    return draft.fact == submitted.fact
