"""What the next file of an office and type would have, sorted out by the rules of the export itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final

from tis_esr.decisions.file_packing import Packing, Sorted
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.quarantine import applicant_misfit_reason
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.operations.exports.kinds import EXPORT_OF, SentRecord
from tis_esr.services.data_exporter.export_run import candidates_of, gone, sorted_notifications
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord

MOST: Final = 2000
"""Candidates of an office and type that are looked at; a file of ESR has some hundreds."""


@dataclass(frozen=True)
class Going:
    """What would go into a file now, in the order of its rows, and the outcome of the other candidates.

    ``held_back`` are records that the file would leave out, with the reason, ``duplicates`` are applicants whom ESR has
    already, ``later`` counts those that exceed the limit for one post. ``is_cut`` says that there are more candidates
    than were looked at.
    """

    going: list[SentRecord]
    held_back: list[tuple[SentRecord, str]]
    duplicates: list[SentRecord]
    later: int
    is_cut: bool

    @property
    def fingerprint(self) -> str:
        """Return what differs if another set of records would go."""
        return sha256("\n".join(sorted(record.key for record in self.going)).encode()).hexdigest()[:16]


def would_go(reader: Reader, office: str, type_: str, day: date, window: ApplicantWindow) -> Going:
    """Return what the next file of an office and type would have on a day, as the records are now."""
    export = EXPORT_OF[type_]
    where = candidates_of(export, window, day, office)
    found: list[Any] = reader.find(export.collection, where, export.order, MOST + 1)
    same = _same_as(type_, found)
    return _sorted_out(type_, found, reader.find(APPLICANTS, {"same_as": same}) if same else [])


async def would_go_in(work: Work, office: str, type_: str, day: date, window: ApplicantWindow) -> Going:
    """Return the same within a unit of work."""
    export = EXPORT_OF[type_]
    where = candidates_of(export, window, day, office)
    found: list[Any] = await work.find(export.collection, where, order_by=export.order, limit=MOST + 1)
    same = _same_as(type_, found)
    return _sorted_out(type_, found, await work.find(APPLICANTS, {"same_as": same}) if same else [])


def _same_as(type_: str, found: Sequence[Any]) -> list[str]:
    return sorted({record.same_as for record in found}) if type_ == "APP" else []


def _sorted_out(type_: str, found: Sequence[Any], same: Sequence[ApplicantRecord]) -> Going:
    candidates = found[:MOST]
    packing: Packing[ApplicantRecord] = Packing(applicant_misfit_reason)
    sorted_: Sorted[Any] = (
        packing.sort_out(candidates, gone(same)) if type_ == "APP" else sorted_notifications(candidates)
    )
    settled = len(sorted_.going) + len(sorted_.held_back) + len(sorted_.duplicates)
    return Going(
        sorted_.going,
        sorted_.held_back,
        sorted_.duplicates,
        len(candidates) - settled,
        len(found) > MOST,
    )
