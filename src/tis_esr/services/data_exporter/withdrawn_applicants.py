"""Marks the applicants about whom ESR is sent a withdrawal: if TIS has them again, they are new applicants for ESR."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from tis_esr.engine.work import Work
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    SENT,
    WITHDRAWAL,
    ApplicantRecord,
    NotificationRecord,
    Outbound,
)


async def mark_withdrawn(work: Work, going: Sequence[Outbound], sent_by: date = date.max) -> None:
    """Mark the sent applicants of the type 2 notifications among records that go into a file, sent by a day."""
    for record in await _withdrawn_by(work, going):
        if not record.withdrawn and FileName.parse(record.file or "").date <= sent_by:
            work.put(APPLICANTS, msgspec.structs.replace(record, withdrawn=True))


async def mark_not_withdrawn(work: Work, lost: Sequence[Outbound]) -> None:
    """Take the mark back where ESR never loaded the withdrawal: of the last sending of each applicant."""
    newest: dict[tuple[int, int, int], ApplicantRecord] = {}
    for record in await _withdrawn_by(work, lost):
        key = record.position_id, record.placement_id, record.person_id
        if key not in newest or newest[key].last_file < record.last_file:
            newest[key] = record
    for record in newest.values():
        if record.withdrawn:
            work.put(APPLICANTS, msgspec.structs.replace(record, withdrawn=False))


async def _withdrawn_by(work: Work, notifications: Iterable[Outbound]) -> list[ApplicantRecord]:
    """Return the sent applicants whom the type 2 notifications among records are about."""
    about = {
        _applicant(record)
        for record in notifications
        if isinstance(record, NotificationRecord) and record.type == WITHDRAWAL
    }
    if not about:
        return []
    placements = sorted({placement for _, placement, _ in about})
    return [
        record
        for record in await work.find(APPLICANTS, {"placement_id": placements})
        if record.state in SENT
        if (record.position_id, record.placement_id, record.person_id) in about
    ]


async def sent_again(work: Work, stored: Iterable[NotificationRecord]) -> set[str]:
    """Return the subjects of sent withdrawals among notifications after which ESR was sent the applicant again."""
    about = {
        _applicant(record): record.about
        for record in stored
        if record.type == WITHDRAWAL and record.has_reached_esr
    }
    if not about:
        return set()
    found = await work.find(APPLICANTS, {"placement_id": sorted({placement for _, placement, _ in about})})
    in_esr = [record for record in found if record.state in SENT and not record.withdrawn]
    keys = {(record.position_id, record.placement_id, record.person_id) for record in in_esr}
    return {subject for key, subject in about.items() if key in keys}


def _applicant(record: NotificationRecord) -> tuple[int, int, int]:
    """Return position, placement and person of a withdrawal, whose subject is ``position:sent:placement:person``."""
    position, _, placement, person = record.about.split(":")
    return int(position), int(placement), int(person)
