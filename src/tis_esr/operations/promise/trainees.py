"""The trainees of a span of starts: one of each placement, whatever the number of its positions, with their courses.

A trainee is counted once for a placement, not once for each position: the promise is about people, and host and lead
employer get the same data. The first sending of any of the positions counts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tis_esr.decisions.applicants import FROM_ESR
from tis_esr.decisions.promise import Course, last_day
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.promise.brief_records import BRIEF_POSITIONS, BriefPosition, BriefRecord, placements
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import (
    OUTBOUND_FILES,
    SENT,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.pending_records import START_PASSED
from tis_esr.services.data_exporter.sent_before import is_sent_before
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.wall_clock import LONDON

_NOT_WRITTEN = (OutboundState.ALLOCATING, OutboundState.ALLOCATED)
_STATES = {state: place for place, state in enumerate(RecordState)}
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


def trainees(
    state: Reader,
    deaneries: Sequence[str],
    first: date,
    end: date,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Trainee]:
    """Yield the trainees of offices who start from ``first`` to before ``end``, by placement, then by start.

    Left out are those who no longer come: their placement is over or gone, they were withdrawn, or ESR has them by
    another placement. ``advance`` is called with the number of records that were read.
    """
    begun = {deanery: _first_day(state, deanery) for deanery in deaneries}
    sent_on = _SentOn(state)
    for page in placements(state):
        wanted = [
            [record for record in some if record.deanery in begun and first <= record.date_from < end]
            for some in page
        ]
        records = [record for some in wanted for record in some]
        ids = {str(record.position_id) for record in records if _by_position(record)}
        positions = {p.position_id: p for p in state.get(BRIEF_POSITIONS, sorted(ids))}
        days = sent_on.of(records)
        for some in wanted:
            yield from _of_placement(some, positions, days, begun)
        advance(sum(map(len, page)))


def _of_placement(
    records: Sequence[BriefRecord],
    positions: Mapping[int, BriefPosition],
    days: Mapping[str, date | None],
    begun: Mapping[str, date | None],
) -> list[Trainee]:
    """Return the trainees of a placement, by start."""
    if not records:
        return []
    found: dict[tuple[str, int], Trainee] = {}
    replaced = []
    for record in sorted(records, key=_in_order) if len(records) > 1 else records:
        if record.replaced:
            replaced.append(record)
        elif (course := _course(record, positions.get(record.position_id), days)) is not None:
            _add(found, record, course, begun[record.deanery])
    for record in replaced:
        if (of := found.get((record.deanery, record.person_id))) is not None:
            of.courses.append(_sent_course(record, days))
    return sorted(found.values(), key=lambda one: one.start)


def _in_order(record: BriefRecord) -> tuple[int, date, int]:
    return _STATES[record.state], record.date_from, record.position_id


def _by_position(record: BriefRecord) -> bool:
    """Return whether the course of a record depends on its position: of one that was known in time it does not."""
    is_cancelled = record.state is RecordState.DELETED_BEFORE_EXPORT
    return is_cancelled or (record.known_since or record.built_on) >= last_day(record.date_from)


def _add(
    found: dict[tuple[str, int], Trainee], record: BriefRecord, course: Course, begun: date | None
) -> None:
    key = record.deanery, record.person_id
    trainee = found.get(key)
    if trainee is None:
        trust = trust_of(record.deanery_number)
        trainee = found[key] = Trainee(record.placement_id, record.deanery, trust, record.date_from)
    trainee.courses.append(course)
    trainee.states.add(record.state)
    is_before = record.known_since is None or (begun is not None and last_day(record.date_from) <= begun)
    trainee.is_unknown |= is_before or is_sent_before(record.state, record.file)


def trust_of(post_number: str) -> str:
    """Return the trust's code: the second part of a national post number, ``EOE/RX1/800/STR/001``."""
    parts = post_number.split("/")
    return parts[1].strip() or _NO_TRUST if len(parts) > 1 else _NO_TRUST


class _SentOn:
    """The days on which our files left: what is in one that ESR can't read yet is not sent."""

    def __init__(self, state: Reader) -> None:
        self._state = state
        self._days: dict[str, date | None] = {}

    def of(self, records: Iterable[BriefRecord]) -> Mapping[str, date | None]:
        """Return the days of some records' files by name, None for one that is not written; each file is read once."""
        names = {name for record in records for name in record.files}
        new = sorted(names.difference(self._days))
        files = {file.name: file for file in self._state.get(OUTBOUND_FILES, new)} if new else {}
        self._days |= {name: _left_on(name, files.get(name)) for name in new}
        return self._days


def _left_on(name: str, file: OutboundFile | None) -> date | None:
    """Return the London day on which a file was written, by its name where that is not known any more."""
    if file is not None and file.state in _NOT_WRITTEN:
        return None
    if file is not None and file.written_at is not None:
        return file.written_at.astimezone(LONDON).date()
    return FileName.parse(name).date


def _course(
    record: BriefRecord, position: BriefPosition | None, sent_on: Mapping[str, date | None]
) -> Course | None:
    """Return the course of a record; None if its trainee no longer comes."""
    if record.state in SENT:
        return None if record.withdrawn else _sent_course(record, sent_on, position)
    before = [place.file for place in record.earlier]
    if record.state is not RecordState.DELETED_BEFORE_EXPORT or record.reason == START_PASSED:
        return _with_sendings(record, position, before, sent_on, is_lost=False)
    is_lost = position is not None and (position.deleted or position.post_id is None)
    return _with_sendings(record, position, before, sent_on, is_lost=True) if is_lost else None


def _sent_course(
    record: BriefRecord, sent_on: Mapping[str, date | None], position: BriefPosition | None = None
) -> Course:
    return _with_sendings(record, position, record.files, sent_on, is_lost=False)


def _with_sendings(
    record: BriefRecord,
    position: BriefPosition | None,
    files: Sequence[str],
    sent_on: Mapping[str, date | None],
    *,
    is_lost: bool,
) -> Course:
    last = {answer.of or record.file: answer for answer in record.answers}
    went: list[date] = []
    rejected: list[date] = []
    for name in files:
        if (day := sent_on.get(name)) is not None:
            (went if name not in last or last[name].is_accepted else rejected).append(day)
    return Course(
        start=record.date_from,
        known_since=record.known_since or record.built_on,
        sound_since=record.sound_since,
        matched_on=position.matched_on if position is not None else None,
        is_post_late=position is not None and position.found_later,
        sent_on=min(went, default=None),
        first_rejected=min(rejected, default=None),
        is_unsound=record.state is RecordState.INVALID_DATA,
        lacks_from_esr=bool(record.missing) and FROM_ESR.issuperset(record.missing),
        is_lost=is_lost,
    )


def _first_day(state: Reader, deanery: str) -> date | None:
    """Return the day on which an office's first file arrived; None if none has."""
    where = {"deanery": deanery, "counter": "RMT", "sequence": Between(0, _LAST_NUMBER)}
    for file in state.find(FILES, where, ("sequence",), 1):
        return file.arrived_at.astimezone(LONDON).date() if file.arrived_at else file.day
    return None
