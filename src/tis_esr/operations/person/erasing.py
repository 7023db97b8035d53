"""Erases what is stored about a person, within one unit of work; says what is kept, and why.

Personal values are blanked, or the document removed, as the daily purge does when they are old. What is still needed is
kept. Ids of TIS stay: they guard against sending twice, and name nobody without TIS.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.person_refusals import Refusal
from tis_esr.engine.collection import Collection
from tis_esr.engine.reader_protocol import Reader, Trace
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.work import Work
from tis_esr.operations.person.kept import Kept, KeptReason, Why, applicant_kept, notification_kept
from tis_esr.operations.person.messages import messages_about
from tis_esr.operations.person.named_trainees import named_as, without
from tis_esr.operations.person.subject import Subject, find_subject
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    HANDLED,
    NOTIFICATIONS,
    RESENT,
    ApplicantRecord,
    EsrAnswer,
    NotificationRecord,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry, Outcome
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS

ERASED = "(erased)"
_ROWS_OF_AN_ASSIGNMENT = 100
ROWS = "rows"
"""The name under which reasons of rows are counted."""


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased, or would be: the number of documents by collection, and what is kept.

    ``known`` is whether anything was stored about the person; ``waiting`` counts the messages about them that wait to be
    handled, which are among those that are kept; ``request`` is the id of the request in the audit.
    """

    known: bool
    dry_run: bool
    erased: dict[str, int]
    kept: list[Kept]
    waiting: int = 0
    request: str = ""

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is kept."""
        return not self.kept


async def erase(
    work: Work, begin: Callable[[], Work], reader: Reader, gmc_number: str, today: date
) -> Erasure:
    """Stage the erasure of a person in a unit of work, without committing it; ``begin`` returns others to search in."""
    subject = await find_subject(work, begin, gmc_number)
    staged = _Staged(work, subject, today)
    staged.applicants()
    staged.resent()
    staged.decisions()
    staged.journal()
    staged.known_positions()
    await staged.notifications()
    staged.files()
    staged.messages(messages_about(reader, subject))
    staged.rows(_rows(reader, subject))
    return Erasure(
        known=subject.is_known or bool(staged.kept),
        dry_run=False,
        erased=dict(staged.erased),
        kept=staged.kept,
        waiting=sum(one.reason is KeptReason.WAITING_MESSAGE for one in staged.kept),
    )


class _Staged:
    """Stages the erasure collection by collection, and keeps account of it."""

    def __init__(self, work: Work, subject: Subject, today: date) -> None:
        self._work, self._subject, self._today = work, subject, today
        self.erased: Counter[str] = Counter()
        self.kept: list[Kept] = []

    def applicants(self) -> None:
        """Blank applicant records of placements that have ended."""
        for record in self._subject.applicants:
            blank = _blank_applicant(record)
            if blank != record and not self._keep(
                APPLICANTS, record, applicant_kept(record, self._subject, self._today)
            ):
                self._put(APPLICANTS, blank)

    def resent(self) -> None:
        """Remove earlier sendings of placements that have ended."""
        for sending in self._subject.resent:
            over = self._subject.is_over(sending.record.placement_id, self._today)
            why = (
                None
                if over
                else (KeptReason.CURRENT_PLACEMENT, self._subject.ends.get(sending.record.placement_id))
            )
            if not self._keep(RESENT, sending, why):
                self._remove(RESENT, sending)

    def decisions(self) -> None:
        """Remove decisions about placements that have ended."""
        for decision in self._subject.decisions:
            end = self._subject.ends.get(decision.placement_id)
            over = self._subject.is_over(decision.placement_id, self._today)
            if not self._keep(DECISIONS, decision, None if over else (KeptReason.CURRENT_PLACEMENT, end)):
                self._remove(DECISIONS, decision)

    def journal(self) -> None:
        """Blank the values of updates of the person in TIS, and the person in them."""
        for entry in self._subject.journal:
            is_open = entry.state is Outcome.PLANNED
            if not self._keep(JOURNAL, entry, (KeptReason.UPDATE_IN_PROGRESS, None) if is_open else None):
                self._put(JOURNAL, _blank_entry(entry))

    def known_positions(self) -> None:
        """Forget who was sent for positions, once the placement has ended."""
        for known in self._subject.known:
            mine = [sent for sent in known.sent if self._subject.is_theirs(sent)]
            over = [sent for sent in mine if self._subject.is_over(sent.placement_id, self._today)]
            for sent in mine:
                if sent not in over:
                    why = KeptReason.CURRENT_PLACEMENT, self._subject.ends.get(sent.placement_id)
                    self._keep(KNOWN_POSITIONS, known, why)
            if over:
                left = [sent for sent in known.sent if sent not in over]
                self._put(KNOWN_POSITIONS, msgspec.structs.replace(known, sent=left))

    async def notifications(self) -> None:
        """Blank names, GMC numbers and e-mail addresses of notifications that are not needed any more."""
        records = self._subject.notifications
        keys = {f"notifications:{record.position_id}" for record in records}
        handled = (await self._work.get(HANDLED, keys)).values() if keys else ()
        standing = {about for position in handled for about in position.standing}
        for record in records:
            blank = _blank_notification(record, self._subject)
            why = notification_kept(record, self._subject, standing, self._today)
            if blank != record and not self._keep(NOTIFICATIONS, record, why):
                self._put(NOTIFICATIONS, blank)

    def files(self) -> None:
        """Keep the beginning of an assignment that is being read."""
        for file in self._subject.files:
            self._keep(FILES, file, (KeptReason.FILE_IN_WORK, None))

    def messages(self, traces: Iterable[Trace]) -> None:
        """Keep messages that are parked or wait: their bodies may have the person's data."""
        for trace in traces:
            if trace.state == "parked":
                self.kept.append(Kept(collection=trace.queue, key=trace.id, reason=KeptReason.PARKED_MESSAGE))
            elif trace.state != "done":
                self.kept.append(
                    Kept(collection=trace.queue, key=trace.id, reason=KeptReason.WAITING_MESSAGE)
                )

    def rows(self, rows: Iterable[Row]) -> None:
        """Blank the GMC number in the reasons of rows; parked rows have that of their message."""
        number = self._subject.gmc_number
        for row in rows:
            if number in row.reason and row.state is not RowState.PARKED:
                self._work.account(row.file, row.row, "", row.state, row.reason.replace(number, ERASED))
                self.erased[ROWS] += 1

    def _keep(self, collection: Collection[Any], document: Any, why: Why) -> bool:
        if why is None:
            return False
        reason, until = why
        self.kept.append(
            Kept(collection=collection.name, key=collection.key(document), reason=reason, until=until)
        )
        return True

    def _put(self, collection: Collection[Any], document: Any) -> None:
        self._work.put(collection, document)
        self.erased[collection.name] += 1

    def _remove(self, collection: Collection[Any], document: Any) -> None:
        self._work.remove(collection, document)
        self.erased[collection.name] += 1


