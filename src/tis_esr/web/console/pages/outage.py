"""Two questions about time: what was lost in an outage, and who misses the deadline if nothing is done."""

from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.composition import crons, window
from tis_esr.operations.deadlines import AtRisk, Deadlines, deadlines
from tis_esr.operations.outage import Outage
from tis_esr.operations.outage import outage as find_outage
from tis_esr.web.console.addresses import choice, whole_number
from tis_esr.web.console.addresses import offices as office_options
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.page_links import on_pages
from tis_esr.web.console.pages.procedures import OutageTimesError, outage_asked, recovery_address, times_typed
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table

_TRAIL: Final = (("/", "Start"), ("/why", "Why"))
_WEEK: Final = 7
_AHEAD: Final = (1, _WEEK, 14, 28, 91)


def _why(kind: str, id_: int) -> Markup:
    """Return an id, which has no thousands separators, as a link to why."""
    return Markup('<a class="app-ident" href="/why?word={}:{}">{}</a>').format(kind, id_, id_)


def _named(_page: str) -> bool:
    """Return False: a table that is the same for everybody names pages, and links none."""
    return False


_TABLE: Final = Table[AtRisk](
    columns=(
        Column("last", "Last day", lambda one: one.last_day),
        Column("days", "Days left", lambda one: one.days_left, is_number=True),
        Column("office", "Office", lambda one: one.deanery),
        Column(
            "placement",
            "Placement",
            lambda one: one.placement_id,
            lambda one: _why("placement", one.placement_id),
        ),
        Column(
            "position", "Position", lambda one: one.position_id, lambda one: _why("position", one.position_id)
        ),
        Column("starts", "Starts", lambda one: one.starts),
        Column("reason", "Reason", lambda one: one.reason, is_text=True),
        Column("who", "Who must act", lambda one: one.who.value),
        Column(
            "action",
            "What to do",
            lambda one: one.action,
            lambda one: on_pages(one.action, _named),
            is_text=True,
        ),
    ),
    key=lambda one: f"{one.placement_id}:{one.position_id}",
    sort="last",
)


async def outage(request: Request) -> Response:
    """Ask for the times of an outage; with them, show what it delayed and dropped."""
    begun, ended = request.query_params.get("from", ""), request.query_params.get("to", "")
    title = "What an outage delayed and dropped"
    values: dict[str, object] = {"found": None, "heading": title, **times_typed(request, "")}
    if begun or ended:
        try:
            first, last = outage_asked(begun, ended)
        except OutageTimesError as error:
            values |= times_typed(request, error.reason)
            return page(request, "outage.html", f"Error: {title}", values, trail=_TRAIL, status=400)
        settings = console_of(request).settings
        ask = partial(
            find_outage,
            start=first,
            end=last,
            today=wall_clock.today(),
            window=window(settings),
            crons=crons(settings),
        )
        found: Outage = await console_of(request).questions.ask(ask)
        may_recover = account_of(request).may(Role.OPERATOR)
        values |= {"found": found, "recovery": recovery_address(found.key) if may_recover else ""}
    return page(request, "outage.html", title, values, trail=_TRAIL)


async def deadlines_page(request: Request) -> Response:
    """List who misses the deadline if nothing is done, first to go first."""
    account = account_of(request)
    visible = account.visible_offices
    office = choice(request, "office", "Office", office_options(visible))
    shown = choice(request, "show", "Show", {"": "Still in time", "missed": "Missed already"})
    days = whole_number(request, "days", "number of days", _WEEK, range(1, 92))
    lengths = {str(one): counted(one, "day") for one in sorted({*_AHEAD, days})}
    ahead = choice(request, "days", "Looking ahead", lengths, str(_WEEK))
    settings = console_of(request).settings
    ask = partial(
        deadlines,
        day=wall_clock.today(),
        window=window(settings),
        deaneries=[office.value] if office.value else visible,
        days=days,
    )
    found: Deadlines = await console_of(request).questions.ask(ask)
    choices = [office, shown, ahead]
    values = {
        "found": found,
        "table": _TABLE.page(request, found.missed if shown.value else found.at_risk),
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
    }
    return page(request, "deadlines.html", "Who misses the deadline", values, trail=_TRAIL)
