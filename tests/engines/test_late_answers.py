"""MongoDB's answer comes too late: what it has written counts once, and no message is blamed for it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from pymongo.errors import PyMongoError
from tests.engines.benches import NOTES, Note, ProductionBench
from tests.engines.test_work import Seen, claimed, send
from tests.faults.mongodb_wire import MongodbWire, mongodb_wire
from tests.servers import Place

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.mongodb import leases
from tis_esr.engine.production.mongodb.patience import PATIENCE
from tis_esr.engine.production.mongodb.schema import LEASES
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import MONGODB, findings_of
from tis_esr.engine.runner import Handler, Runner

pytestmark = pytest.mark.flaky(reruns=1)
"""Their timeouts are short: see decision 38."""


@pytest.fixture
def line(servers: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[MongodbWire]:
    """A line to MongoDB, which has a fifth of a second to answer."""
    monkeypatch.setitem(PATIENCE, "socketTimeoutMS", 200)
    with mongodb_wire(urlsplit(servers.mongodb_url).port or 0) as laid:
        yield laid


@pytest.fixture
async def bench(servers: Place, line: MongodbWire) -> AsyncIterator[ProductionBench]:
    bench = ProductionBench(servers)
    yield bench
    await bench.clear()


def far(line: MongodbWire, bench: ProductionBench) -> ServerAddresses:
    return replace(bench.addresses, mongodb_url=f"mongodb://127.0.0.1:{line.port}/?directConnection=true")


async def over(line: MongodbWire, bench: ProductionBench) -> Runner:
    """Open an engine whose connection to MongoDB is the line."""
    near, bench.addresses = bench.addresses, far(line, bench)
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    bench.addresses = near
    return running


@pytest.mark.parametrize("command", ["insert engine.leases", "find engine.inbox"])
async def test_a_claim_whose_answer_was_lost_is_no_death_and_is_claimed_again_before_its_lease_expires(
    bench: ProductionBench, line: MongodbWire, command: str
) -> None:
    running = await over(line, bench)
    await send(running, "one")
    line.lose_answer(command)
    with pytest.raises(TransientError, match="NetworkTimeout"):
        await claimed(running.engine)
    assert line.lost == [command] * 2
    await bench.engines[0].stop_renewing()
    [again] = await claimed(running.engine)
    assert (again.deaths, again.attempts) == (0, 1)


async def test_a_lease_that_is_written_long_after_its_claim_was_abandoned_is_no_death(
    bench: ProductionBench, line: MongodbWire
) -> None:
    running = await over(line, bench)
    await send(running, "one")
    line.keep_back("insert engine.leases")
    with pytest.raises(TransientError, match="NetworkTimeout"):
        await claimed(running.engine)
    await bench.engines[0].stop_renewing()
    line.arrive()
    assert await bench.engines[0].database[LEASES].count_documents({}) == 1
    [again] = await claimed(running.engine)
    assert (again.deaths, again.attempts) == (0, 1)


async def test_a_lease_that_was_abandoned_is_ended_also_when_its_message_went_elsewhere(
    bench: ProductionBench, line: MongodbWire
) -> None:
    running = await over(line, bench)
    await send(running, "one")
    line.lose_answer("insert engine.leases")
    with pytest.raises(TransientError, match="NetworkTimeout"):
        await claimed(running.engine)
    await bench.engines[0].broker.close()
    await bench.engines[0].leases.end_abandoned()
    other = await bench.open(Handler("esr.queue.a", "a", Seen()))
    [again] = await claimed(other.engine)
    assert (again.deaths, again.attempts) == (0, 1)


async def test_a_lease_in_use_that_is_renewed_meanwhile_is_not_ended_because_it_had_expired(
    bench: ProductionBench, line: MongodbWire
) -> None:
    running = await over(line, bench)
    engine = bench.engines[0]
    await send(running, "one")
    [message] = await claimed(running.engine)
    await engine.stop_renewing()
    await engine.database[LEASES].update_one({}, {"$set": {"until": engine.time() - 1}})
    line.keep_back("delete engine.leases")
    with pytest.raises(PyMongoError):
        await engine.leases.claim([message], engine.time())
    await leases.renew(engine.database, [message.claim], engine.time() + 30)
    line.arrive()
    assert await engine.database[LEASES].count_documents({"_id": message.claim}) == 1


async def test_a_message_whose_release_was_not_answered_is_claimed_again_without_a_death(
    bench: ProductionBench, line: MongodbWire
) -> None:
    running = await over(line, bench)
    await send(running, "one")
    [first] = await claimed(running.engine)
    line.lose_answer("update engine.inbox", times=8)
    await running.engine.release([first], 0)
    await bench.engines[0].stop_renewing()
    [again] = await claimed(running.engine)
    assert again.deaths == 0


async def test_commits_whose_answers_are_lost_take_effect_once_and_are_known_to_have(
    bench: ProductionBench, line: MongodbWire
) -> None:
    running = await over(line, bench)
    await send(running, "one")
    [message] = await claimed(running.engine)
    work = running.work()
    work.put(NOTES, Note(name="one", number=1))
    work.park(message, "invented")
    line.lose_answer("commitTransaction", times=3)
    await work.commit()
    work.put(NOTES, Note(name="one", number=2))
    await work.commit()
    assert (await running.work().get(NOTES, ["one"]))["one"].number == 2
    line.lose_answer("commitTransaction", times=3)
    assert await running.engine.replay([message.identity]) == 1
    assert line.lost == ["commitTransaction"] * 6
    assert [again.id for again in await claimed(running.engine)] == [message.id]


async def test_a_check_of_a_server_that_greets_and_then_says_nothing_ends_with_a_finding(
    bench: ProductionBench, line: MongodbWire
) -> None:
    line.lose_answer("find engine.schema")
    found = await findings_of(far(line, bench), [], [])
    [problem] = [finding.problem for finding in found if finding.setting == MONGODB]
    assert problem == "could not connect to MongoDB (NetworkTimeout)"
