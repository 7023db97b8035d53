"""One office of the board with its last 30 days, and the calendar of all offices."""

from datetime import date, datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.board.built_in import Terms, terms_of
from tis_esr.operations.board.calendar import by_office, by_type
from tis_esr.operations.board.cells import FileType, not_taken
from tis_esr.operations.board.day_shown import shown_as_of
from tis_esr.operations.board.history import history
from tis_esr.operations.board.history_lines import History, HistoryLine
from tis_esr.operations.board.office import Office, office_of
from tis_esr.operations.dates import day as in_words
from tis_esr.records.file_names import DEANERIES
from tis_esr.web.console.board_words import clock, source_words, state_tag
from tis_esr.web.console.charts.arrivals import arrivals
from tis_esr.web.console.charts.calendar import calendar
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.day_in_address import day_in, no_such_day
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page

_TRAIL: Final = (("/", "Start"),)
_NAMES: Final = {
    FileType.RMC: "File from ESR",
    FileType.APP: "Applicants",
    FileType.DNC: "Notifications",
    FileType.RTC: "Acknowledgement",
    FileType.APC: "Answer about applicants",
    FileType.DCC: "Answer about notifications",
}


async def office(request: Request) -> Response:
    """Show one office."""
    code = request.path_params["office"]
    if code not in DEANERIES or not account_of(request).sees(code):
        raise ProblemError(
            404,
            "There is no such office, or your account does not include it.",
            "Offices have codes such as EOE: open one from the board.",
            "No such office",
        )
    found = await _office(request, code)
    values: dict[str, Any] = {
        "office": code,
        "found": found,
        "names": _NAMES,
        "answers": (FileType.APC, FileType.DCC),
        "clock": clock,
        "state_tag": state_tag,
        "source_words": source_words,
        "not_taken": not_taken,
        "usual": _usual,
        "calendar": calendar("calendar", f"30 days of {code}", by_type(found.history))
        if found.history.lines
        else None,
        "arrivals": _charts(found),
        "heading": f"{code}, {found.board.day:%A} {in_words(found.board.day)}",
    }
    return page(request, "office.html", f"Board of {code}", values, trail=_TRAIL)


async def calendar_page(request: Request) -> Response:
    """Show the last 30 days of the person's offices."""
    console, wanted = console_of(request), account_of(request).visible_offices
    question = partial(_history, day=day_in(request), now=wall_clock.now(), terms=terms_of(console.settings))

    async def ask() -> History:
        return await console.questions.ask(question)

    try:
        answer, _ = await console.remembered.get(("calendar", day_in(request)), ask)
    except UsageError as error:
        raise no_such_day(error) from None
    found: History = answer
    mine = History(
        first=found.first, last=found.last, lines=[line for line in found.lines if line.deanery in wanted]
    )
    values = {
        "found": found,
        "one": calendar("calendar", "30 days by office", by_office(mine)) if mine.lines else None,
        "offices": [code for code in wanted if any(line.deanery == code for line in mine.lines)],
    }
    return page(request, "calendar.html", "Calendar", values, trail=_TRAIL)


def _history(reader: Reader, *, day: date | None, now: datetime, terms: Terms) -> History:
    shown, as_of = shown_as_of(reader, day, now)
    return history(reader, day=shown, now=as_of, terms=terms)


async def _office(request: Request, code: str) -> Office:
    console = console_of(request)
    question = partial(
        office_of, deanery=code, day=day_in(request), now=wall_clock.now(), terms=terms_of(console.settings)
    )
    try:
        found: Office = await console.questions.ask(question)
    except UsageError as error:
        raise no_such_day(error) from None
    return found


def _charts(found: Office) -> list[Any]:
    by_types = {type_: [one for one in found.arrivals if one.type is type_] for type_ in FileType}
    return [
        arrivals(f"arrivals-{type_.value}", f"Arrivals of {type_.value} against the deadline", some)
        for type_, some in by_types.items()
        if some
    ]


def _usual(line: HistoryLine) -> str:
    if line.median is None or line.p95 is None:
        return "too few days known"
    other = ", the day after" if line.days_after else ""
    return f"{line.median:%H:%M}; 95% by {line.p95:%H:%M}{other}"
