"""Whatever is asked of the console, it answers with a page, never with an internal error."""

import asyncio
from pathlib import Path
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.console.browsing import desk, form_token

NAMES = (
    "office",
    "type",
    "state",
    "findings",
    "days",
    "day",
    "sort",
    "after",
    "row",
    "weeks",
    "by",
    "word",
    "sealed",
    "next",
    "token",
    "cause",
    "age",
    "file",
    "who",
    "act",
    "on",
    "trust",
    "show",
    "reason",
    "from",
    "to",
    "dnf",
    "done",
)
PATHS = (
    "/",
    "/files",
    "/files.csv",
    "/forecast",
    "/forecast.csv",
    "/board/EMD",
    "/calendar",
    "/throughput",
    "/promise",
    "/promise/misses",
    "/promise/due",
    "/exports",
    "/exports.csv",
    "/exports/EMD/APP",
    "/exports/files",
    "/positions",
    "/positions.csv",
    "/people",
    "/people.csv",
    "/reports/positions",
    "/reports/updates.csv",
    "/why",
    "/findings",
    "/parked",
    "/parked/messages",
    "/batches",
    "/audit",
    "/sign-in",
    "/search",
    "/outage",
    "/deadlines",
    "/procedures/recovery",
    "/messages/x",
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(
        ["EOE", "EMD", "RMF", "SPLIT", "7", "week", "1900002", "open", "2026-11-24 x", "%00", "../"]
    ),
)
ADDRESSES = st.one_of(
    st.tuples(st.sampled_from(PATHS), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)),
    st.tuples(st.text(max_size=40).map(lambda text: f"/files/{quote(text, safe='')}"), st.just({})),
    st.tuples(st.text(max_size=40).map(lambda text: f"/parked/messages/{quote(text)}/x"), st.just({})),
    st.tuples(st.text(max_size=40).map(lambda text: f"/batches/{quote(text, safe='')}"), st.just({})),
    st.tuples(st.text(max_size=40).map(lambda text: f"/{quote(text)}"), st.just({})),
)
PAGES = {200, 303, 400, 401, 403, 404, 405, 414, 429}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(ADDRESSES, min_size=1, max_size=6))
def test_an_address_of_any_kind_gets_a_page(asked: list[tuple[str, dict[str, str]]], state: Path) -> None:
    async def visit() -> None:
        async with desk(state, searches=1000).signed_in() as browser:
            for path, query in asked:
                answer = await browser.get(path, params=query)
                assert answer.status_code in PAGES, (path, query)

    asyncio.run(visit())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.text(max_size=80))
def test_a_search_for_anything_gets_a_page(word: str, state: Path) -> None:
    async def search() -> None:
        async with desk(state).signed_in() as browser:
            token = form_token(await browser.get("/accessibility"))
            answer = await browser.post("/search", data={"word": word, "form_token": token})
            assert answer.status_code in {303, 400}
            if answer.status_code == 303:
                assert (await browser.get(answer.headers["location"])).status_code in {200, 400, 404}

    asyncio.run(search())
