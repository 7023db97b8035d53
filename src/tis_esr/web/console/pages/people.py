"""What ESR's files changed about people in TIS, or did not and why; no values, and nobody's number."""

from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.operations.person_updates.journal import (
    Changed,
    Update,
    UpdateList,
    UpdateState,
    refusal_codes,
    refusal_groups,
    updates_of_days,
    updates_of_person,
)
from tis_esr.operations.states import words
from tis_esr.web.console.addresses import Choice, choice, offices, whole_number, with_query
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import tag

_TRAIL: Final = (("/", "Start"), ("/people", "People updates"))
_DAYS: Final = {"1": "Files of today", "7": "Last 7 days", "30": "Last 30 days"}
_TIMES: Final = 4
"""How much longer than other answers the updates of some days are kept: a minute."""
_COLOURS: Final = {UpdateState.APPLIED: "green", UpdateState.REFUSED: "orange", UpdateState.PLANNED: "grey"}
_WORDS: Final = {
    Changed.SET: "set",
    Changed.REPLACED: "replaced",
    Changed.REMOVED: "removed",
    Changed.NOTHING: "unchanged",
    Changed.NOT_KEPT: "no longer known",
}
_ROWS: Final = range(1, 10_000_000)


def _person(update: Update) -> Markup:
    return Markup('<a class="app-ident app-keep" href="/people/{}?row={}">{}</a>, row {}').format(
        quote(update.file), update.origin_row, update.file, update.row
    )


_TABLE: Final = Table[Update](
    columns=(
        Column("day", "Day", lambda one: one.day),
        Column("file", "File and row", lambda one: f"{one.file}:{one.row:07}", _person, written=lambda one: f"{one.file}, row {one.row}"),
        Column("section", "Section", lambda one: one.section),
        Column("field", "Field in TIS", lambda one: one.field),
        Column("column", "Column of ESR", lambda one: one.column),
        Column("state", "Outcome", lambda one: words(one.state), lambda one: tag(words(one.state), _COLOURS[one.state])),
        Column("changed", "Value in TIS", lambda one: _WORDS[one.changed]),
        Column("reason", "Reason", lambda one: one.reason or (one.repaired and f"repaired: {one.repaired}"), is_text=True),
        Column("who", "Who must act", lambda one: one.who),
    ),
    key=lambda one: one.key,
    sort="-day",
)  # fmt: skip


async def people(request: Request) -> Response:
    """List the updates of some days, with the refused ones by reason."""
    choices, found, shown, at = await _found(request)
    values = {
        "table": await console_of(request).questions.run(
            partial(_TABLE.page, request, shown, csv="/people.csv")
        ),
        "groups": [
            (group, with_query(request, reason=group.code.lower(), state="refused", after=None))
            for group in refusal_groups(shown)
        ],
        "states": [(words(state), sum(one.state is state for one in shown)) for state in UpdateState],
        "is_cut": found.is_cut,
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
    }
    return page(request, "people.html", "People updates", values, trail=_TRAIL[:1])


async def people_csv(request: Request) -> Response:
    """Return what the page shows as CSV."""
    _, found, shown, _ = await _found(request)
    name = "people-updates-incomplete" if found.is_cut else "people-updates"
    return await console_of(request).questions.run(partial(_TABLE.csv, request, name, shown))


async def person(request: Request) -> Response:
    """List all updates of the person in a row of a file, from every file that is kept."""
    file = request.path_params["file"][:100]
    row = whole_number(request, "row", "row", 1, _ROWS)
    offices_ = account_of(request).visible_offices
    question = partial(updates_of_person, file=file, row=row, offices=offices_)
    found: UpdateList | None = await console_of(request).questions.ask(question)
    if found is None:
        raise ProblemError(
            404,
            "No update of a person is known of this row, or it belongs to an office that your account does not include.",
            "Check file and row. Updates are kept for as long as TIS_ESR_KEEP_PERSONAL_DAYS says.",
            "No such row",
        )
    values = {
        "file": file,
        "row": row,
        "table": _TABLE.page(request, found.updates),
        "groups": refusal_groups(found.updates),
        "states": [(words(state), sum(one.state is state for one in found.updates)) for state in UpdateState],
        "is_cut": found.is_cut,
    }
    return page(request, "person.html", "Updates of one person", values, trail=_TRAIL)


async def _found(request: Request) -> tuple[list[Choice], UpdateList, list[Update], str]:
    console, visible = console_of(request), account_of(request).visible_offices
    office = choice(request, "office", "Office", offices(visible))
    days = choice(request, "days", "Period", _DAYS, "7")
    states = {"": "All", **{one.value.lower(): words(one) for one in UpdateState}}
    state = choice(request, "state", "Outcome", states)
    reasons = {"": "Any", **{code.lower(): words(code) for code in refusal_codes()}}
    reason = choice(request, "reason", "Reason", reasons)
    last, wanted = wall_clock.today(), [office.value] if office.value else visible
    first = last - timedelta(days=int(days.value) - 1)

    async def ask() -> UpdateList:
        question = partial(updates_of_days, offices=wanted, first=first, last=last)
        return await console.questions.ask(question)

    answer, at = await console.remembered.get(("people", tuple(wanted), first, last), ask, times=_TIMES)
    found: UpdateList = answer
    shown = [
        one
        for one in found.updates
        if state.value in ("", one.state.value.lower()) and reason.value in ("", one.code.lower())
    ]
    return [office, days, state, reason], found, shown, at.isoformat()
