"""The audit on pages: filtered, one entry, verified, as CSV, for administrators of all offices."""

from collections.abc import Sequence
from contextlib import closing

import msgspec
import pytest
from tests.operations.parked_desk import ANN, BEN, Desk
from tests.operations.parked_desk import desk as parked_desk
from tests.services.bench import Benches
from tests.services.conftest import benches, embedded
from tests.web.console.browsing import text, title
from tests.web.console.test_parked import account, console

from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.searching import Sought, search
from tis_esr.operations.audit.trail import AUDIT, Person, record

__all__ = ["benches", "embedded"]


async def written(here: Desk, person: Person, act: str, on: Sequence[str], why: str = "ticket 4711") -> None:
    work = here.bench.runner.work()
    await record(work, person, act, on, why=why)
    await work.commit()


async def some(here: Desk) -> None:
    await written(here, ANN, "alarm.own", ["file-late:EMD"])
    await written(here, BEN, "parked.look", ["abc123", "abd", "x", "y", "z"])
    await written(here, Person("ann", "console"), "parked.discard", ["abc999"], "=1+1")


async def test_entries_are_listed_newest_first_and_filtered_by_who_act_way_and_thing(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        await some(here)
        async with console(here).signed_in() as browser:
            everything = text(await browser.get("/audit"))
            found = {
                query: text(await browser.get(f"/audit?{query}")).partition("What can I do here?")[2]
                for query in (
                    "who=ben",
                    "act=alarm.own",
                    "via=console",
                    "on=abc",
                    "on=file-late:EMD",
                    "who=ann&on=abc1",
                )
            }
            csv = (await browser.get("/audit.csv?via=console")).text.splitlines()
            one = text(await browser.get("/audit/entries/2"))
    assert everything.index("parked.discard abc999") < everything.index(
        "parked.look abc123, abd, x and 2 more"
    )
    numbers = {"who=ben": 1, "act=alarm.own": 1, "via=console": 1, "on=abc": 2, "on=file-late:EMD": 1}
    assert all(f" {number} entr" in found[query] for query, number in numbers.items())
    assert "No entry matches these filters" in found["who=ann&on=abc1"]
    assert "Remove the filter Who: ben" in found["who=ben"]
    assert (len(csv), "'=1+1" in csv[1]) == (2, True)
    assert "On 5 things abc123 abd x y z" in one


async def test_the_chain_is_verified_and_a_changed_entry_is_named(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        await some(here)
        async with console(here).signed_in() as browser:
            whole = text(await browser.get("/audit/chain"))
            work = here.bench.runner.work()
            entry = (await work.get(AUDIT, ["2".zfill(12)]))["2".zfill(12)]
            work.put(AUDIT, msgspec.structs.replace(entry, who="nobody"))
            await work.commit()
            broken = text(await browser.get("/audit/chain"))
    assert "Unbroken: 3 entries checked." in whole
    assert "Broken at entry 2: its content was changed." in broken
    assert "The 1 entry before it is unchanged" in broken


async def test_a_search_looks_at_the_newest_entries_and_says_where_it_ended(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        for number in range(1, 6):
            await written(here, ANN, "note", [str(number)])
        with closing(here.bench.reader()) as reader:
            some_of_them = search(reader, Sought(who="ann"), looked_at=2)
            all_of_them = search(reader, Sought(), looked_at=5)
    assert ([one.number for one in some_of_them.entries], some_of_them.not_before) == ([5, 4], 4)
    assert (len(all_of_them.entries), all_of_them.not_before) == (5, 0)


@pytest.mark.parametrize("path", ["/audit", "/audit.csv", "/audit/chain", "/audit/entries/1"])
async def test_it_is_for_administrators_of_all_offices(benches: Benches, path: str) -> None:
    limited = account(Role.ADMINISTRATOR, offices=frozenset({"EMD"}))
    async with parked_desk(benches) as here:
        await some(here)
        for one in (account(Role.OPERATOR, Role.PRIVACY), limited):
            async with console(here, one).signed_in() as browser:
                assert (await browser.get(path)).status_code == 403
        async with console(here, account(Role.ADMINISTRATOR)).signed_in() as browser:
            assert (await browser.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/audit?days=5", 400),
        ("/audit?via=x", 400),
        (f"/audit?on={'x' * 101}", 400),
        ("/audit?on=%00", 400),
        ("/audit?who=unknown", 200),
        ("/audit/entries/99", 404),
        (f"/audit/entries/{'9' * 30}", 404),
        ("/audit/entries/x", 404),
    ],
)
async def test_an_address_with_nonsense_is_a_page(benches: Benches, path: str, status: int) -> None:
    async with parked_desk(benches) as here, console(here).signed_in() as browser:
        answer = await browser.get(path)
        assert answer.status_code == status
        assert title(answer).endswith("TIS-ESR")
