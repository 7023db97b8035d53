"""Judges applicants who are about to leave the window unsent (incident A12), the 12-week promise, and statuses in TIS. Pure."""

from collections import Counter
from collections.abc import Iterable, Set
from datetime import UTC, date, timedelta

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.deadlines import Deadline
from tis_esr.decisions.who import Who
from tis_esr.operations.alarms import about_people
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.thresholds import PROMISE_DAYS
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.dates import midnight
from tis_esr.operations.promise.promise import Due, Promise
from tis_esr.operations.status_check.differences import DifferenceKind
from tis_esr.operations.status_check.stored_run import StatusRun
from tis_esr.services.data_exporter.deadline_guard import Unsent

_ONE_DAY = timedelta(days=1)


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """An unsent record that leaves the window with the file of ``day`` unless that file has it."""

    unsent: Unsent
    day: date
    is_ready: bool


def leaving_window(
    records: Iterable[Leaving], today: date, written: Set[str], cut: Set[str] = frozenset()
) -> list[Finding]:
    """Return a finding for each local office that must correct data, and one for all that support or trusts must act on.

    A record that is ready goes with the next file, so it counts only where today's file of its deanery was ``written``
    without it. Who leaves with today's file, or has no other file before, makes the finding urgent. The deaneries that
    are ``cut`` have more records than those.
    """
    groups: dict[str, list[Leaving]] = {}
    for one in records:
        if one.is_ready and one.unsent.deanery not in written:
            continue
        who = one.unsent.who
        cause = one.unsent.deanery if who is Who.LOCAL_OFFICE else "trusts" if who is Who.TRUST else "support"
        groups.setdefault(cause, []).append(one)
    return [_finding(cause, some, today, cut) for cause, some in sorted(groups.items())]


def _finding(cause: str, records: list[Leaving], today: date, cut: Set[str]) -> Finding:
    records = sorted(records, key=lambda one: (one.unsent.starts, one.unsent.record))
    left = sum(one.unsent.deadline == Deadline.MISSED.name for one in records)
    now = sum(one.day <= today and one.unsent.deadline != Deadline.MISSED.name for one in records)
    later = len(records) - left - now
    parts = [
        f"{counted(now, 'leaves', 'leave')} the window today" if now else "",
        f"{later:,} within days" if later else "",
        f"{counted(left, 'has', 'have')} left it" if left else "",
    ]
    least = "at least " if any(one.unsent.deanery in cut for one in records) else ""
    first = records[0].unsent
    return finding(
        about_people.APPLICANTS_LEAVING_WINDOW,
        cause,
        [
            f"{one.unsent.deanery} {one.unsent.record}, starts {in_words(one.unsent.starts)}"
            for one in records
        ],
        f"{least}{counted(len(records), 'unsent applicant')}: {', '.join(filter(None, parts))}",
        consequence=f"who acts: {first.who.value}; first reason: {first.reason}",
        urgent=bool(now),
        watched_until=midnight(records[-1].unsent.starts + _ONE_DAY).astimezone(UTC),
    )


def promise_at_risk(known: Promise, today: date) -> list[Finding]:
    """Return one finding with the weeks of starts that miss the promise unless somebody acts on who is blocked.

    A week is judged while its last day is within PROMISE_DAYS: as if all who wait were sent in time, but those whom
    something keeps from being sent.
    """
    latest = today + timedelta(days=known.promised_days + PROMISE_DAYS)
    blocked: dict[date, list[Due]] = {}
    for one in known.due:
        if one.reason is not None and one.starts <= latest:
            blocked.setdefault(one.starts - timedelta(days=one.starts.weekday()), []).append(one)
    weeks, people = [], list[Due]()
    for line in known.lines:
        waiting = blocked.get(date.fromisoformat(line.name), [])
        number = line.in_time + line.missed + line.due
        possible = line.in_time + line.due - len(waiting)
        if waiting and possible < known.promised_share * number:
            weeks.append(f"week of {in_words(date.fromisoformat(line.name))}: {possible} of {number}")
            people += waiting
    if not weeks:
        return []
    owners = Counter(one.who.value for one in people)
    last = max(one.starts for one in people) - timedelta(days=known.promised_days)
    return [
        finding(
            about_people.PROMISE_AT_RISK,
            "",
            weeks,
            f"{counted(len(weeks), 'week')} of starts will miss the 12-week promise: {counted(len(people), 'trainee is', 'trainees are')} blocked",
            consequence="who acts: "
            + ", ".join(f"{who} ({number:,})" for who, number in owners.most_common()),
            watched_until=midnight(last + _ONE_DAY).astimezone(UTC),
        )
    ]


def status_drift(run: StatusRun) -> list[Finding]:
    """Return one finding with the statuses that TIS lacks, or has otherwise, and that were not repaired.

    The comparison keeps only the first ones as members, and counts all.
    Events that TCS lists twice are left out: they mislead nobody, and can't be removed.
    """
    wrong = [one for one in run.differences if one.kind is not DifferenceKind.DOUBLED]
    number = sum(n for kind, n in run.counts.items() if kind != DifferenceKind.DOUBLED.value) - run.repaired
    if number <= 0:
        return []
    text = f"TIS shows {counted(number, 'wrong ESR status', 'wrong ESR statuses')}, by the last comparison"
    return [
        finding(
            about_people.STATUS_DRIFT,
            "",
            [f"{one.deanery} {one.of} {one.id}" for one in wrong],
            text,
            number=number,
            consequence="users of TIS see that ESR lacks what it has, or the reverse",
        )
    ]
