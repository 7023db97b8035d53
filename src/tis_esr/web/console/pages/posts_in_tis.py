"""The current posts of an office in TIS, with and without positions in ESR. TCS is asked for them."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.engine.reader_protocol import Reader
from tis_esr.first_letters import first_upper
from tis_esr.operations.composition import tcs_for_operation
from tis_esr.operations.positions.posts_in_tis import ListedPost, PostList, PostState, post_list
from tis_esr.settings import Settings
from tis_esr.web.console.addresses import Choice, choice
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.post_codes import code_choices, has_codes
from tis_esr.web.console.problems import SET_TCS, ProblemError
from tis_esr.web.console.questions import run_in_time
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import tag, why_link

_TRAIL: Final = (("/", "Start"), ("/positions", "Positions and posts"))
_TIMES: Final = 40
"""How much longer than other answers it is kept: ten minutes, because TCS reads thousands of posts for it."""
_WORDS: Final = {
    PostState.WITH: ("with position", "green"),
    PostState.WITHOUT: ("without position", "orange"),
    PostState.ONLY_DELETED: ("only deleted positions", "grey"),
}
_POSTS: Final = Table[ListedPost](
    columns=(
        Column("post", "Post number", lambda one: one.post_number, lambda one: why_link(one.post_number, one.post_number)),
        Column("state", "State", lambda one: _WORDS[one.state][0], lambda one: tag(*_WORDS[one.state])),
        Column("trust", "Trust", lambda one: one.trust),
        Column("site", "Site", lambda one: one.site),
        Column("specialty", "Specialty", lambda one: one.specialty_name or one.specialty),
        Column("grade", "Grade", lambda one: one.grade_name or one.grade),
        Column("positions", "Positions", lambda one: one.positions),
        Column("deleted", "Deleted positions", lambda one: one.deleted),
    ),
    key=lambda one: one.key,
    sort="post",
)  # fmt: skip
_FOR_TRUSTS: Final = _POSTS.without_links("post")


async def posts(request: Request) -> Response:
    """List the current posts of an office."""
    choices, found, shown, at = await _found(request)
    table = _POSTS if account_of(request).trusts is None else _FOR_TRUSTS
    values = {
        "office": found.deanery,
        "table": await console_of(request).questions.run(
            partial(table.page, request, shown, csv="/posts.csv")
        ),
        "states": [(_WORDS[state][0], sum(one.state is state for one in shown)) for state in PostState],
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default and one.name != "office"],
    }
    return page(request, "posts.html", f"Posts of {found.deanery}", values, trail=_TRAIL)


async def posts_csv(request: Request) -> Response:
    """Return what the page shows as CSV."""
    _, found, shown, _ = await _found(request)
    name = f"posts-{found.deanery}"
    return await console_of(request).questions.run(partial(_POSTS.csv, request, name, shown))


async def _found(request: Request) -> tuple[list[Choice], PostList, list[ListedPost], str]:
    console, visible = console_of(request), account_of(request).visible_offices
    office = choice(request, "office", "Office", {code: code for code in visible}, visible[0])

    async def ask() -> PostList:
        answer: PostList = await console.questions.ask(
            partial(_asked, settings=console.settings, deanery=office.value)
        )
        if answer.trouble:
            raise _not_available(answer, is_set=console.settings.tcs_url is not None)
        return answer

    key = ("posts", office.value)
    answer, at = await console.remembered.get(key, ask, times=_TIMES)
    found: PostList = answer
    states = {"": "All", **{one.value.lower(): first_upper(_WORDS[one][0]) for one in PostState}}
    state = choice(request, "state", "State", states)
    own = [one for one in found.posts if account_of(request).sees_trust(one.trust)]
    codes = code_choices(request, own)
    shown = [one for one in own if state.value in ("", one.state.value.lower()) and has_codes(one, codes)]
    return [office, state, *codes], found, shown, at.isoformat()


def _not_available(found: PostList, *, is_set: bool) -> ProblemError:
    advice = "Try again later." if is_set else SET_TCS
    return ProblemError(
        503,
        f"Only TIS knows which posts of {found.deanery} exist, and it was not asked, or has not answered: {found.trouble}.",
        f"{advice} Positions and posts lists the positions, which are known without TIS.",
        "Posts not available",
    )


def _asked(reader: Reader, settings: Settings, deanery: str) -> PostList:
    """Return the posts. They are asked for in a thread, with a loop of its own for TCS."""

    async def ask() -> PostList:
        async with tcs_for_operation(settings, None) as tcs:
            return await post_list(reader, tcs, deanery)

    return run_in_time(ask())
