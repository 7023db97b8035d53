"""Positions of ESR: how many each office has, and those of one office by state, trust, specialty and grade."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr.operations.access.accounts import Account
from tis_esr.operations.positions.listing import (
    ListedPosition,
    PositionCounts,
    PositionList,
    PositionState,
    position_counts,
    position_list,
)
from tis_esr.operations.states import words
from tis_esr.web.console.addresses import Choice, choice, offices
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.post_codes import code_choices, has_codes
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import ident, tag, why_link

_TRAIL: Final = (("/", "Start"), ("/positions", "Positions and posts"))
_TITLE: Final = "Positions and posts"
_TIMES: Final = 4
"""How much longer than other answers the positions of an office are kept: a minute."""
_TIMES_OF_COUNTS: Final = 20
"""The counts are kept for five minutes: every position is read for them."""
_COLOURS: Final = {
    PositionState.MATCHED: "green",
    PositionState.UNMATCHED: "orange",
    PositionState.NOT_RECONCILED: "grey",
    PositionState.DELETED: "white",
}
_SHARED: Final = "shared"


def _office(counts: PositionCounts) -> Markup:
    return Markup('<a href="/positions?office={}">{}</a>').format(counts.deanery, counts.deanery)


def _count(state: PositionState) -> Column[PositionCounts]:
    return Column(state.value.lower(), words(state), lambda one: one.states[state], is_number=True)


_OFFICES: Final = Table[PositionCounts](
    columns=(
        Column("office", "Office", lambda one: one.deanery, _office),
        Column("positions", "Positions", lambda one: one.positions, is_number=True),
        *(_count(state) for state in PositionState),
    ),
    key=lambda one: one.deanery,
    sort="office",
)
_POSITIONS: Final = Table[ListedPosition](
    columns=(
        Column("post", "Post number", lambda one: one.post_number, lambda one: why_link(one.post_number, one.post_number) if one.post_number else Markup("")),
        Column("number", "Position number", lambda one: one.position_number, lambda one: ident(str(one.position_number)) if one.position_number is not None else Markup(""), is_number=True),
        Column("id", "Position id", lambda one: one.position_id, lambda one: why_link(f"position:{one.position_id}", str(one.position_id)), is_number=True),
        Column("state", "State", lambda one: words(one.state), lambda one: tag(words(one.state), _COLOURS[one.state])),
        Column("trust", "Trust", lambda one: one.trust),
        Column("specialty", "Specialty", lambda one: one.specialty),
        Column("grade", "Grade", lambda one: one.grade),
        Column("beside", "Other positions at its post", lambda one: one.beside, is_number=True),
        Column("others", "Other posts with its number", lambda one: one.other_posts, is_number=True),
    ),
    key=lambda one: one.key,
    sort="post",
)  # fmt: skip
_FOR_TRUSTS: Final = _POSITIONS.without_links("post", "id")


async def positions(request: Request) -> Response:
    """Show how many positions each office has, or with an office its positions."""
    account = account_of(request)
    office = _office_choice(request, account)
    if not office.value:
        return await _by_office(request, office)
    choices, found, shown, at = await _found(request, office)
    table = _POSITIONS if account.trusts is None else _FOR_TRUSTS
    values = {
        "office": office.value,
        "table": await console_of(request).questions.run(
            partial(table.page, request, shown, csv="/positions.csv")
        ),
        "is_cut": found.is_cut,
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "is_narrowed": any(not one.is_default for one in choices if one.name != "office"),
        "states": [(words(state), sum(one.state is state for one in shown)) for state in PositionState],
        "shared": sum(one.is_shared for one in shown),
    }
    return page(request, "positions.html", f"Positions of {office.value}", values, trail=_TRAIL)


async def positions_csv(request: Request) -> Response:
    """Return what the page shows as CSV."""
    office = _office_choice(request, account_of(request))
    if not office.value:
        found, _ = await _counts(request)
        return _OFFICES.csv(request, "positions-by-office", found)
    _, found_, shown, _ = await _found(request, office)
    name = f"positions-{office.value}" + ("-incomplete" if found_.is_cut else "")
    return await console_of(request).questions.run(partial(_POSITIONS.csv, request, name, shown))


async def _by_office(request: Request, office: Choice) -> Response:
    found, at = await _counts(request)
    values = {
        "table": _OFFICES.page(request, found, csv="/positions.csv"),
        "positions": sum(one.positions for one in found),
        "at": at,
        "choices": [office],
        "chosen": [],
    }
    return page(request, "positions_offices.html", _TITLE, values, trail=_TRAIL[:1])


async def _counts(request: Request) -> tuple[list[PositionCounts], str]:
    console, account = console_of(request), account_of(request)

    async def ask() -> list[PositionCounts]:
        return await console.questions.ask(position_counts)

    found, at = await console.remembered.get("position counts", ask, times=_TIMES_OF_COUNTS)
    return [one for one in found if account.sees(one.deanery)], at.isoformat()


async def _found(
    request: Request, office: Choice
) -> tuple[list[Choice], PositionList, list[ListedPosition], str]:
    console = console_of(request)

    async def ask() -> PositionList:
        return await console.questions.ask(partial(position_list, deanery=office.value))

    answer, at = await console.remembered.get(("positions", office.value), ask, times=_TIMES)
    found: PositionList = answer
    states = {"": "All states", **{one.value.lower(): words(one) for one in PositionState}, _SHARED: "Shared"}
    state = choice(request, "state", "State", states)
    own = [one for one in found.positions if account_of(request).sees_trust(one.trust)]
    codes = code_choices(request, own)
    shown = [one for one in _in_state(own, state.value) if has_codes(one, codes)]
    return [office, state, *codes], found, shown, at.isoformat()


def _in_state(found: Iterable[ListedPosition], state: str) -> list[ListedPosition]:
    if not state:
        return list(found)
    return [one for one in found if (one.is_shared if state == _SHARED else one.state.value.lower() == state)]


def _office_choice(request: Request, account: Account) -> Choice:
    """Return the office; the first is chosen where an account has one, or is limited to trusts, which no count is by."""
    visible = account.visible_offices
    if len(visible) == 1 or account.trusts is not None:
        return choice(request, "office", "Office", {code: code for code in visible}, visible[0])
    return choice(request, "office", "Office", offices(visible))
