"""Files sent to ESR with their confirmations, and one of them with the rows that can be resent."""

from datetime import timedelta
from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.first_letters import first_upper
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.composition import window
from tis_esr.operations.exports.answered_rows import WHO_ACTS, AnsweredRow, answered_row, rejected_rows
from tis_esr.operations.exports.resending_rows import MOST_ROWS, resend_plan
from tis_esr.operations.exports.sent_files import (
    WITH_REJECTED_ROWS,
    AnsweredRows,
    Confirmation,
    SentFile,
    sent_file_of,
    sent_files,
)
from tis_esr.operations.resending import LeftRow, Plan
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.settings import Settings
from tis_esr.web.console.addresses import Choice, choice, offices, whole_number
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import tag, why_link

_TRAIL: Final = (("/", "Start"), ("/exports", "Exports"), ("/exports/files", "Files sent"))
_DAYS: Final = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
_WORDS: Final = {
    Confirmation.BEING_CREATED: ("being created", "blue"),
    Confirmation.WAITING: ("sent, waiting for ESR", "blue"),
    Confirmation.CONFIRMED: ("confirmed", "green"),
    Confirmation.CONFIRMED_WITH_ERRORS: ("confirmed with errors", "yellow"),
    Confirmation.REJECTED: ("rejected", "red"),
    Confirmation.PARTIAL: ("answer incomplete or refused", "orange"),
    Confirmation.OVERDUE: ("confirmation overdue", "red"),
    Confirmation.SETTLED: ("settled", "white"),
}
_LEFT_SHOWN: Final = 100
_REJECTED_SHOWN: Final = 200
_ANY_REJECTED: Final = "with_rejected_rows"


def file_address(name: str) -> str:
    """Return the address of the page of a file that was sent."""
    return f"/exports/files/{name}"


def _link(file: SentFile) -> Markup:
    return Markup('<a class="app-ident app-keep" href="{}">{}</a>').format(file_address(file.name), file.name)


_FILES: Final = Table[SentFile](
    columns=(
        Column("file", "File", lambda file: file.name, _link),
        Column("office", "Office", lambda file: file.office),
        Column("type", "Type", lambda file: file.type),
        Column("day", "Day", lambda file: file.day),
        Column("rows", "Rows", lambda file: file.rows, is_number=True),
        Column("held", "Held back", lambda file: file.held_back, is_number=True),
        Column(
            "confirmation",
            "Confirmation",
            lambda file: _WORDS[file.confirmation][0],
            lambda file: tag(*_WORDS[file.confirmation]),
        ),
        Column("due", "Due by the end of", lambda file: file.due),
        Column("lacks", "Created without", lambda file: file.lacks),
    ),
    key=lambda file: file.name,
    sort="-day",
)


class _Row(LeftRow, frozen=True, kw_only=True):
    """A row that can be resent: ``reason`` is its record, ``message`` ESR's text if it rejected it."""

    message: str = ""


def _record(row: _Row) -> Markup:
    placement, colon, _ = row.reason.partition(":")
    is_applicant = bool(colon) and placement.isdecimal()
    return why_link(f"placement:{placement}", row.reason) if is_applicant else Markup("{}").format(row.reason)


_ROWS: Final = Table[_Row](
    columns=(
        Column("row", "Row", lambda row: row.row, is_number=True),
        Column("record", "Record", lambda row: row.reason, _record),
        Column("message", "ESR's message", lambda row: row.message, sortable=False),
    ),
    key=lambda row: str(row.row),
    sort="row",
)


async def files(request: Request) -> Response:
    """List the files that were sent, newest first."""
    choices, found = await _found(request)
    counts = {one: sum(file.confirmation is one for file in found) for one in Confirmation}
    values = {
        "table": _FILES.page(request, found, csv="/exports/files.csv"),
        "rows": sum(file.rows for file in found),
        "counts": [(_WORDS[one][0], count) for one, count in counts.items() if count],
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
    }
    return page(request, "export_files.html", "Files sent", values, trail=_TRAIL[:2])


async def files_csv(request: Request) -> Response:
    """Return what the list shows as CSV."""
    _, found = await _found(request)
    return _FILES.csv(request, "files-sent", found)


