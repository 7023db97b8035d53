"""What would go to ESR now, by office and type, and one of these in detail."""

from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.composition import window
from tis_esr.operations.exports.details import Compared, ExportDetails, GoingRow, HeldGroup, export_details
from tis_esr.operations.exports.kinds import EXPORTED_TYPES, WORD_OF
from tis_esr.operations.exports.overview import ExportLine, overview
from tis_esr.records.file_names import DEANERIES
from tis_esr.web.console.addresses import Choice, choice, offices
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import ident, number, signed, why_link

_TRAIL: Final = (("/", "Start"), ("/exports", "Exports"))
_TIMES: Final = 4
"""How much longer than other answers it is kept, which is a minute: it reads every record that would go."""
_SHOWN: Final = 100
"""Lines of a comparison, or reasons, that a page shows."""


def address_of(line: ExportLine) -> str:
    """Return the address of the page of an office's next file."""
    return f"/exports/{line.office}/{line.type}"


def _link(line: ExportLine) -> Markup:
    return Markup('<a href="{}">{}<span class="nhsuk-u-visually-hidden"> {}</span></a>').format(
        address_of(line), line.office, line.type
    )


def _now(line: ExportLine) -> int | None:
    return None if line.withheld else line.going


def _more(line: ExportLine) -> int | None:
    return None if line.withheld else line.more_than_last


def _difference(line: ExportLine) -> Markup:
    more = line.more_than_last
    if line.withheld:
        return Markup("")
    return Markup("{}").format("no last file" if more is None else signed(more))


def _going(line: ExportLine) -> Markup:
    if line.withheld:
        return Markup("withheld")
    return Markup("{}{}").format("more than " if line.is_cut else "", number(line.going))


def _last(line: ExportLine) -> Markup:
    if line.last is None:
        return Markup("")
    return Markup('<a class="app-ident" href="/exports/files/{}">{}</a><br>{}').format(
        line.last.name, line.last.name, counted(line.last.rows, "row")
    )


def _last_written(line: ExportLine) -> str:
    return "" if line.last is None else f"{line.last.name}, {line.last.rows}"


_TABLE: Final = Table[ExportLine](
    columns=(
        Column("office", "Office", lambda line: line.office, _link),
        Column("type", "Type", lambda line: line.type),
        Column("going", "Rows now", _now, _going, is_number=True, written=lambda line: "withheld" if line.withheld else line.going),
        Column("more", "Against the last file", _more, _difference, is_number=True),
        Column("last", "Last file, rows", lambda line: line.last.name if line.last else "", _last, written=_last_written),
        Column("again", "Resent", lambda line: line.again, is_number=True),
        Column("stale", "To be compared first", lambda line: line.stale, is_number=True),
        Column("held", "Held", lambda line: line.held + line.held_back, is_number=True),
        Column("later", "For a later file", lambda line: line.later, is_number=True),
        Column("not_due", "Not due yet", lambda line: line.not_due, is_number=True),
        Column("too_late", "Too late for ESR", lambda line: line.too_late, is_number=True),
    ),
    key=lambda line: line.key,
    sort="office",
)  # fmt: skip
_ROWS: Final = Table[GoingRow](
    columns=(
        Column("row", "Row", lambda row: row.row, is_number=True),
        Column("record", "Record", lambda row: row.record, lambda row: why_link(row.word, row.record)),
        Column("post", "Post", lambda row: row.post_number, lambda row: ident(row.post_number)),
        Column("position", "Position", lambda row: row.position_id, lambda row: ident(str(row.position_id))),
        Column("starts", "Starts", lambda row: row.starts),
        Column("kind", "Notification", lambda row: row.kind),
        Column("before", "Resent from", lambda row: row.before),
        Column("stale", "Compared first", lambda row: "yes" if row.is_stale else "no"),
    ),
    key=lambda row: row.record,
    sort="row",
)


