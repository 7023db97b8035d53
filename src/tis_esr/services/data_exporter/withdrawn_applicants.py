"""Marks the applicants about whom ESR is sent a withdrawal: if TIS has them again, they are new applicants for ESR."""

from collections.abc import Sequence

import msgspec

from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.outbound import APPLICANTS, SENT, NotificationRecord, Outbound

_WITHDRAWAL = "2"


async def mark_withdrawn(work: Work, going: Sequence[Outbound]) -> None:
    """Mark the sent applicants of the type 2 notifications among records that go into a file."""
    about = {
        _applicant(record)
        for record in going
        if isinstance(record, NotificationRecord) and record.type == _WITHDRAWAL
    }
    if not about:
        return
    placements = sorted({placement for _, placement, _ in about})
    for record in await work.find(APPLICANTS, {"placement_id": placements}):
        key = record.position_id, record.placement_id, record.person_id
        if key in about and record.state in SENT and not record.withdrawn:
            work.put(APPLICANTS, msgspec.structs.replace(record, withdrawn=True))


def _applicant(record: NotificationRecord) -> tuple[int, int, int]:
    """Return position, placement and person of a withdrawal, whose subject is ``position:sent:placement:person``."""
    position, _, placement, person = record.about.split(":")
    return int(position), int(placement), int(person)
