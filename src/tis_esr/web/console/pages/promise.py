"""The promise: the share of trainees whose data went 12 weeks before the start, what is due, every miss, the trend."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.operations.composition import window
from tis_esr.operations.promise.judged import share_in_words
from tis_esr.operations.promise.left import left_by_day
from tis_esr.operations.promise.promise import Counts, Per, Promise
from tis_esr.operations.promise.promise import promise as count
from tis_esr.operations.promise.reasons import missed
from tis_esr.web.console.addresses import Choice, choice, offices, with_query
from tis_esr.web.console.charts.of_applicants import promise_by_month
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table

_WEEKS: Final = {"4": "4 weeks", "13": "13 weeks", "20": "20 weeks", "26": "26 weeks"}
_PER: Final = {
    Per.OFFICE.value: "By office",
    Per.TRUST.value: "By trust",
    Per.START.value: "By week of start",
}
_TIMES: Final = 20
"""How much longer than other answers it is kept: it reads every applicant record of these weeks."""


_LINES: Final = Table[Counts](
    columns=(
        Column("name", "Office, trust or week", lambda one: one.name),
        Column("trainees", "Trainees", lambda one: one.trainees, is_number=True),
        Column("in-time", "In time", lambda one: one.in_time, is_number=True),
        Column("missed", "Missed", lambda one: one.missed, is_number=True),
        Column("due", "Due", lambda one: one.due, is_number=True),
        Column("unknown", "Unknown", lambda one: one.unknown, is_number=True),
        Column("share", "Share in time", lambda one: one.share, lambda one: escape(share_in_words(one)), is_number=True, written=share_in_words),
    ),
    key=lambda one: one.name,
    sort="name",
)  # fmt: skip


_MONTHS: Final = replace(
    _LINES, columns=[replace(_LINES.columns[0], header="Month of start"), *_LINES.columns[1:]]
)


async def promise(request: Request) -> Response:
    """Show the figure, what is due, the lines and the trend."""
    choices, found, at = await found_of(request)
    values: dict[str, Any] = {
        "found": found,
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "table": _LINES.page(request, found.lines, csv="/promise.csv"),
        "of_lines": _PER[found.by],
        "reasons": missed(found),
        "days_left": left_by_day(found),
        "chart": promise_by_month(found),
        "months_csv": with_query(request, "/promise/months.csv", sort=None, after=None),
        "misses": with_query(request, "/promise/misses", sort=None, after=None),
        "due": with_query(request, "/promise/due", sort=None, after=None),
    }
    return page(request, "promise.html", "The promise", values, trail=(("/", "Start"),))


async def months_csv(request: Request) -> Response:
    """Return the promise by month of start as CSV."""
    _, found, _ = await found_of(request)
    return _MONTHS.csv(request, "promise-by-month", found.months)


async def promise_csv(request: Request) -> Response:
    """Return the lines as CSV."""
    _, found, _ = await found_of(request)
    return _LINES.csv(request, "promise", found.lines)


async def counted(
    request: Request, wanted: Sequence[str], *, weeks: int, by: Per = Per.OFFICE
) -> tuple[Promise, str]:
    """Return the promise for some offices, and as of which moment it was counted, in ISO form."""
    key, ask = _question(request, wanted, weeks, by)
    answer: tuple[Promise, datetime] = await console_of(request).remembered.ready(key, ask, times=_TIMES)
    return answer[0], answer[1].isoformat()


async def counted_soon(request: Request, wanted: Sequence[str], *, weeks: int) -> Promise | None:
    """Return the promise by office; None if it takes longer than a second, and is counted for later meanwhile."""
    key, ask = _question(request, wanted, weeks, Per.OFFICE)
    answer: tuple[Promise, datetime] | None = await console_of(request).remembered.soon(
        key, ask, times=_TIMES
    )
    return answer[0] if answer is not None else None


def _question(
    request: Request, wanted: Sequence[str], weeks: int, by: Per
) -> tuple[Hashable, Callable[[], Awaitable[Promise]]]:
    console, day = console_of(request), wall_clock.today()
    question = partial(
        count,
        deaneries=wanted,
        day=day,
        weeks=weeks,
        by=by,
        reached_on=window(console.settings).reached_on,
    )

    async def ask() -> Promise:
        return await console.questions.ask(question)

    return ("promise", day, tuple(wanted), weeks, by), ask


async def found_of(request: Request) -> tuple[list[Choice], Promise, str]:
    """Return the filters, the promise that they choose, and as of which moment it was counted."""
    visible = account_of(request).visible_offices
    office = choice(request, "office", "Office", offices(visible))
    weeks = choice(request, "weeks", "Starts within", _WEEKS, "20")
    by = choice(request, "by", "Lines", _PER, Per.OFFICE.value)
    wanted = [office.value] if office.value else visible
    found, at = await counted(request, wanted, weeks=int(weeks.value), by=Per(by.value))
    return [office, weeks, by], found, at
