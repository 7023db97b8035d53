"""What an outage between two times delayed and dropped, and why; who must act on what is still open (A13, A16, A22).

What is late is finished, or can be finished. What is dropped is not sent any more: it left the window, was cancelled,
or no longer holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from tis_esr.decisions.deadlines import FIRST_TO_GO
from tis_esr.decisions.notifications.date_events import STALE_REASONS, Passage
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.outage_delays import delayed
from tis_esr.operations.outage_effects import Effect, EffectKind, effect
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.deadline_guard import unsent
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    PENDING,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.data_exporter.pending_records import START_PASSED
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.wall_clock import LONDON

LONGEST = timedelta(days=60)
"""The longest outage that can be asked about."""
_CANCELLED = RecordState.DELETED_BEFORE_EXPORT.value
_ONE_DAY = timedelta(days=1)


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """The effects of an outage from ``start`` to ``end`` (London time), as the store has them now.

    ``days`` are its days in London; what was dropped is counted to the day after, on which the backlog is handled.
    """

    start: datetime
    end: datetime
    days: list[date]
    delayed: list[Effect]
    dropped: list[Effect]

    @property
    def key(self) -> str:
        """Return what identifies it."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"

    def missed(self, file_type: str) -> list[str]:
        """Return the deaneries without a file of a type since one was due, in the order of a run."""
        due = (one.names for one in self.delayed if one.kind is EffectKind.EXPORT_DUE and one.is_open)
        found = {tuple(name.split()[:2]) for names in due for name in names}
        return [deanery for deanery in DEANERIES if (file_type, deanery) in found]

    @property
    def open(self) -> list[Effect]:
        """Return what still has to be finished."""
        return [one for one in (*self.delayed, *self.dropped) if one.is_open]


def refuse_impossible(start: datetime, end: datetime, day: date, now: datetime) -> None:
    """Raise UsageError unless an outage was over by ``now``, or by the end of ``day`` where that is treated as today."""
    if end <= start:
        raise UsageError("--to", f"{_said(end)} is not after {_said(start)}; check both times")
    if end - start > LONGEST:
        raise UsageError("--from", f"{_said(start)} is more than {LONGEST.days} days before {_said(end)}")
    now = now.astimezone(LONDON)
    latest = now if day == now.date() else datetime.combine(day + _ONE_DAY, time(), LONDON)
    if end > latest:
        said = f"in the future: it is {_said(now)}" if latest is now else f"after {readable(str(day))}"
        raise UsageError(
            "--to", f"{_said(end)} is {said}; name a time at which the outage was over, or the present time"
        )


def outage(
    state: Reader,
    start: datetime,
    end: datetime,
    *,
    today: date,
    window: ApplicantWindow,
    crons: Mapping[str, str],
) -> Outage:
    """Return what an outage delayed and dropped, by the store alone; nothing is written, and TCS is not asked.

    ``start`` and ``end`` are moments with a zone, at most LONGEST apart. ``crons`` has the schedule of each command.
    """
    start, end = start.astimezone(LONDON), end.astimezone(LONDON)
    days = _days(start.date(), end.date())
    return Outage(
        start=start,
        end=end,
        days=days,
        delayed=delayed(state, start, end, days, crons),
        dropped=[
            *_applicants(state, days, today, window),
            *_cancelled(state, days),
            *_stale(state, days),
        ],
    )


def _said(at: datetime) -> str:
    return readable(iso(at.timestamp()))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _applicants(
    state: Reader, days: Sequence[date], today: date, window: ApplicantWindow
) -> Iterator[Effect]:
    """Yield the applicants whose last day in the window was in the outage, by reason and who must act."""
    past = [day for day in days if day < today]
    if not past:
        return
    by_cause: dict[tuple[str, Who, str], list[str]] = {}
    starts = Between(
        past[0] + timedelta(days=window.opens_days), past[-1] + timedelta(days=window.opens_days + 1)
    )
    for record in _unsent(state, starts):
        said = unsent(record, today, window, is_stale=record.built_on < today)
        by_cause.setdefault((said.reason, said.who, said.action), []).append(said.record)
    for (reason, who, action), names in sorted(by_cause.items()):
        yield effect(EffectKind.APPLICANT_MISSED, sorted(names), reason, is_open=True, who=who, action=action)


def _unsent(state: Reader, starts: Between) -> Iterator[ApplicantRecord]:
    for deanery in DEANERIES:
        for kind in (*PENDING, RecordState.DELETED_BEFORE_EXPORT):
            where = {"state": kind.value, "deanery": deanery, "date_from": starts}
            for record in state.find(APPLICANTS, where, order_by=FIRST_TO_GO):
                if kind in PENDING or record.reason == START_PASSED:
                    yield record


def _cancelled(state: Reader, days: Sequence[date]) -> Iterator[Effect]:
    """Yield, by reason, the records that were cancelled on the outage's days or the day after."""
    written = Between(days[0], days[-1] + 2 * _ONE_DAY)
    where = {"written_on": written, "state": _CANCELLED}
    by_reason: dict[str, list[str]] = {}
    records: list[ApplicantRecord | NotificationRecord]
    records = [*state.find(APPLICANTS, where), *state.find(NOTIFICATIONS, where)]
    for record in records:
        if record.reason != START_PASSED:
            by_reason.setdefault(record.reason, []).append(record.key)
    for reason, names in sorted(by_reason.items()):
        yield effect(EffectKind.RECORD_CANCELLED, names, reason, is_open=False)


def _stale(state: Reader, days: Sequence[date]) -> Iterator[Effect]:
    numbers: dict[str, int] = {}
    for known in state.find(KNOWN_POSITIONS, {"stale_on": [*days, days[-1] + _ONE_DAY]}):
        for name, number in known.stale.items():
            numbers[name] = numbers.get(name, 0) + number
    for name, number in sorted(numbers.items()):
        yield effect(EffectKind.CHANGE_STALE, [], STALE_REASONS[Passage[name]], number=number, is_open=False)
