"""Marks the applicants about whom ESR is sent a withdrawal: if TIS has them again, they are new applicants for ESR."""

from collections.abc import Iterable, Sequence

import msgspec

from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.outbound import APPLICANTS, SENT, WITHDRAWAL, NotificationRecord, Outbound


async def mark_withdrawn(work: Work, going: Sequence[Outbound]) -> None:
    """Mark the sent applicants of the type 2 notifications among records that go into a file."""
    about = {
        _applicant(record)
        for record in going
        if isinstance(record, NotificationRecord) and record.type == WITHDRAWAL
    }
    if not about:
        return
    placements = sorted({placement for _, placement, _ in about})
    for record in await work.find(APPLICANTS, {"placement_id": placements}):
        key = record.position_id, record.placement_id, record.person_id
        if key in about and record.state in SENT and not record.withdrawn:
            work.put(APPLICANTS, msgspec.structs.replace(record, withdrawn=True))


async def sent_again(work: Work, stored: Iterable[NotificationRecord]) -> set[str]:
    """Return the subjects of sent withdrawals among notifications after which ESR was sent the applicant again."""
    about = {
        _applicant(record): record.about
        for record in stored
        if record.type == WITHDRAWAL and record.state in SENT
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
