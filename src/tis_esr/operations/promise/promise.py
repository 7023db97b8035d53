"""Counts the promise: by office, trust or week of start and by month, with what is due and every miss."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from enum import Enum, StrEnum, auto

import msgspec

from tis_esr.decisions.promise import (
    OWNERS,
    PROMISED_DAYS,
    PROMISED_SHARE,
    REASON_TEXTS,
    MissReason,
    is_in_time,
    last_day,
    miss_reason,
    weightiest,
)
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.promise.trainees import Trainee, trainees
from tis_esr.services.data_exporter.outbound import RecordState

TREND_MONTHS = 3
"""Months before this one in the trend."""


class Per(StrEnum):
    """What a line of the promise is about."""

    OFFICE = "office"
    TRUST = "trust"
    START = "start"


class Counts(msgspec.Struct, kw_only=True):
    """Trainees of one ``name`` (an office, a trust, the Monday of a week, a month) by outcome.

    ``trainees`` is the sum of ``in_time``, ``missed``, ``due`` (their last day has not passed) and ``unknown`` (their
    last day was before this interface began here, or the previous one sent them). ``share`` is that of ``in_time`` among those decided, None if none is. ``reasons`` has the misses by reason.
    """

    name: str
    trainees: int = 0
    in_time: int = 0
    missed: int = 0
    due: int = 0
    unknown: int = 0
    share: float | None = None
    reasons: dict[str, int] = {}


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A trainee (by placement) who can still be sent in time: ``days_left`` are those after this one; 0 is the last day.

    ``reason`` is what keeps them from being sent, None if nothing does but the day of the window.
    """

    placement: int
    deanery: str
    trust: str
    starts: date
    days_left: int
    reason: MissReason | None
    who: Who


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A trainee (by placement) whose data were not sent in time; ``sent_on`` is None if they have not been sent at all."""

    placement: int
    deanery: str
    trust: str
    starts: date
    sent_on: date | None
    days_before: int | None
    reason: MissReason
    text: str
    who: Who


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """The promise as of a day, for starts from that day on, for so many weeks.

    ``total`` and ``lines`` are about those; ``due`` lists those who are in the window or blocked, ``misses`` all. ``months``
    is the trend by month of start, from TREND_MONTHS before on.
    """

    day: date
    weeks: int
    by: Per
    promised_days: int
    promised_share: float
    total: Counts
    lines: list[Counts]
    months: list[Counts]
    due: list[Due]
    misses: list[Miss]


def promise(
    state: Reader,
    deaneries: Sequence[str],
    *,
    day: date,
    weeks: int,
    by: Per,
    reached_on: Callable[[date], date],
    advance: Callable[[int], None] = lambda _: None,
) -> Promise:
    """Count the stored records; nothing is written, and TIS is not asked.

    ``reached_on`` returns the day on which a start is in the window; ``advance`` is called with the number of records
    that were read, page by page.
    """
    first, end = _months_before(day), day + timedelta(weeks=weeks)
    total, lines, months = Counts(name="all"), dict[str, Counts](), dict[str, Counts]()
    due: list[Due] = []
    misses: list[Miss] = []
    for one in trainees(state, deaneries, first, end, advance):
        outcome = _outcome(one, day)
        miss = _miss(one) if outcome is _Outcome.MISSED else None
        month = one.start.isoformat()[:7]
        counted = [months.setdefault(month, Counts(name=month))]
        if one.start >= day:
            name = _name(one, by)
            counted += [total, lines.setdefault(name, Counts(name=name))]
            if miss is not None:
                misses.append(miss)
            elif outcome is _Outcome.DUE and _is_listed(left := _due(one, day), day, reached_on):
                due.append(left)
        for counts in counted:
            _count(counts, outcome, miss)
    order = sorted(lines) if by is not Per.OFFICE else [name for name in deaneries if name in lines]
    return Promise(
        day=day,
        weeks=weeks,
        by=by,
        promised_days=PROMISED_DAYS,
        promised_share=PROMISED_SHARE,
        total=_shared(total),
        lines=[_shared(lines[name]) for name in order],
        months=[_shared(months[name]) for name in sorted(months)],
        due=sorted(due, key=lambda one: (one.days_left, one.deanery, one.placement)),
        misses=sorted(misses, key=lambda one: (one.starts, one.deanery, one.placement)),
    )


class _Outcome(Enum):
    IN_TIME = auto()
    UNKNOWN = auto()
    MISSED = auto()
    DUE = auto()


def _outcome(one: Trainee, day: date) -> _Outcome:
    if any(map(is_in_time, one.courses)):
        return _Outcome.IN_TIME
    if one.is_unknown:
        return _Outcome.UNKNOWN
    return _Outcome.MISSED if last_day(one.start) < day else _Outcome.DUE


def _miss(one: Trainee) -> Miss:
    reason = weightiest(map(miss_reason, one.courses))
    sent_on = min((course.sent_on for course in one.courses if course.sent_on is not None), default=None)
    return Miss(
        placement=one.placement_id,
        deanery=one.deanery,
        trust=one.trust,
        starts=one.start,
        sent_on=sent_on,
        days_before=(one.start - sent_on).days if sent_on is not None else None,
        reason=reason,
        text=REASON_TEXTS[reason],
        who=OWNERS[reason],
    )


def _due(one: Trainee, day: date) -> Due:
    reason = _obstacle(one)
    return Due(
        placement=one.placement_id,
        deanery=one.deanery,
        trust=one.trust,
        starts=one.start,
        days_left=(last_day(one.start) - day).days,
        reason=reason,
        who=OWNERS[reason] if reason is not None else Who.NOBODY,
    )


def _obstacle(one: Trainee) -> MissReason | None:
    """Return what keeps a trainee from being sent now; None if one of the records only waits for its file."""
    reasons = []
    for course in one.courses:
        if course.is_lost:
            reasons.append(MissReason.NO_POSITION)
        elif course.is_unsound:
            reasons.append(
                MissReason.POSITION_DATA_MISSING if course.lacks_from_esr else MissReason.DATA_MISSING
            )
        elif course.first_rejected is not None and RecordState.REJECTED in one.states:
            reasons.append(MissReason.ESR_REJECTED)
        else:
            return None
    return weightiest(reasons)


def _is_listed(due: Due, day: date, reached_on: Callable[[date], date]) -> bool:
    return due.reason is not None or reached_on(due.starts) <= day


def _count(counts: Counts, outcome: _Outcome, miss: Miss | None) -> None:
    counts.trainees += 1
    if outcome is _Outcome.IN_TIME:
        counts.in_time += 1
    elif outcome is _Outcome.UNKNOWN:
        counts.unknown += 1
    elif outcome is _Outcome.DUE:
        counts.due += 1
    else:
        counts.missed += 1
    if miss is not None:
        counts.reasons = {**counts.reasons, miss.reason: counts.reasons.get(miss.reason, 0) + 1}


def _shared(counts: Counts) -> Counts:
    decided = counts.in_time + counts.missed
    reasons = {reason.value: counts.reasons.get(reason, 0) for reason in MissReason}
    share = counts.in_time / decided if decided else None
    return msgspec.structs.replace(counts, share=share, reasons=reasons)


def _name(one: Trainee, by: Per) -> str:
    match by:
        case Per.OFFICE:
            return one.deanery
        case Per.TRUST:
            return one.trust
        case Per.START:
            return (one.start - timedelta(days=one.start.weekday())).isoformat()


def _months_before(day: date) -> date:
    month = day.year * 12 + day.month - 1 - TREND_MONTHS
    return date(month // 12, month % 12 + 1, 1)
