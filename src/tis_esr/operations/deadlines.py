"""Who misses the deadline if nothing is done: applicants who can't be sent any more after today, or in a few days (A12)."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import msgspec

from tis_esr.decisions.deadlines import FIRST_TO_GO, Deadline, can_wait_from
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.coming_applicants import NOT_LOOKED_AT
from tis_esr.operations.unsent_applicants import unsent_applicants
from tis_esr.services.data_exporter.deadline_guard import MOST_NAMED, Unsent, unsent
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    ApplicantRecord,
    OutboundFile,
    OutboundState,
    RecordState,
)

_WAITS = "it goes with today's file, which is not created yet"
_DONE = (OutboundState.WRITTEN, OutboundState.SENT, OutboundState.NOTHING_TO_SEND)


class AtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant who misses the deadline unless somebody acts; no personal data.

    ``last_day`` is the last one on which a file can have it, ``days_left`` the number of days until then: 0 is today,
    negative if it has passed.
    """

    placement_id: int
    position_id: int
    deanery: str
    deanery_number: str
    starts: date
    last_day: date
    days_left: int
    reason: str
    who: Who
    action: str


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Who is at risk on a day, within ``days`` from it, first to go first, and who has missed the deadline already.

    Of those who started only the last 30 days' are named. ``not_counted`` says what was not looked at.
    """

    day: date
    days: int
    at_risk: list[AtRisk]
    missed: list[AtRisk]
    not_counted: str = NOT_LOOKED_AT


def deadlines(
    state: Reader, day: date, window: ApplicantWindow, deaneries: Sequence[str], *, days: int = 1
) -> Deadlines:
    """Return who misses the deadline if nothing is done: whom today's file must have, and whose data are faulty.

    A sound record that can wait goes with a later file by itself, so it is not at risk.
    """
    found = [one for one in unsent_applicants(state, day, window) if one.deanery in deaneries]
    for deanery in deaneries:
        found += _faulty(state, deanery, day, window, days)
    records = {record.key: record for record in state.get(APPLICANTS, [one.record for one in found])}
    created = {f.deanery for f in _files(state, day)}
    known = [
        _at_risk(one, records[one.record], day, window, created) for one in found if one.record in records
    ]
    known.sort(key=lambda one: (one.last_day, one.deanery, one.placement_id, one.position_id))
    return Deadlines(
        day=day,
        days=days,
        at_risk=[one for one in known if one.days_left >= 0],
        missed=[one for one in known if one.days_left < 0],
    )


def _files(state: Reader, day: date) -> Iterator[OutboundFile]:
    return (
        file
        for file in state.find(OUTBOUND_FILES, {"day": day})
        if file.type == "APP" and file.state in _DONE
    )


def _faulty(state: Reader, deanery: str, day: date, window: ApplicantWindow, days: int) -> Iterator[Unsent]:
    """Yield the records with faults that can still wait for the next file, but not for more than some days."""
    first = can_wait_from(day, window)
    end = window.edges(day + timedelta(days=days))[0]
    if first >= end:
        return
    where = {
        "state": RecordState.INVALID_DATA.value,
        "deanery": deanery,
        "date_from": Between(first, end),
    }
    for record in state.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=MOST_NAMED):
        yield unsent(record, day, window, is_stale=record.built_on < day)


def _at_risk(
    one: Unsent, record: ApplicantRecord, day: date, window: ApplicantWindow, created: set[str]
) -> AtRisk:
    last = window.last_day(one.starts)
    reason, who, action = one.reason, one.who, one.action
    is_due = record.state is RecordState.TO_EXPORT and one.deanery not in created
    if one.deadline == Deadline.LEAVING.name and is_due:
        reason, action = _WAITS, "see that the export of today runs (tis-esr doctor)"
    return AtRisk(
        placement_id=record.placement_id,
        position_id=record.position_id,
        deanery=one.deanery,
        deanery_number=record.deanery_number,
        starts=one.starts,
        last_day=last,
        days_left=(last - day).days,
        reason=reason,
        who=who,
        action=action,
    )
