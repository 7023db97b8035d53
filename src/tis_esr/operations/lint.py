"""Data faults of the applicants who are in the window or reach it in the coming weeks, and posts near ESR's limit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

import msgspec

from tis_esr.decisions.applicants import FROM_ESR
from tis_esr.decisions.crowded_posts import CrowdedPost, PostCounts
from tis_esr.decisions.data_faults import Fault, FaultKind
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.coming_applicants import NOT_LOOKED_AT, Horizon, waiting, without_position
from tis_esr.services.data_exporter.outbound import ApplicantRecord


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One data fault of one applicant record (``placement:position``), who must act, and what to do.

    ``weeks_to_go`` is the week in which it reaches the window, 0 if it is in the window. ``columns`` are named, never
    their values. The applicant is not sent as long as a ``blocking`` fault lasts.
    """

    deanery: str
    weeks_to_go: int
    record: str
    starts: date
    reaches_window: date
    kind: str
    columns: list[str]
    text: str
    blocking: bool
    who: Who
    action: str


class Lint(msgspec.Struct, frozen=True, kw_only=True):
    """The findings by deanery and weeks to go, and the posts near the limit.

    ``checked`` counts the records looked at, ``data_from`` is the day on which the oldest of them was compared with
    TIS (None if there is none), ``not_checked`` says what was not looked at.
    """

    day: date
    weeks: int
    checked: int
    data_from: date | None
    findings: list[Finding]
    posts: list[CrowdedPost]
    not_checked: str = NOT_LOOKED_AT

    @property
    def blocking(self) -> int:
        """Return the number of findings that keep an applicant from being sent."""
        return sum(finding.blocking for finding in self.findings)


def lint(
    state: Reader,
    deaneries: Sequence[str],
    horizon: Horizon,
    advance: Callable[[], None] = lambda: None,
) -> Lint:
    """Check the stored records; nothing is written, and TIS is not asked. ``advance`` is called after each deanery."""
    findings: list[Finding] = []
    posts, checked, oldest = PostCounts(), 0, date.max
    for deanery in deaneries:
        of_deanery: list[Finding] = []
        for record, faults in waiting(state, deanery, horizon):
            checked += 1
            oldest = min(oldest, record.built_on)
            day = max(horizon.day, horizon.window.reached_on(record.date_from))
            posts.count(deanery, day, record.deanery_number)
            of_deanery += _findings(record, faults, horizon)
        for record, faults in without_position(state, deanery, horizon):
            of_deanery += _findings(record, faults, horizon)
        findings += sorted(of_deanery, key=lambda finding: (finding.weeks_to_go, not finding.blocking))
        advance()
    return Lint(
        day=horizon.day,
        weeks=horizon.weeks,
        checked=checked,
        data_from=oldest if checked else None,
        findings=findings,
        posts=list(posts.crowded()),
    )


def _findings(record: ApplicantRecord, faults: Iterable[Fault], horizon: Horizon) -> Iterable[Finding]:
    for fault in chain.from_iterable(map(_by_owner, faults)):
        who, action = _who_acts(fault)
        yield Finding(
            deanery=record.deanery,
            weeks_to_go=horizon.weeks_to_go(record.date_from),
            record=record.key,
            starts=record.date_from,
            reaches_window=horizon.window.reached_on(record.date_from),
            kind=fault.kind.name,
            columns=list(fault.columns),
            text=_text(fault),
            blocking=fault.is_blocking,
            who=who,
            action=action,
        )


def _by_owner(fault: Fault) -> list[Fault]:
    """Return a fault in parts that each have one owner: missing columns come from TIS or from ESR's own rows."""
    if fault.kind is not FaultKind.MISSING:
        return [fault]
    parts = [[name for name in fault.columns if (name in FROM_ESR) is is_esr] for is_esr in (False, True)]
    return [replace(fault, columns=tuple(part)) for part in parts if part]


def _text(fault: Fault) -> str:
    other = "" if fault.other_placement is None else f"placement {fault.other_placement}"
    detail = ", ".join(fault.columns) or fault.detail or other
    return f"{fault.kind.value}: {detail}" if detail else fault.kind.value


def _who_acts(fault: Fault) -> tuple[Who, str]:
    """Return who must act: the trust for what comes from ESR's own rows, otherwise the local office."""
    match fault.kind:
        case FaultKind.MISSING if FROM_ESR.issuperset(fault.columns):
            return Who.TRUST, "add it to the position in ESR"
        case FaultKind.POSITION_DELETED:
            return Who.TRUST, "create the position in ESR again if the trainee is expected"
        case FaultKind.POSITION_UNMATCHED:
            return Who.TRUST, "correct the position's post number in ESR"
        case FaultKind.DUPLICATE:
            return Who.LOCAL_OFFICE, "remove one of the two placements; only the other one is sent"
        case FaultKind.TWO_PEOPLE:
            return Who.LOCAL_OFFICE, "merge the two people, or correct their registration numbers"
        case FaultKind.MISSING:
            return Who.LOCAL_OFFICE, "add it"
        case _:
            return Who.LOCAL_OFFICE, "correct it"
