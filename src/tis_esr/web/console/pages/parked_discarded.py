"""Discarded messages: who discarded them, why, under which ticket, and when the outcome is to be reviewed."""

from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.operations.parked.discarding import Discarded
from tis_esr.operations.parked.discarding import discarded as all_discarded
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.parked import TRAIL, runbook_of
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import day


def _review(one: Discarded) -> Markup:
    is_due = one.review_on is not None and one.review_on <= wall_clock.today()
    return Markup("{} <strong>(due)</strong>").format(day(one.review_on)) if is_due else day(one.review_on)


_TABLE: Final = Table[Discarded](
    columns=(
        Column("review", "Review on", lambda one: one.review_on, _review),
        Column(
            "message", "Message", lambda one: f"{one.source_file}:{one.row}" if one.source_file else one.id
        ),
        Column("office", "Office", lambda one: one.deanery),
        Column("cause", "Cause", lambda one: one.cause.value, lambda one: runbook_of(one.cause.value)),
        Column("who", "Discarded by", lambda one: one.who),
        Column("at", "Discarded", lambda one: one.at),
        Column("ticket", "Ticket", lambda one: one.ticket),
        Column("why", "Reason", lambda one: one.why, sortable=False),
    ),
    key=lambda one: one.key,
    sort="review",
)


async def discarded(request: Request) -> Response:
    """List what was discarded, the next to be reviewed first."""
    found = await _found(request)
    table = await console_of(request).questions.run(
        partial(_TABLE.page, request, found, csv="/parked/discarded.csv")
    )
    return page(request, "parked_discarded.html", "Discarded messages", {"table": table}, trail=TRAIL)


async def discarded_csv(request: Request) -> Response:
    """Return what was discarded as CSV."""
    found = await _found(request)
    return await console_of(request).questions.run(partial(_TABLE.csv, request, "discarded", found))


async def _found(request: Request) -> list[Discarded]:
    found: list[Discarded] = await console_of(request).questions.ask(all_discarded)
    account = account_of(request)
    return [one for one in found if account.sees(one.deanery)]
