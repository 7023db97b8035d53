"""Reports of one office: sums and first rows, and all rows as CSV, also in a form to give to a trust."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.errors import UsageError
from tis_esr.first_letters import first_upper
from tis_esr.operations.access.accounts import Account
from tis_esr.operations.reports.at_once import ReportNotMadeError, report_at_once
from tis_esr.operations.reports.csv_reports import csv_of
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.report import TITLES, Filters, Report
from tis_esr.web.console.addresses import Choice, choice, with_query
from tis_esr.web.console.console import account_of, console_of, required_session
from tis_esr.web.console.problems import SET_TCS, ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.spreadsheet import csv_file

_TRAIL: Final = (("/", "Start"), ("/reports", "Reports"))
_CODE: Final = re.compile(r"[A-Za-z0-9 .&()_-]{1,20}")
_CODES: Final = {"trust": "Trust", "specialty": "Specialty", "grade": "Grade"}
_WEEKS: Final = {"2": "2 weeks", "4": "4 weeks", "8": "8 weeks", "13": "13 weeks"}
_ROWS_SHOWN: Final = 20
_SUMS_SHOWN: Final = 50


@dataclass(frozen=True)
class _Wanted:
    """What the address asks for."""

    kind: ReportKind
    office: Choice
    weeks: Choice
    codes: dict[str, str]
    for_trust: bool
    without_position: bool

    @property
    def filters(self) -> Filters:
        return Filters(deaneries=[self.office.value], **self.codes)


async def reports(request: Request) -> Response:
    """List the reports."""
    values = {"kinds": [(kind.value, TITLES[kind]) for kind in ReportKind]}
    return page(request, "reports.html", "Reports", values, trail=_TRAIL[:1])


async def report(request: Request) -> Response:
    """Show the sums and first rows of a report; the posts of TIS are asked for only by its CSV."""
    wanted = _wanted(request)
    found = await _made(request, wanted) if wanted.kind is not ReportKind.POSTS else None
    values = {
        "kind": wanted.kind.value,
        "found": found,
        "rows": found.rows[:_ROWS_SHOWN] if found else [],
        "sums": found.sums[:_SUMS_SHOWN] if found else [],
        "office": wanted.office,
        "weeks": wanted.weeks,
        "codes": [(name, label, wanted.codes[name]) for name, label in _CODES.items()],
        "has_codes": wanted.kind is not ReportKind.UPDATES,
        "for_trust": wanted.for_trust,
        "without_position": wanted.without_position,
        "csv": with_query(request, f"/reports/{wanted.kind.value}.csv"),
    }
    return page(request, "report.html", TITLES[wanted.kind], values, trail=_TRAIL)


async def report_csv(request: Request) -> Response:
    """Return all rows of a report as CSV; one for a trust begins with what it is."""
    wanted = _wanted(request)
    found = await _made(request, wanted)
    name = "-".join(filter(None, [wanted.kind.value, wanted.office.value, wanted.codes["trust"]]))
    text = await console_of(request).questions.run(partial(csv_of, found))
    return csv_file(re.sub(r"[^A-Za-z0-9-]", "_", name), text)


async def _made(request: Request, wanted: _Wanted) -> Report:
    console = console_of(request)
    if wanted.kind is ReportKind.POSTS:
        console.searches.take(required_session(request).key)
    question = partial(
        report_at_once,
        settings=console.settings,
        kind=wanted.kind,
        filters=wanted.filters,
        day=wall_clock.today(),
        weeks=int(wanted.weeks.value),
        without_position=wanted.without_position,
        for_trust=wanted.for_trust,
    )
    try:
        found: Report = await console.questions.ask(question)
    except ReportNotMadeError as error:
        raise ProblemError(
            503, f"{first_upper(str(error))}.", "Try again later.", "Report not available"
        ) from None
    except UsageError as error:
        advice = SET_TCS if error.option == "--tcs" else "Change the filters."
        raise ProblemError(
            400, f"This report can't be made: {error.reason}.", advice, "Report not possible"
        ) from None
    return found


def _wanted(request: Request) -> _Wanted:
    kinds = {kind.value: kind for kind in ReportKind}
    kind = kinds.get(request.path_params["kind"])
    if kind is None:
        raise ProblemError(404, "There is no such report.", "Open the list of reports.", "No such report")
    account = account_of(request)
    visible = account.visible_offices
    codes = {name: _code(request, name, label) for name, label in _CODES.items()}
    if account.trusts is not None:
        codes["trust"] = codes["trust"] or min(account.trusts)
        _refuse_foreign(account, kind, codes["trust"])
    return _Wanted(
        kind=kind,
        office=choice(request, "office", "Office", {code: code for code in visible}, visible[0]),
        weeks=choice(request, "weeks", "Weeks", _WEEKS, "8"),
        codes=codes,
        for_trust=bool(request.query_params.get("for_trust")) or account.trusts is not None,
        without_position=bool(request.query_params.get("without")) and kind is ReportKind.POSTS,
    )


def _refuse_foreign(account: Account, kind: ReportKind, trust: str) -> None:
    if kind is ReportKind.UPDATES:
        raise ProblemError(
            403,
            "Person updates are not stored by trust, and your account is limited to some trusts.",
            "Ask the support team for the answer.",
        )
    if not account.sees_trust(trust):
        known = ", ".join(sorted(account.trusts or ()))
        raise ProblemError(
            400, "The address asks for a trust that your account does not include.", f"It can be: {known}."
        )


def _code(request: Request, name: str, label: str) -> str:
    text = request.query_params.get(name, "").strip()
    if text and not _CODE.fullmatch(text):
        raise ProblemError(
            400,
            f"The {label.lower()} is not a valid code.",
            "Use the code as it is in the post number, such as RGT00, 800 or STR.",
        )
    return text