async def exports(request: Request) -> Response:
    """Show what would go now for each office and type."""
    choices, lines, at = await _found(request)
    account, console = account_of(request), console_of(request)
    values = {
        "table": _TABLE.page(request, lines, csv="/exports.csv"),
        "rows": sum(_now(line) or 0 for line in lines),
        "is_cut": any(line.is_cut and not line.withheld for line in lines),
        "held": sum(line.held + line.held_back for line in lines),
        "withheld": sorted({line.office for line in lines if line.withheld}),
        "restored_at": next((line.restored_at for line in lines if line.restored_at), None),
        "day": wall_clock.today(),
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "may_act": account.may(Role.OPERATOR),
        "has_services": console.has_services,
    }
    return page(request, "exports.html", "Exports", values, trail=_TRAIL[:1])


async def exports_csv(request: Request) -> Response:
    """Return what the page shows as CSV."""
    _, lines, _ = await _found(request)
    return _TABLE.csv(request, "exports", lines)


async def export(request: Request) -> Response:
    """Show what the next file of an office and type would have, how it differs from the last, and what is held."""
    found = await _details(request)
    line = found.line
    compared: list[Compared] = found.compared[:_SHOWN]
    held: list[HeldGroup] = found.held[:_SHOWN]
    values = {
        "found": found,
        "line": line,
        "word": WORD_OF[line.type],
        "compared": compared,
        "held": held,
        "more_held": len(found.held) - len(held),
        "more_compared": len(found.compared) - len(compared),
        "table": _ROWS.page(request, found.rows, csv=f"{address_of(line)}.csv"),
        "day": wall_clock.today(),
        "may_act": account_of(request).may(Role.OPERATOR),
        "has_services": console_of(request).has_services,
    }
    return page(request, "export.html", f"Next {line.type} of {line.office}", values, trail=_TRAIL)


async def export_csv(request: Request) -> Response:
    """Return the rows of the next file as CSV: ids only."""
    found = await _details(request)
    name = f"next-{found.line.type}-{found.line.office}" + ("-incomplete" if found.line.is_cut else "")
    return _ROWS.csv(request, name, found.rows)


async def _details(request: Request) -> ExportDetails:
    office, type_ = request.path_params["office"], request.path_params["type"]
    if type_ not in EXPORTED_TYPES or office not in DEANERIES or not account_of(request).sees(office):
        raise ProblemError(
            404,
            "There is no such export, or it belongs to an office that your account does not include.",
            "Open the list of exports.",
            "No such export",
        )
    console, day = console_of(request), wall_clock.today()
    question = partial(export_details, office=office, type_=type_, day=day, window=window(console.settings))

    async def ask() -> ExportDetails:
        return await console.questions.ask(question)

    found, _ = await console.remembered.get(("export", office, type_, day), ask)
    answer: ExportDetails = found
    return answer


async def _found(request: Request) -> tuple[list[Choice], list[ExportLine], str]:
    console, account, day = console_of(request), account_of(request), wall_clock.today()
    office = choice(request, "office", "Office", offices(account.visible_offices))
    types = {"": "APP and DNC", **{one: f"{one}: {WORD_OF[one]}" for one in EXPORTED_TYPES}}
    type_ = choice(request, "type", "Type", types)
    shown = {"": "All", "going": "With rows now", "held": "With held records"}
    show = choice(request, "show", "Show", shown)

    question = partial(overview, offices=DEANERIES, day=day, window=window(console.settings))

    async def ask() -> list[ExportLine]:
        return await console.questions.ask(question)

    found, at = await console.remembered.get(("exports", day), ask, times=_TIMES)
    lines = [
        line
        for line in found
        if account.sees(line.office)
        and office.value in ("", line.office)
        and type_.value in ("", line.type)
        and _is_shown(line, show.value)
    ]
    return [office, type_, show], lines, at.isoformat()


def _is_shown(line: ExportLine, show: str) -> bool:
    if show == "going":
        return bool(_now(line))
    return line.held + line.held_back > 0 if show == "held" else True
