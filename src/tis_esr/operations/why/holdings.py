"""What this system has about a word: positions, applicant records, decisions, notifications, person updates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from tis_esr.engine.collection import Collection
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.unconfirmed import ANSWERED_BY, answer_name
from tis_esr.operations.why.word import Kind, Word
from tis_esr.services.app_generator.applicant_generation import DECISIONS, Decision
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    ApplicantRecord,
    NotificationRecord,
    Outbound,
    OutboundFile,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

D = TypeVar("D", ApplicantRecord, Decision)


@dataclass(frozen=True)
class Holdings:
    """All stored data about the word. ``files`` are the outbound files in which any of it was sent, by name.

    ESR answers each within ``answer_due`` of its day; ``answered`` are the names of those whose confirmation has arrived.
    """

    positions: list[Position]
    applicants: list[ApplicantRecord]
    decisions: list[Decision]
    notifications: list[NotificationRecord]
    updates: list[JournalEntry]
    files: dict[str, OutboundFile]
    answer_due: timedelta = timedelta(days=1)
    answered: frozenset[str] = frozenset()

    def told_of(self, applicant: ApplicantRecord) -> list[NotificationRecord]:
        """Return the notifications about an applicant who was sent, in their order."""
        return self._about.get(about_sent(applicant), [])

    @cached_property
    def _about(self) -> dict[str, list[NotificationRecord]]:
        found: dict[str, list[NotificationRecord]] = {}
        for record in sorted(self.notifications, key=lambda record: record.number):
            found.setdefault(record.about, []).append(record)
        return found

    @property
    def placements(self) -> list[int]:
        """Return the ids of the placements that it is about."""
        records = [record.placement_id for record in self.applicants]
        return list(dict.fromkeys([*records, *(decision.placement_id for decision in self.decisions)]))


NOTHING_HELD = Holdings([], [], [], [], [], {})


def holdings(state: Reader, word: Word, due_days: int) -> Holdings:
    """Return all stored data about a placement id, post number, position number or id, or GMC number."""
    positions = _positions(state, word)
    ids = [position.position_id for position in positions]
    applicants = _about(state, APPLICANTS, word, ids)
    decisions = _about(state, DECISIONS, word, ids)
    told = {n.key: n for id_ in ids for n in state.find(NOTIFICATIONS, {"position_id": id_})}
    others = {a.position_id for a in applicants}.difference(ids)
    told |= {n.key: n for n in _changes(state, others, applicants)}
    files = _files(state, [*applicants, *told.values()])
    return Holdings(
        positions=positions,
        applicants=applicants,
        decisions=decisions,
        notifications=list(told.values()),
        updates=state.find(JOURNAL, {"gmc_number": word.text}) if word.may_be(Kind.PERSON) else [],
        files=files,
        answer_due=timedelta(days=due_days),
        answered=_answered(state, files.values()),
    )


def _positions(state: Reader, word: Word) -> list[Position]:
    found = {}
    if word.may_be(Kind.POSITION):
        found = {p.position_id: p for p in state.find(POSITIONS, {"position_number": word.number})}
        found |= {p.position_id: p for p in state.get(POSITIONS, [str(word.number)])}
    for number in word.post_numbers if word.kind is Kind.POST else ():
        found |= {p.position_id: p for p in state.find(POSITIONS, {"deanery_number": number})}
    return list(found.values())


def _about(state: Reader, collection: Collection[D], word: Word, positions: Iterable[int]) -> list[D]:
    found = {collection.key(d): d for id_ in positions for d in state.find(collection, {"position_id": id_})}
    if word.may_be(Kind.PLACEMENT):
        found |= {collection.key(d): d for d in state.find(collection, {"placement_id": word.number})}
    if word.may_be(Kind.PERSON):
        found |= {collection.key(d): d for d in state.find(collection, {"gmc_number": word.text})}
    return list(found.values())


def _changes(
    state: Reader, positions: Iterable[int], applicants: Iterable[ApplicantRecord]
) -> list[NotificationRecord]:
    """Return the notifications about sent applicants: new dates, withdrawals."""
    about = set(map(about_sent, applicants))
    told = [n for id_ in sorted(positions) for n in state.find(NOTIFICATIONS, {"position_id": id_})]
    return [record for record in told if record.about in about]


def about_sent(applicant: ApplicantRecord) -> str:
    """Return what notifications about an applicant who was sent are about (see ``position_notifications``)."""
    return f"{applicant.position_id}:sent:{applicant.placement_id}:{applicant.person_id}"


def _files(state: Reader, records: Iterable[Outbound]) -> dict[str, OutboundFile]:
    names = list(dict.fromkeys(record.file for record in records if record.file))
    return {file.name: file for file in state.get(OUTBOUND_FILES, names)}


def _answered(state: Reader, files: Iterable[OutboundFile]) -> frozenset[str]:
    """Return the files whose confirmation has arrived."""
    answers = {answer_name(file.name): file.name for file in files if file.type in ANSWERED_BY}
    arrived = state.get(FILES, sorted(answers)) if answers else []
    return frozenset(answers[file.name] for file in arrived if file.name in answers)
