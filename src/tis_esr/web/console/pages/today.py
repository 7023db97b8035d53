"""The start page: the board of a day, what needs somebody, alarms, the promise, and what waits for whom."""

from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.errors import UsageError
from tis_esr.operations.alarms.overview import Alarms, overview
from tis_esr.operations.board.board import EARLIER_DAYS
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.board.cells import Cell, FileType
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.exports.withheld import withheld_since
from tis_esr.operations.file_questions.open_findings import OpenFindings
from tis_esr.operations.promise.left import left_by_day
from tis_esr.operations.today import Today, today_of
from tis_esr.operations.waits import REFUSED_DAYS, Wait, WaitKind, waits
from tis_esr.web.console.addresses import Choice, choice, offices, with_query
from tis_esr.web.console.board_words import short
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.alarms import address_of
from tis_esr.web.console.pages.day_in_address import day_in, no_such_day
from tis_esr.web.console.pages.files import open_findings_of
from tis_esr.web.console.pages.promise import counted_soon
from tis_esr.web.console.pages.start_of_trusts import start_of_trusts
from tis_esr.web.console.rendering import page

_LISTS: Final[dict[WaitKind, tuple[str, dict[str, str]]]] = {
    WaitKind.PARKED: ("/parked", {"cause": "{}"}),
    WaitKind.FINDINGS: ("/findings", {}),
    WaitKind.HELD: ("/exports", {"type": "{}", "show": "held"}),
    WaitKind.REJECTED: ("/exports/files", {"type": "{}", "confirmation": "with_rejected_rows", "days": "90"}),
    WaitKind.REFUSED: ("/people", {"state": "refused", "days": f"{REFUSED_DAYS}"}),
}
"""The page and the filters that list the single things of a line; {} is its code."""
_DAYS: Final = 30
"""Days to choose from; the address may name any that the ledger keeps."""
_WEEKS: Final = 20
_ALARMS: Final = 5
REFRESHED: Final = 60
"""Seconds after which the page asks for itself."""


async def today(request: Request) -> Response:
    """Show a day; to accounts limited to some trusts, the pages of theirs."""
    console, account = console_of(request), account_of(request)
    if account.trusts is not None:
        return start_of_trusts(request)
    visible = account.visible_offices
    office = choice(request, "office", "Office", offices(visible))
    wanted = [office.value] if office.value else visible
    found = await day_shown(request, wanted)
    choices = [_day_choice(request, found.board.day), office]
    everything = account.offices is None
    findings, _ = await open_findings_of(request)
    mine = None if everything and not office.value else wanted
    promise = await counted_soon(request, wanted, weeks=_WEEKS)
    values: dict[str, Any] = {
        "found": found,
        "restored_at": await console.questions.ask(withheld_since),
        "rows": list(_rows(found, wanted)),
        "types": list(FileType),
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "alarms": await _alarms(request) if everything else None,
        "alarm_address": address_of,
        "most_alarms": _ALARMS,
        "promise": promise,
        "days_left": left_by_day(promise) if promise is not None else None,
        "promise_address": with_query(request, "/promise", day=None),
        "waits": [(one, _address(request, one)) for one in await _waits(request, findings, mine)],
        "earlier_days": EARLIER_DAYS,
        "seconds": REFRESHED,
        "pages": [one for one in console.menu if one.is_for(account) and one.path != "/"],
        "account": account,
        "may_see_deadlines": account.trusts is None,
        "heading": f"{found.board.day:%A} {in_words(found.board.day)}",
        **_around(request, found.board.day),
    }
    return page(request, "today.html", "Today", values)


async def day_shown(request: Request, wanted: list[str]) -> Today:
    """Return the day that the address names, or the last one, of some offices. Raises ProblemError."""
    console = console_of(request)
    day = day_in(request)
    question = partial(
        today_of, day=day, now=wall_clock.now(), terms=terms_of(console.settings), deaneries=wanted
    )

    async def ask() -> Today:
        return await console.questions.ask(question)

    try:
        found, _ = await console.remembered.get(("today", day, tuple(wanted)), ask)
    except UsageError as error:
        raise no_such_day(error) from None
    shown: Today = found
    return shown


def _day_choice(request: Request, shown: date) -> Choice:
    last = max(shown, wall_clock.today())
    days = [shown, *(last - timedelta(days=back) for back in range(_DAYS))]
    options = {one.isoformat(): f"{one:%a} {in_words(one)}" for one in sorted(set(days), reverse=True)}
    return choice(request, "day", "Day", {"": "The last day", **options})


def _around(request: Request, day: date) -> dict[str, str]:
    """Return the addresses of the days before and after."""
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    is_past = after <= wall_clock.today()
    return {
        "here": with_query(request),
        "day_before": with_query(request, day=before.isoformat()),
        "day_after": with_query(request, day=after.isoformat()) if is_past else "",
    }


def _rows(found: Today, wanted: list[str]) -> Any:
    """Yield an office with a cell for each file type; an empty one for what is not expected."""
    cells: dict[tuple[str, FileType], Cell] = {(one.deanery, one.type): one for one in found.board.cells}
    for office in wanted:
        yield office, [_shown(cells.get((office, type_))) for type_ in FileType]


def _shown(cell: Cell | None) -> Markup:
    return short(cell) if cell is not None else Markup('<span class="app-faint">not expected</span>')


async def _alarms(request: Request) -> Alarms:
    console = console_of(request)
    found: Alarms = await console.questions.ask(partial(overview, sinks=(), now=wall_clock.now()))
    return found


async def _waits(request: Request, findings: OpenFindings, offices: list[str] | None) -> list[Wait]:
    """Return what waits, counted at most every 15 seconds."""
    console, day = console_of(request), wall_clock.today()

    async def ask() -> list[Wait]:
        return await console.questions.ask(partial(waits, findings=findings, today=day, offices=offices))

    key = ("waits", day, None if offices is None else tuple(offices))
    found: list[Wait]
    found, _ = await console.remembered.get(key, ask)
    return found


def _address(request: Request, one: Wait) -> str:
    """Return the address of the list that has single things of a line; "" where the person may open none."""
    path, query = _LISTS[one.kind]
    account = account_of(request)
    if not any(known.path == path and known.is_for(account) for known in console_of(request).pages):
        return ""
    fields = {name: value.format(one.code) for name, value in query.items()}
    if one.kind is not WaitKind.FINDINGS and (office := request.query_params.get("office", "")):
        fields["office"] = office
    return f"{path}?{urlencode(fields)}" if fields else path
