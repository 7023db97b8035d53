"""Applicant records and their earlier sendings, read and written together."""

from collections.abc import Iterable

from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.outbound import APPLICANTS, RESENT, ApplicantRecord, Resent, Sending
from tis_esr.services.data_exporter.sent_records import Change


async def sendings_before(work: Work, records: Iterable[ApplicantRecord]) -> dict[str, Resent]:
    """Return the last earlier sending of each record that has one, by the record's key."""
    places = {
        f"{record.earlier[-1].file}:{record.earlier[-1].row}": record.key
        for record in records
        if record.earlier
    }
    found = await work.get(RESENT, places) if places else {}
    return {places[place]: resent for place, resent in found.items()}


async def resent_as(work: Work, before: Resent) -> ApplicantRecord | None:
    """Return the record that an earlier sending belongs to, also if it was replaced since; None if it is not kept."""
    place = Sending(before.file, before.row)
    of_position = await work.find(APPLICANTS, {"position_id": before.position_id})
    return next((record for record in of_position if place in record.earlier), None)


async def save(work: Work, change: Change) -> None:
    """Write a changed record, with its earlier sending."""
    if change.kept is not None:
        await work.get(RESENT, [RESENT.key(change.kept)])
        work.put(RESENT, change.kept)
    work.put(APPLICANTS, change.record)
