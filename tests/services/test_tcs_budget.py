"""The budget of calls to TCS: claims never add up to more than the total, whoever comes, goes or stalls."""

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs
from tests.contract.wires import InProcess, asking, replied

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.protocol import Commit
from tis_esr.engine.runner import Runner
from tis_esr.engine.supervision import Supervisor
from tis_esr.operations.composition import budgeted
from tis_esr.services.tcs_budget import BUDGET, Budget, Claim, TcsBudget, fair_share, renewed
from tis_esr.settings import Settings
from tis_esr.tcs.client import Tcs

TOTAL = 64


class Store(EmbeddedEngine):
    """An engine whose clock stands, and whose commits can be disturbed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, [BUDGET])
        self.now = 1000.0
        self.conflicts = 0
        self.is_away = False
        self.committed = asyncio.Event()

    def time(self) -> float:
        return self.now

    async def commit(self, commit: Commit) -> None:
        if self.is_away:
            raise TransientError("the store is away")
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError("tcs.budget")
        await super().commit(commit)
        self.committed.set()

    async def claims(self) -> dict[str, int]:
        runner = Runner(self, [], today=lambda: date(2026, 11, 24))
        found = await runner.work().get(BUDGET, ["tcs"])
        return {name: claim.calls for name, claim in found["tcs"].claims.items()} if found else {}


async def settled() -> None:
    """Let every task go on until it waits for something outside."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "state")
    yield store
    store.close()


class Process:
    """One process: its client, and its part of the budget."""

    def __init__(
        self, store: Store, name: str, *, total: int = TOTAL, most: int = TOTAL, seconds: float = 15
    ) -> None:
        self.wire = InProcess(replied(200, {"id": 1}))
        self.tcs: Tcs = asking(self.wire)
        runner = Runner(store, [], today=lambda: date(2026, 11, 24))
        self.budget = TcsBudget(runner.work, self.tcs, name, total=total, most=most, seconds=seconds)

    async def renew(self) -> int:
        """Renew the claim; return how many calls may be in flight for it, before TCS is looked at."""
        await self.budget.renew()
        return self.bound

    @property
    def bound(self) -> int:
        return self.tcs.load.bound


async def test_who_is_alone_has_all_and_a_second_one_waits_for_its_share(store: Store) -> None:
    first, second = Process(store, "a"), Process(store, "b")
    assert await first.renew() == 64
    assert await second.renew() == 0
    assert await first.renew() == 32
    assert await second.renew() == 32
    assert await store.claims() == {"a": 32, "b": 32}


async def test_who_is_left_alone_has_all_again(store: Store) -> None:
    first, second = Process(store, "a"), Process(store, "b")
    for process in (first, second, first, second):
        await process.renew()
    await second.budget.release()
    assert second.bound == 0
    assert await first.renew() == 64


async def test_a_claim_that_ran_out_is_free_for_others(store: Store) -> None:
    first, second = Process(store, "a"), Process(store, "b")
    await first.renew()
    store.now += 16
    assert await second.renew() == 64
    assert await store.claims() == {"b": 64}


async def test_a_process_whose_claim_ran_out_makes_no_calls_until_it_is_renewed(store: Store) -> None:
    process = Process(store, "a", seconds=0.02)
    loop = asyncio.get_running_loop()
    async with process.tcs:
        await process.renew()
        ran_out = loop.create_future()
        loop.call_later(0.03, ran_out.set_result, None)
        await ran_out
        call = asyncio.ensure_future(process.tcs.post(1))
        await settled()
        assert process.wire.sent == []
        await process.renew()
        assert await call


async def test_a_call_that_is_still_in_flight_is_claimed_until_it_ends(store: Store) -> None:
    first, second = Process(store, "a", total=2, most=2), Process(store, "b", total=2, most=2)
    async with first.tcs:
        await first.renew()
        first.wire.gate.clear()
        calls = [asyncio.ensure_future(first.tcs.post(n)) for n in (1, 2)]
        await settled()
        assert first.wire.in_flight == 2
        await second.renew()
        assert await first.renew() == 1
        assert await second.renew() == 0
        assert await store.claims() == {"a": 2, "b": 0}
        first.wire.gate.set()
        await asyncio.gather(*calls)
        assert await first.renew() == 1
        assert await second.renew() == 1


