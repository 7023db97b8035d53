"""The trainees of a span of starts: one of each placement, whatever the number of its positions, with their courses.

A trainee is counted once for a placement, not once for each position: the promise is about people, and host and lead
employer get the same data. The first sending of any of the positions counts.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from tis_esr.decisions.applicants import FROM_ESR
from tis_esr.decisions.promise import Course, is_in_time, last_day
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.coming_applicants import pages_between
from tis_esr.records.file_names import FileName
from tis_esr.services.cron import LONDON
from tis_esr.services.data_exporter.outbound import (
    OUTBOUND_FILES,
    SENT,
    ApplicantRecord,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.pending_records import START_PASSED
from tis_esr.services.data_exporter.sent_before import is_sent_before
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

_NOT_WRITTEN = (OutboundState.ALLOCATING, OutboundState.ALLOCATED)
_NO_TRUST = "(none)"
_LAST_NUMBER = 10**9


@dataclass(slots=True)
class Trainee:
    """One trainee of one placement: where and when it starts, and the course of each of its records.

    ``is_unknown`` says that the previous interface sent it, or should have: its last day was before ours began.
    """

    placement_id: int
    deanery: str
    trust: str
    start: date
    courses: list[Course] = field(default_factory=list)
    states: set[RecordState] = field(default_factory=set)
    is_unknown: bool = False


def trainees(state: Reader, deanery: str, first: date, end: date) -> list[Trainee]:
    """Return the trainees of an office who start from ``first`` to before ``end``, by start.

    Left out are those who no longer come: their placement is over or gone, they were withdrawn, or ESR has them by
    another placement.
    """
    begun, unwritten = _first_day(state, deanery), _Unwritten(state)
    found: dict[tuple[int, int], Trainee] = {}
    replaced: list[ApplicantRecord] = []
    for kind in RecordState:
        for page in pages_between(state, deanery, kind, first, end):
            names = unwritten.of(page)
            wanted = {str(r.position_id) for r in page if _needs_position(r, begun, names)}
            positions = {p.position_id: p for p in state.get(POSITIONS, sorted(wanted))}
            for record in page:
                if record.replaced:
                    replaced.append(record)
                elif (course := _course(record, positions.get(record.position_id), names)) is not None:
                    _add(found, record, course, begun)
    for record in replaced:
        if (of := found.get((record.placement_id, record.person_id))) is not None:
            of.courses.append(_sent_course(record, unwritten.of([record])))
    return sorted(found.values(), key=lambda one: (one.start, one.placement_id))


def _add(
    found: dict[tuple[int, int], Trainee], record: ApplicantRecord, course: Course, begun: date | None
) -> None:
    key = record.placement_id, record.person_id
    trainee = found.setdefault(
        key, Trainee(record.placement_id, record.deanery, trust_of(record.deanery_number), record.date_from)
    )
    trainee.courses.append(course)
    trainee.states.add(record.state)
    trainee.is_unknown |= _is_before(record, begun) or is_sent_before(record)


def _is_before(record: ApplicantRecord, begun: date | None) -> bool:
    """Return whether the previous interface should have sent a record."""
    return record.known_since is None or (begun is not None and last_day(record.date_from) <= begun)


def _needs_position(record: ApplicantRecord, begun: date | None, unwritten: Set[str]) -> bool:
    """Return whether its position decides anything: who was sent in time, or is unknown, counts without it."""
    if record.state is RecordState.DELETED_BEFORE_EXPORT:
        return True
    if _is_before(record, begun):
        return False
    return record.state not in SENT or not is_in_time(_sent_course(record, unwritten))


def trust_of(post_number: str) -> str:
    """Return the trust's code: the second part of a national post number, ``EOE/RX1/800/STR/001``."""
    parts = post_number.split("/")
    return parts[1].strip() or _NO_TRUST if len(parts) > 1 else _NO_TRUST


class _Unwritten:
    """The files whose rows are allocated, and that ESR can't read yet: what they have is not sent."""

    def __init__(self, state: Reader) -> None:
        self._state = state
        self._is_unwritten: dict[str, bool] = {}

    def of(self, records: Iterable[ApplicantRecord]) -> set[str]:
        """Return those of some records' files; each is read once."""
        names = {name for record in records for name in _files(record)}
        new = sorted(names.difference(self._is_unwritten))
        files = {file.name: file for file in self._state.get(OUTBOUND_FILES, new)} if new else {}
        self._is_unwritten |= {name: name in files and files[name].state in _NOT_WRITTEN for name in new}
        return {name for name in names if self._is_unwritten[name]}


def _files(record: ApplicantRecord) -> list[str]:
    return [*(place.file for place in record.earlier), *filter(None, [record.file])]


def _course(record: ApplicantRecord, position: Position | None, unwritten: Set[str]) -> Course | None:
    """Return the course of a record; None if its trainee no longer comes."""
    if record.state in SENT:
        return None if record.withdrawn else _sent_course(record, unwritten, position)
    before = [place.file for place in record.earlier]
    if record.state is not RecordState.DELETED_BEFORE_EXPORT or record.reason == START_PASSED:
        return _with_sendings(record, position, before, is_lost=False)
    is_lost = position is not None and (position.deleted or position.post_id is None)
    return _with_sendings(record, position, before, is_lost=True) if is_lost else None


def _sent_course(record: ApplicantRecord, unwritten: Set[str], position: Position | None = None) -> Course:
    files = [name for name in _files(record) if name not in unwritten]
    return _with_sendings(record, position, files, is_lost=False)


def _with_sendings(
    record: ApplicantRecord, position: Position | None, files: Sequence[str], *, is_lost: bool
) -> Course:
    last = {answer.of or record.file: answer for answer in record.answers}
    rejected = [name for name in files if name in last and not last[name].is_accepted]
    went = [name for name in files if name not in rejected]
    return Course(
        start=record.date_from,
        known_since=record.known_since or record.built_on,
        sound_since=record.sound_since,
        matched_on=position.matched_on if position is not None else None,
        is_post_late=position is not None and position.found_later,
        sent_on=_day(went),
        first_rejected=_day(rejected),
        is_unsound=record.state is RecordState.INVALID_DATA,
        lacks_from_esr=bool(record.missing) and FROM_ESR.issuperset(record.missing),
        is_lost=is_lost,
    )


def _day(names: Sequence[str]) -> date | None:
    return min((FileName.parse(name).date for name in names), default=None)


def _first_day(state: Reader, deanery: str) -> date | None:
    """Return the day on which an office's first file arrived; None if none has."""
    where = {"deanery": deanery, "counter": "RMT", "sequence": Between(0, _LAST_NUMBER)}
    for file in state.find(FILES, where, ("sequence",), 1):
        return file.arrived_at.astimezone(LONDON).date() if file.arrived_at else file.day
    return None
