"""Backlog and throughput by day."""

from datetime import datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.counted import counted, plural
from tis_esr.operations.throughput import DayFlow, Throughput
from tis_esr.operations.throughput import throughput as flow
from tis_esr.web.console.addresses import choice, offices
from tis_esr.web.console.charts.bars import Bar, bars
from tis_esr.web.console.charts.chart import Chart
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.rendering import page


async def throughput(request: Request) -> Response:
    """Show what came and went on each of the last days, and what is still open."""
    console, account = console_of(request), account_of(request)
    office = choice(request, "office", "Office", offices(account.visible_offices))
    wanted = [office.value] if office.value else account.visible_offices
    mine = None if account.offices is None and not office.value else tuple(wanted)

    async def ask() -> Throughput:
        return await console.questions.ask(partial(flow, last=wall_clock.today(), offices=mine))

    answer: tuple[Throughput, datetime] = await console.remembered.ready(
        ("throughput", wall_clock.today(), mine), ask
    )
    found, at = answer
    values: dict[str, Any] = {
        "found": found,
        "at": at,
        "choices": [office],
        "chosen": [] if office.is_default else [office],
        "charts": _charts(found),
        "parked": sum(one.parked for one in found.days) + found.parked_before,
    }
    return page(request, "throughput.html", "Backlog and throughput", values, trail=(("/", "Start"),))


def _charts(found: Throughput) -> list[Chart]:
    rows_in, rows_out, parked = (
        sum(getattr(one, name) for one in found.days) for name in ("rows_in", "rows_out", "parked")
    )
    days = counted(len(found.days), "day")
    files_in, files_out = (
        sum(getattr(one, name) for one in found.days) for name in ("files_in", "files_out")
    )
    said = f"{counted(files_in, 'file')} with {counted(rows_in, 'row')} in {days}."
    sent = f"{counted(files_out, 'file')} with {counted(rows_out, 'row')} in {days}."
    before = f"; {counted(found.parked_before, 'was', 'were')} parked before" if found.parked_before else ""
    return [
        bars("rows-in", "Rows from ESR", said, ("Rows",), _bars(found.days, "rows_in"), first="Day"),
        bars("rows-out", "Rows for ESR", sent, ("Rows",), _bars(found.days, "rows_out"), first="Day"),
        bars(
            "parked",
            "Messages still parked, by the day of parking",
            f"{counted(parked, 'message')} parked in these {days} {plural(parked, 'is', 'are')} still parked{before}.",
            ("Messages",),
            _bars(found.days, "parked"),
            first="Day",
        ),
    ]


def _bars(days: list[DayFlow], name: str) -> list[Bar]:
    return [Bar(f"{one.day.day} {one.day:%b}", [getattr(one, name)]) for one in days]
