"""Everything stored about one person, by GMC number, over all collections that have personal data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tis_esr.decisions.sent_applicants import SentApplicant
from tis_esr.engine.collection import Collection
from tis_esr.engine.protocol import Cursor
from tis_esr.engine.work import Work
from tis_esr.services.app_generator.applicant_generation import DECISIONS, Decision
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RESENT,
    ApplicantRecord,
    NotificationRecord,
    OutboundState,
    Resent,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE, JournalEntry, TisPerson
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS, TisExport
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, KnownPosition

SEARCHED = (
    APPLICANTS,
    RESENT,
    NOTIFICATIONS,
    DECISIONS,
    JOURNAL,
    KNOWN_POSITIONS,
    FILES,
    TIS_PEOPLE,
    TIS_EXPORTS,
)
"""The collections with something of a person; a test compares them with the data dictionary."""
_PAGE = 500


@dataclass(frozen=True)
class Subject:
    """What is stored about a person. ``ends`` has the last day of each placement of theirs, as far as it is known.

    ``unsent`` are the names of files that are not sent yet.
    """

    gmc_number: str
    person_ids: set[int]
    applicants: list[ApplicantRecord]
    resent: list[Resent]
    decisions: list[Decision]
    journal: list[JournalEntry]
    known: list[KnownPosition]
    notifications: list[NotificationRecord]
    files: list[InboundFile]
    tis_people: list[TisPerson]
    tis_exports: list[TisExport]
    ends: dict[int, date] = field(default_factory=dict)
    unsent: set[str] = field(default_factory=set)

    @property
    def is_known(self) -> bool:
        """Return whether anything is stored about the person."""
        return bool(
            self.applicants
            or self.resent
            or self.decisions
            or self.journal
            or self.notifications
            or self.sent
            or self.files
        )

    @property
    def sent(self) -> list[SentApplicant]:
        """Return what is kept to compare what ESR was sent about the person with TIS."""
        return [sent for known in self.known for sent in known.sent if self.is_theirs(sent)]

    @property
    def placements(self) -> set[int]:
        """Return the ids of their placements."""
        found = {record.placement_id for record in self.applicants}
        return (
            found
            | {decision.placement_id for decision in self.decisions}
            | {s.placement_id for s in self.sent}
        )

    def is_theirs(self, sent: SentApplicant) -> bool:
        """Return whether an applicant who was sent is this person."""
        return sent.person_id in self.person_ids or sent.gmc_number == self.gmc_number

    def is_over(self, placement: int, today: date) -> bool:
        """Return whether a placement has ended, by the latest end that is known; one of which none is known has."""
        return self.ends.get(placement, date.min) < today

    @property
    def correlation_ids(self) -> list[str]:
        """Return the rows of ESR that led to what is stored."""
        ids = {record.correlation_id for record in self.applicants}
        ids |= {decision.correlation_id for decision in self.decisions}
        ids |= {record.correlation_id for record in self.notifications}
        ids |= {entry.correlation_id for entry in self.journal}
        return sorted(ids - {""})


async def find_subject(work: Work, begin: Callable[[], Work], gmc_number: str) -> Subject:
    """Read everything about a person through a unit of work, so that it can't change unseen before it is erased.

    What has no index by person is searched whole, page by page in units of work that ``begin`` returns: an erasure may
    have kept it when it blanked what led to it.
    """
    applicants = await work.find(APPLICANTS, {"gmc_number": gmc_number})
    decisions = await work.find(DECISIONS, {"gmc_number": gmc_number})
    journal = await work.find(JOURNAL, {"gmc_number": gmc_number})
    ids = {record.person_id for record in applicants}
    ids |= {one.person_id for one in decisions if one.person_id is not None}
    ids |= {entry.person_id for entry in journal if entry.person_id is not None}
    placements = sorted({r.placement_id for r in applicants} | {d.placement_id for d in decisions})
    of_placements = await work.find(APPLICANTS, {"placement_id": placements}) if placements else []
    applicants = list(
        {record.key: record for record in (*applicants, *of_placements) if record.person_id in ids}.values()
    )
    positions = sorted({r.position_id for r in applicants} | {d.position_id for d in decisions})
    known_keys = await _searched(begin, KNOWN_POSITIONS, lambda one: _was_sent(one, gmc_number))
    known = list((await work.get(KNOWN_POSITIONS, {*map(str, positions), *known_keys})).values())
    told = await work.find(NOTIFICATIONS, {"position_id": positions}) if positions else []
    naming = await _searched(begin, NOTIFICATIONS, lambda one: gmc_number in one.fields.values())
    told = list({one.key: one for one in (*told, *(await work.get(NOTIFICATIONS, naming)).values())}.values())
    places = {f"{place.file}:{place.row}" for record in applicants for place in record.earlier}
    places.update(await _searched(begin, RESENT, lambda one: one.record.gmc_number == gmc_number))
    subject = Subject(
        gmc_number=gmc_number,
        person_ids=ids,
        applicants=applicants,
        resent=list((await work.get(RESENT, places)).values()) if places else [],
        decisions=decisions,
        journal=journal,
        known=known,
        notifications=[record for record in told if _is_about(record, gmc_number, placements, ids)],
        files=[file for file in await work.find(FILES, {}) if _has_head_of(file, gmc_number)],
        tis_people=list((await work.get(TIS_PEOPLE, map(str, ids))).values()) if ids else [],
        tis_exports=await _tis_exports(work, applicants),
    )
    subject.ends.update(_ends(subject))
    subject.unsent.update(await _unsent(work, subject))
    return subject


async def _searched(
    begin: Callable[[], Work], collection: Collection[Any], is_theirs: Callable[[Any], bool]
) -> list[str]:
    """Return the keys of a collection's documents that are a person's; a page at a time is in memory."""
    found: list[str] = []
    after: Cursor | None = None
    while page := await begin().written_before(collection, date.max, after, _PAGE):
        found += [collection.key(document) for _, document in page if is_theirs(document)]
        after = page[-1][0]
    return found


def _was_sent(known: KnownPosition, gmc_number: str) -> bool:
    return any(sent.gmc_number == gmc_number for sent in known.sent)


def _is_about(
    record: NotificationRecord, gmc_number: str, placements: Iterable[int], people: Iterable[int]
) -> bool:
    if gmc_number in record.fields.values():
        return True
    about = [f":sent:{placement}:{person}" for placement in placements for person in people]
    return bool(set(placements) & set(record.placements)) or any(map(record.about.endswith, about))


def _has_head_of(file: InboundFile, gmc_number: str) -> bool:
    """Return whether the assignment that is being read of a file is this person's."""
    return any(gmc_number in map(str, row.values.values()) for row in file.asg_head)


