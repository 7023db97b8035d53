"""The coming wave: how many applicants reach the window, by day or week and office."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.operations.coming_applicants import Horizon
from tis_esr.operations.composition import window
from tis_esr.operations.forecast import Forecast, Line, Step
from tis_esr.operations.forecast import forecast as foresee
from tis_esr.web.console.addresses import Choice, choice, offices, with_query
from tis_esr.web.console.charts.of_applicants import wave
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.rendering import page
from tis_esr.web.console.spreadsheet import table

_WEEKS: Final = {"2": "2 weeks", "4": "4 weeks", "8": "8 weeks", "13": "13 weeks"}
_LINES: Final = 350
_TIMES: Final = 4
"""How much longer than other answers it is kept: it reads every applicant record of the coming weeks."""
_COUNTED: Final = ("applicants", "sound", "held_back", "sent")


async def forecast(request: Request) -> Response:
    """Show the forecast as a table."""
    choices = _choices(request)
    found, at = await _found(request, *choices)
    values = {
        "found": found,
        "lines": found.lines[:_LINES],
        "more": max(0, len(found.lines) - _LINES),
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "chart": wave(found) if found.by is Step.WEEK else None,
        "totals": {name: sum(getattr(line, name) for line in found.lines) for name in _COUNTED},
        "csv": with_query(request, "/forecast.csv"),
    }
    return page(request, "forecast.html", "Forecast", values, trail=(("/", "Start"),))


async def forecast_csv(request: Request) -> Response:
    """Return the same as CSV."""
    found, _ = await _found(request, *_choices(request))
    headers = ("Reaches the window", "Office", "Applicants", "Sound", "Held back", "Sent")
    return table("forecast", headers, [_cells(line) for line in found.lines])


def _cells(line: Line) -> Sequence[object]:
    counts = (getattr(line, name) for name in _COUNTED)
    return (line.reaches_window or "already in it", line.deanery, *counts)


def _choices(request: Request) -> tuple[Choice, Choice, Choice]:
    return (
        choice(request, "office", "Office", offices(account_of(request).visible_offices)),
        choice(request, "weeks", "Weeks", _WEEKS, "8"),
        choice(request, "by", "Lines", {"week": "By week", "day": "By day"}, "week"),
    )


async def _found(request: Request, office: Choice, weeks: Choice, by: Choice) -> tuple[Forecast, str]:
    console = console_of(request)
    wanted = [office.value] if office.value else account_of(request).visible_offices
    horizon = Horizon(wall_clock.today(), int(weeks.value), window(console.settings))
    question = partial(foresee, deaneries=wanted, horizon=horizon, by=Step(by.value))

    async def ask() -> Forecast:
        return await console.questions.ask(question)

    key = ("forecast", tuple(wanted), horizon.day, weeks.value, by.value)
    found, at = await console.remembered.get(key, ask, times=_TIMES)
    return found, at.isoformat()
