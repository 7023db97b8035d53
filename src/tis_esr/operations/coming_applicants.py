"""The applicants of a deanery who are in the window or reach it soon, read page by page, with their data faults."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from tis_esr.decisions.data_faults import Fault, FaultKind, data_faults
from tis_esr.decisions.deadlines import FIRST_TO_GO
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Between, Where
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.data_exporter.outbound import APPLICANTS, PENDING, SENT, ApplicantRecord, RecordState
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

NOT_LOOKED_AT = (
    "placements without an applicant record: not approved, of a type that is not reported, without a trainee in TIS,"
    " or with a post for which ESR has sent no position"
)
_HAS_OR_GETS = {RecordState.TO_EXPORT, RecordState.EXPORTED, RecordState.CONFIRMED}
_A_PAGE = 500
_BEYOND = 2**63 - 1


@dataclass(frozen=True)
class Horizon:
    """The applicants to look at as of a day: those in the window, and those who reach it within some weeks."""

    day: date
    weeks: int
    window: ApplicantWindow

    @property
    def until(self) -> date:
        """Return the last day on which they reach the window."""
        return self.day + timedelta(weeks=self.weeks)

    @property
    def starts(self) -> tuple[date, date]:
        """Return the first day on which their placements start, and the first day after it."""
        return self.window.edges(self.day)[0], self.window.edges(self.until)[1]

    def weeks_to_go(self, start: date) -> int:
        """Return in which week from the day on an applicant reaches the window, 0 if it is in the window."""
        return max(0, -(-(self.window.reached_on(start) - self.day).days // 7))


def waiting(state: Reader, deanery: str, horizon: Horizon) -> Iterator[tuple[ApplicantRecord, list[Fault]]]:
    """Yield a deanery's records that are not sent yet, each with its faults."""
    for kind in PENDING:
        for page in pages(state, deanery, kind, horizon):
            earlier = _the_same(state, page)
            for record in page:
                yield record, _faults(record, earlier.get(record.same_as, ()))


def sent(state: Reader, deanery: str, horizon: Horizon) -> Iterator[ApplicantRecord]:
    """Yield a deanery's records that were sent."""
    for kind in SENT:
        for page in pages(state, deanery, kind, horizon):
            yield from page


def sent_by_start(state: Reader, deanery: str, horizon: Horizon) -> dict[date, int]:
    """Return how many of a deanery's records were sent, by the start of the placement; only the index is read."""
    found: Counter[date] = Counter()
    for kind in SENT:
        where = {"state": kind.value, "deanery": deanery, "date_from": Between(*horizon.starts)}
        for (start,), number in state.counts(APPLICANTS, "date_from", where=where).items():
            found[date.fromisoformat(start)] += number
    return found


def without_position(
    state: Reader, deanery: str, horizon: Horizon
) -> Iterator[tuple[ApplicantRecord, list[Fault]]]:
    """Yield the cancelled records whose position was deleted or lost its post, unless another position has the placement."""
    for page in pages(state, deanery, RecordState.DELETED_BEFORE_EXPORT, horizon):
        positions = {p.position_id: p for p in state.get(POSITIONS, [str(r.position_id) for r in page])}
        others = state.find(APPLICANTS, {"placement_id": sorted({record.placement_id for record in page})})
        alive = {o.placement_id for o in others if o.state is not RecordState.DELETED_BEFORE_EXPORT}
        for record in page:
            position = positions.get(record.position_id)
            if position is None or record.placement_id in alive:
                continue
            if position.deleted:
                yield record, [Fault(FaultKind.POSITION_DELETED)]
            elif position.post_id is None:
                yield record, [Fault(FaultKind.POSITION_UNMATCHED)]


def pages(
    state: Reader, deanery: str, kind: RecordState, horizon: Horizon
) -> Iterator[Sequence[ApplicantRecord]]:
    """Yield a deanery's records in one state that are in the window or reach it soon; see ``pages_between``."""
    return pages_between(state, deanery, kind, *horizon.starts)


def pages_between(
    state: Reader, deanery: str, kind: RecordState, first: date, end: date
) -> Iterator[Sequence[ApplicantRecord]]:
    """Yield a deanery's records in one state that start from ``first`` to before ``end``, a page at a time by the index.

    They are in the order of start, placement and position.
    """
    left: list[Where] = [{"date_from": Between(first, end)}]
    seen: set[str] = set()
    while left:
        where, limit = {"state": kind.value, "deanery": deanery, **left[0]}, _A_PAGE + len(seen)
        page = state.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=limit)
        if fresh := [record for record in page if record.key not in seen]:
            yield fresh
        if len(page) < limit:
            left, seen = left[1:], set()
        else:
            left = _from(page[-1], end)
            seen = {record.key for record in page if _place(record) == _place(page[-1])}


_place = attrgetter(*FIRST_TO_GO)


def _from(last: ApplicantRecord, end: date) -> list[Where]:
    """Return where a record and those behind it are: of its placement, of its day, of later days."""
    of_day = {"date_from": last.date_from}
    return [
        {
            **of_day,
            "placement_id": last.placement_id,
            "position_id": Between(last.position_id, _BEYOND),
        },
        {**of_day, "placement_id": Between(last.placement_id + 1, _BEYOND)},
        {"date_from": Between(last.date_from + timedelta(days=1), end)},
    ]


def _the_same(state: Reader, page: Sequence[ApplicantRecord]) -> dict[str, list[ApplicantRecord]]:
    """Return the records sent, or to be sent, that are for ESR the same applicant as one of the page, in their order."""
    found = state.find(APPLICANTS, {"same_as": sorted({record.same_as for record in page})})
    going = [record for record in found if record.state in _HAS_OR_GETS]
    the_same: dict[str, list[ApplicantRecord]] = {}
    for record in sorted(going, key=_in_order):
        the_same.setdefault(record.same_as, []).append(record)
    return the_same


def _in_order(record: ApplicantRecord) -> tuple[bool, date, int, int]:
    return record.state not in SENT, record.date_from, record.placement_id, record.position_id


def _faults(record: ApplicantRecord, the_same: Sequence[ApplicantRecord]) -> list[Fault]:
    earlier = [other for other in the_same if _in_order(other) < _in_order(record)]
    faults = data_faults(record, earlier)
    if record.is_held_back and not any(fault.is_blocking for fault in faults):
        return [Fault(FaultKind.UNFIT, detail=record.reason.removeprefix("held back: ")), *faults]
    return faults