async def _tis_exports(work: Work, applicants: Iterable[ApplicantRecord]) -> list[TisExport]:
    keys = [f"{record.place}:{record.file}" for record in applicants if record.file]
    keys += [f"{record.place}:{place.file}" for record in applicants for place in record.earlier]
    return list((await work.get(TIS_EXPORTS, keys)).values()) if keys else []


def _ends(subject: Subject) -> dict[int, date]:
    """Return the latest end known of each of their placements: from records, what was sent, and what TIS said last."""
    found: dict[int, date] = {}

    def note(placement: int, end: date) -> None:
        found[placement] = max(end, found.get(placement, date.min))

    for record in subject.applicants:
        note(record.placement_id, record.date_to)
        if record.newer is not None:
            note(record.placement_id, record.newer.date_to)
    for sent in subject.sent:
        note(sent.placement_id, sent.date_to)
    for known in subject.known:
        for id_, dates in known.seen.items():
            if int(id_) in subject.placements:
                end = dates.partition("/")[2]
                note(int(id_), date.fromisoformat(end) if end else date.max)
    return found


async def _unsent(work: Work, subject: Subject) -> set[str]:
    records = (*subject.applicants, *subject.notifications)
    names = {record.file for record in records if record.file}
    files = (await work.get(OUTBOUND_FILES, sorted(names))).values() if names else ()
    return {file.name for file in files if file.state is not OutboundState.SENT}
