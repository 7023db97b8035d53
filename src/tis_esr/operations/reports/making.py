"""Makes a report of any kind, from the store and, for posts, from TIS; one with personal data is audited."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from tis_esr.counted import counted
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.coming_applicants import Horizon
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.posts import POSITION_COLUMNS, POST_COLUMNS, positions, posts
from tis_esr.operations.reports.records import (
    FORECAST_COLUMNS,
    INVALID_COLUMNS,
    NOT_FOR_TRUSTS,
    PERSONAL,
    REJECTION_COLUMNS,
    forecast,
    invalid,
    rejections,
)
from tis_esr.operations.reports.report import Filters, Report, Value, made, refuse
from tis_esr.operations.reports.updates import UPDATE_COLUMNS, updates
from tis_esr.tcs.client import Tcs

UPDATE_DAYS = 30
PERSONAL_ACT = "report.personal"
"""The act in the audit."""
_COLUMNS: dict[ReportKind, Sequence[str]] = {
    ReportKind.POSTS: POST_COLUMNS,
    ReportKind.POSITIONS: POSITION_COLUMNS,
    ReportKind.INVALID: INVALID_COLUMNS,
    ReportKind.UPDATES: UPDATE_COLUMNS,
    ReportKind.FORECAST: FORECAST_COLUMNS,
    ReportKind.REJECTIONS: REJECTION_COLUMNS,
}


async def make_report(
    state: Reader,
    kind: ReportKind,
    filters: Filters,
    day: date,
    *,
    window: ApplicantWindow,
    weeks: int,
    tcs: Tcs | None,
    without_position: bool = False,
    for_trust: bool = False,
    personal: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Return a report as of a day. ``advance`` is called with posts read, or 1 for each deanery.

    Without ``personal`` it has no GMC numbers and none of ESR's texts; ``for_trust`` also leaves out our own ids. Raises
    UsageError for what can't be, and TcsError.
    """
    refuse(filters, kind, for_trust=for_trust, personal=personal)

    def step() -> None:
        advance(1)

    rows: Iterable[dict[str, Value]]
    if kind is ReportKind.POSTS:
        if tcs is None:
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL: only TIS knows all posts")
        rows = await posts(state, tcs, filters, without_position=without_position, advance=advance)
    elif kind is ReportKind.POSITIONS:
        rows = positions(state, filters, step)
    elif kind is ReportKind.INVALID:
        rows = invalid(state, filters, day, window, step)
    elif kind is ReportKind.UPDATES:
        rows = updates(state, filters, day, UPDATE_DAYS, step)
    elif kind is ReportKind.FORECAST:
        rows = forecast(state, filters, Horizon(day, weeks, window), step)
    else:
        rows = rejections(state, filters, step)
    hidden = NOT_FOR_TRUSTS if for_trust else frozenset() if personal else PERSONAL
    columns = [name for name in _COLUMNS[kind] if name not in hidden]
    return made(
        kind,
        day,
        filters,
        list(rows),
        columns,
        personal=personal and not PERSONAL.isdisjoint(columns),
        for_trust=for_trust,
    )


async def audit_personal(runner: Runner, person: Person, report: Report, to: str, why: str) -> None:
    """Record that a report with personal data goes to a file or terminal, and why."""
    work = runner.work()
    on = [report.kind.value, *report.filters.deaneries, f"to {to}"]
    await record(work, person, PERSONAL_ACT, on, why=why, result=counted(len(report.rows), "row"))
    await work.commit()