def _blank_applicant(record: ApplicantRecord) -> ApplicantRecord:
    return msgspec.structs.replace(
        record, fields={}, newer=None, gmc_number=None, same_as="", answers=_blank_answers(record.answers)
    )


def _blank_notification(record: NotificationRecord, subject: Subject) -> NotificationRecord:
    """Return a notification without the person; another trainee whom it names stays."""
    places = named_as(record, subject)
    if not places:
        return record
    left = without(record.fields, places)
    return msgspec.structs.replace(record, fields=left, answers=_blank_answers(record.answers))


def _blank_answers(answers: Iterable[EsrAnswer]) -> list[EsrAnswer]:
    return [
        msgspec.structs.replace(answer, text="", applicant_number="", assignment_id=None)
        for answer in answers
    ]


def _blank_entry(entry: JournalEntry) -> JournalEntry:
    reason = entry.reason
    if entry.gmc_number and entry.gmc_number in reason:
        reason = Refusal(entry.code).text if entry.code in set(Refusal) else ""
    return msgspec.structs.replace(entry, old=None, new=None, gmc_number=None, person_id=None, reason=reason)


def _rows(reader: Reader, subject: Subject) -> Iterator[Row]:
    """Yield the rows of the assignments of the person that are still kept."""
    places: list[tuple[str, int]] = []
    for id_ in {entry.correlation_id for entry in subject.journal}:
        file, _, row = id_.rpartition(":")
        if row.isdecimal():
            first = int(row)
            places += [(file, number) for number in range(first, first + _ROWS_OF_AN_ASSIGNMENT)]
    yield from reader.rows(sorted(set(places))) if places else ()
