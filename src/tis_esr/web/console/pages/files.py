"""The list of files from ESR, one file, and what somebody has to look at."""

from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr import wall_clock
from tis_esr.operations.access.accounts import Account
from tis_esr.operations.file_questions.file_list import (
    FILE_STATES,
    LISTED_TYPES,
    FileFilter,
    FilePage,
    file_list,
    is_place,
)
from tis_esr.operations.file_questions.one_file import OneFile, one_file
from tis_esr.operations.file_questions.open_findings import OpenFindings, open_findings
from tis_esr.operations.states import words
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.web.console.addresses import Choice, choice, offices, whole_number, with_query
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.spreadsheet import named, table

_A_PAGE: Final = 50
_LONGEST_PLACE: Final = 2000
"""Of a place in an address: a day and the name of a file."""
_IN_A_SPREADSHEET: Final = 5000
_FINDINGS: Final = 100
"""Of each kind."""
_DAYS: Final = {"1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
_TRAIL: Final = (("/", "Start"), ("/files", "Files from ESR"))


async def files(request: Request) -> Response:
    """List the files that changed lately, newest first."""
    choices, wanted = _wanted(request)
    after = _place(request)
    found = await _listed(request, choices, wanted, after, _A_PAGE)
    values = {
        "found": found,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "next": with_query(request, after=found.after) if found.after else "",
        "newest": with_query(request, after=None) if after else "",
        "csv": with_query(request, "/files.csv", after=None),
    }
    return page(request, "files.html", "Files from ESR", values, trail=_TRAIL[:1])


def _place(request: Request) -> str:
    """Return the place behind which the page begins, "" for the first one. Raises ProblemError."""
    after = request.query_params.get("after", "")
    if after and not is_place(after[:_LONGEST_PLACE]):
        raise ProblemError(
            400, "The address begins at a place that this list does not have.", "Begin at its first page."
        )
    return after


async def files_csv(request: Request) -> Response:
    """Return what the list shows as CSV, all pages of it."""
    choices, wanted = _wanted(request)
    found = await _listed(request, choices, wanted, "", _IN_A_SPREADSHEET)
    headers = ("File", "Office", "Type", "Day", "State", "Rows", "Applied", "Parked", "Open findings")
    rows = [
        (
            f"{file.name} (copy {file.copy})" if file.copy else file.name, file.deanery, file.type, file.day,
            f"{words(file.state)}, incomplete" if file.incomplete else words(file.state), file.rows,
            file.row_states["APPLIED"], file.row_states["PARKED"], "; ".join(file.open_findings),
        )
        for file in found.files
    ]  # fmt: skip
    return table(named("files", found.total, _IN_A_SPREADSHEET), headers, rows)


async def _listed(
    request: Request, choices: list[Choice], wanted: FileFilter, after: str, limit: int
) -> FilePage:
    """Return the files, counted at most every 15 seconds: at national size the counts of rows take most of a second."""
    console, visible = console_of(request), tuple(account_of(request).visible_offices)
    key = ("files", visible, wanted.with_unnamed, tuple(one.value for one in choices), after, limit)
    ask = partial(file_list, wanted=wanted, after=after, limit=limit)
    found: FilePage
    found, _ = await console.remembered.get(key, lambda: console.questions.ask(ask))
    return found


async def file(request: Request) -> Response:
    """Show one file with a page of its rows."""
    name = request.path_params["name"]
    account = account_of(request)
    unknown = ProblemError(
        404,
        "No file of this name is known, or it belongs to an office that your account does not include.",
        "Check the name. Files are listed for as long as TIS_ESR_KEEP_HISTORY_DAYS says.",
        "No such file",
    )
    if not _may_see(account, name):
        raise unknown
    row = whole_number(request, "row", "row", 1, range(1, 10_000_000))
    first = row - (row - 1) % _A_PAGE
    found: OneFile = await console_of(request).questions.ask(
        partial(one_file, name=name, first_row=first, limit=_A_PAGE)
    )
    if not (found.entries or found.ours):
        raise unknown
    if found.ours is not None and found.ours.answer and found.ours.rows:
        return RedirectResponse(with_query(request, f"/exports/files/{quote(name, safe='')}"), 303)
    behind = first + _A_PAGE
    values: dict[str, Any] = {
        "name": name,
        "found": found,
        "row": row if "row" in request.query_params else 0,
        "previous": with_query(request, row=first - _A_PAGE) if first > 1 else "",
        "next": with_query(request, row=behind) if behind <= found.last_row else "",
    }
    return page(request, "file.html", f"File {name}", values, trail=_TRAIL)


async def findings(request: Request) -> Response:
    """List what somebody has to look at."""
    account = account_of(request)
    found, at = await open_findings_of(request)
    mine: OpenFindings = found if account.offices is None else found.of(account.visible_offices)
    values = {"found": mine, "at": at, "most": _FINDINGS}
    return page(request, "findings.html", "Findings", values, trail=_TRAIL)


async def open_findings_of(request: Request) -> tuple[OpenFindings, str]:
    """Return the findings of all offices, and as of which moment, in ISO form."""
    console = console_of(request)
    due = console.settings.confirmation_due_days

    async def ask() -> OpenFindings:
        return await console.questions.ask(partial(open_findings, today=wall_clock.today(), due_days=due))

    answer: tuple[OpenFindings, datetime] = await console.remembered.ready("findings", ask)
    return answer[0], answer[1].isoformat()


def _wanted(request: Request) -> tuple[list[Choice], FileFilter]:
    account = account_of(request)
    visible = account.visible_offices
    types = {"": "All types", **{one: one for one in LISTED_TYPES}}
    states = {"": "All states", **{code: words(code) for code in FILE_STATES}}
    office = choice(request, "office", "Office", offices(visible))
    kind = choice(request, "type", "Type", types)
    state = choice(request, "state", "State", states)
    findings_ = choice(request, "findings", "Findings", {"": "All files", "open": "Only with open findings"})
    days = choice(request, "days", "Period", _DAYS, "7")
    wanted = FileFilter(
        since=wall_clock.now().timestamp() - int(days.value) * 86400,
        offices=frozenset([office.value] if office.value else visible),
        type=kind.value,
        state=state.value,
        only_open=bool(findings_.value),
        with_unnamed=account.offices is None and not office.value,
    )
    return [office, kind, state, findings_, days], wanted


def _may_see(account: Account, name: str) -> bool:
    """Return whether a file is of the person's offices; one whose name says none is for those who have all."""
    try:
        return account.sees(FileName.parse(name).deanery)
    except BadFileNameError:
        return account.offices is None