async def test_a_process_never_has_more_than_its_own_bound(store: Store) -> None:
    assert await Process(store, "a", most=10).renew() == 10


async def test_of_more_processes_than_calls_some_wait_until_one_leaves(store: Store) -> None:
    processes = [Process(store, name, total=2) for name in "abc"]
    for _ in range(3):
        for process in processes:
            await process.renew()
    assert [process.bound for process in processes] == [1, 1, 0]
    await processes[0].budget.release()
    await processes[1].renew()
    assert await processes[2].renew() == 1


async def test_a_process_without_a_share_for_a_minute_logs_one_warning_with_the_setting(store: Store) -> None:
    processes = [Process(store, name, total=2) for name in "abc"]

    async def minutes(seconds: int) -> list[dict[str, object]]:
        with capture_logs() as logs:
            for _ in range(seconds // 5):
                store.now += 5
                for process in processes:
                    await process.renew()
        return [line for line in logs if line["event"] == "tcs_budget_without_share"]

    assert await minutes(60) == []
    (line,) = await minutes(120)
    assert (line["tcs_concurrency_total"], line["processes"], line["log_level"]) == (2, 3, "warning")
    first = processes.pop(0)
    await first.budget.release()
    assert await minutes(60) == []
    processes.insert(0, first)
    assert len(await minutes(120)) == 1


@pytest.mark.parametrize(
    ("services", "claimed"),
    [
        (["InboundDataReader", "DataExporter"], []),
        (["InboundDataReader", "Reconciliation"], [128]),
        (["AppGenerator"], [128]),
        (["NotificationGenerator"], [128]),
        (["InboundDataWriter"], [128]),
    ],
)
async def test_only_a_process_whose_services_call_tcs_has_a_claim(
    store: Store, services: list[str], claimed: list[int]
) -> None:
    tcs = asking(InProcess(replied(200, {"id": 1})))
    runner = Runner(store, [], today=lambda: date(2026, 11, 24))
    async with budgeted(Settings(), runner, tcs, services, Supervisor(), "one"):
        assert [*(await store.claims()).values()] == claimed
        assert tcs.load.bound == sum(claimed)
    assert await store.claims() == {}


async def test_a_lost_race_is_run_again(store: Store) -> None:
    process = Process(store, "a")
    store.conflicts = 5
    assert await process.renew() == 64


async def test_while_the_store_is_away_nothing_is_claimed_and_it_goes_on_afterwards(store: Store) -> None:
    process = Process(store, "a", seconds=0.05)
    store.is_away = True
    async with process.budget.kept(Supervisor()):
        assert process.bound == 0
        store.is_away = False
        await store.committed.wait()
        await settled()
        assert process.bound == 64
        assert await store.claims() == {"a": 64}
    assert await store.claims() == {}


@pytest.mark.parametrize("seed", range(20))
def test_living_claims_never_add_up_to_more_than_the_total(seed: int) -> None:
    random = Random(seed)
    total = random.choice((1, 3, 64))
    claims: dict[str, Claim] = {}
    in_flight = dict.fromkeys("abcde", 0)
    now = 0.0
    for _ in range(500):
        now += random.random() * 3
        name = random.choice("abcde")
        if random.random() < 0.05:
            claims.pop(name, None)
            in_flight[name] = 0
            continue
        found = renewed(
            claims, name, now=now, until=now + 15, total=total, most=64, in_flight=in_flight[name]
        )
        claims = found.claims
        in_flight[name] = random.randint(0, max(found.allowed, 0))
        living = [claim.calls for claim in claims.values() if claim.until > now]
        assert sum(living) <= total
        assert found.allowed <= claims[name].calls


def test_shares_are_even_and_the_remainder_goes_to_the_first() -> None:
    assert [fair_share({"a": 0, "b": 0, "c": 0}, name, 64) for name in "abc"] == [22, 21, 21]


def test_the_document_is_as_small_as_the_number_of_living_processes() -> None:
    claims = {f"old-{number}": Claim(1, 5.0) for number in range(100)}
    found = renewed(claims, "a", now=10.0, until=25.0, total=64, most=64, in_flight=0)
    assert Budget("tcs", found.claims).claims == {"a": Claim(64, 25.0)}