async def file(request: Request) -> Response:
    """Show one file that was sent: its rows by ESR's answer, and those that can be resent."""
    console, name = console_of(request), request.path_params["name"]
    refuse_foreign(request, name)
    row = whole_number(request, "row", "row", 1, range(1, 10_000_000)) if "row" in request.query_params else 0
    found, plan = await console.questions.ask(partial(file_and_plan, name=name, settings=console.settings))
    if found is None:
        raise unknown_file()
    sent: SentFile = found[0]
    answered: AnsweredRows = found[1]
    rejected: list[AnsweredRow] = await console.questions.ask(partial(rejected_rows, file=name))
    said = {one.row: one.message for one in rejected}
    can_go = plan.rows.items() if plan is not None else ()
    rows = [_Row(row=number, reason=key, message=said.get(number, "")) for number, key in can_go]
    left = plan.left if plan is not None else []
    values = {
        "file": sent,
        "answered": answered,
        "row": row,
        "one": await console.questions.ask(partial(answered_row, file=name, row=row)) if row else None,
        "rejection_who": WHO_ACTS,
        "rejected": rejected[:_REJECTED_SHOWN],
        "more_rejected": max(0, len(rejected) - _REJECTED_SHOWN),
        "state": _WORDS[sent.confirmation],
        "table": _ROWS.page(request, rows),
        "left": left[:_LEFT_SHOWN],
        "more_left": max(0, len(left) - _LEFT_SHOWN),
        "most": MOST_ROWS,
        "is_written": plan is not None,
        "may_act": account_of(request).may(Role.OPERATOR),
        "has_services": console.has_services,
    }
    return page(request, "export_file.html", f"File {name}", values, trail=_TRAIL)


def file_and_plan(
    reader: Reader, name: str, settings: Settings
) -> tuple[tuple[SentFile, AnsweredRows] | None, Plan | None]:
    """Return a file with its answers, and which of its rows can be resent today; None while it is not written."""
    found = sent_file_of(reader, name, wall_clock.today(), settings.confirmation_due_days)
    if found is None or found[0].confirmation is Confirmation.BEING_CREATED:
        return found, None
    try:
        return found, resend_plan(
            reader, name, wall_clock.today(), window(settings), settings.confirmation_due_days
        )
    except UsageError:
        return found, None


def refuse_foreign(request: Request, name: str) -> None:
    """Raise ProblemError for a name of no file, or of another office than the person's."""
    try:
        office = FileName.parse(name).deanery
    except BadFileNameError:
        raise unknown_file() from None
    if not account_of(request).sees(office):
        raise unknown_file()


def unknown_file() -> ProblemError:
    """Return what is said of a file that is unknown, or of another office."""
    return ProblemError(
        404,
        "No file of this name was sent from here, or it belongs to an office that your account does not include.",
        "Check the name. Files are listed for as long as TIS_ESR_KEEP_HISTORY_DAYS says.",
        "No such file",
    )


async def _found(request: Request) -> tuple[list[Choice], list[SentFile]]:
    console, account = console_of(request), account_of(request)
    office = choice(request, "office", "Office", offices(account.visible_offices))
    type_ = choice(request, "type", "Type", {"": "All types", **{one: one for one in ("APP", "DNC", "DNF")}})
    words = {
        "": "Any",
        _ANY_REJECTED: "With rejected or unanswered rows",
        **{one.value.lower(): first_upper(_WORDS[one][0]) for one in Confirmation},
    }
    state = choice(request, "confirmation", "Confirmation", words)
    days = choice(request, "days", "Period", _DAYS, "7")
    question = partial(
        sent_files,
        offices=[office.value] if office.value else account.visible_offices,
        first=wall_clock.today() - timedelta(days=int(days.value) - 1),
        today=wall_clock.today(),
        due_days=console.settings.confirmation_due_days,
    )
    found: list[SentFile] = await console.questions.ask(question)
    mine = [one for one in found if type_.value in ("", one.type) and _is_in(one.confirmation, state.value)]
    return [office, type_, state, days], mine


def _is_in(state: Confirmation, chosen: str) -> bool:
    if chosen == _ANY_REJECTED:
        return state in WITH_REJECTED_ROWS
    return chosen in ("", state.value.lower())
