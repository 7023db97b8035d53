"""MongoDB says nothing any more, as behind a firewall that forgot the connection: whoever asked is told so in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from tests.engines.benches import NOTES, Note, ProductionBench
from tests.faults.wire import Wire, wire
from tests.servers import Place

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.mongodb.patience import PATIENCE, patience
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.production.server_addresses import ServerAddresses

SAID = "MongoDB .*: (NetworkTimeout|ServerSelectionTimeoutError)"


@pytest.fixture
async def bench(servers: Place) -> AsyncIterator[ProductionBench]:
    bench = ProductionBench(servers)
    yield bench
    await bench.clear()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of a second is long here; in production it is a minute."""
    assert PATIENCE["socketTimeoutMS"] == 60_000
    for name in PATIENCE:
        monkeypatch.setitem(PATIENCE, name, 300)


def through(line: Wire, bench: ProductionBench) -> ServerAddresses:
    """Return the address at the near end of the line, from which PyMongo doesn't go on to the far one by itself."""
    return replace(bench.addresses, mongodb_url=f"mongodb://127.0.0.1:{line.port}/?directConnection=true")


def line_to_mongodb(bench: ProductionBench) -> int:
    return urlsplit(bench.addresses.mongodb_url).port or 0


async def test_a_question_ends_with_an_error_and_the_next_one_is_answered_once_it_speaks_again(
    bench: ProductionBench,
) -> None:
    await bench.open()
    with wire(line_to_mongodb(bench)) as line, closing(ProductionReader(through(line, bench))) as reader:
        assert await asyncio.to_thread(reader.get, NOTES, ["a"]) == []
        line.hold()
        async with asyncio.timeout(10):
            with pytest.raises(TransientError, match=SAID):
                await asyncio.to_thread(reader.get, NOTES, ["a"])
        line.release()
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(reader.get, NOTES, ["a"]) == []


async def test_a_services_unit_of_work_fails_for_now_and_goes_through_once_it_speaks_again(
    bench: ProductionBench,
) -> None:
    near = bench.addresses
    with wire(line_to_mongodb(bench)) as line:
        bench.addresses = through(line, bench)
        runner = await bench.open()
        bench.addresses = near
        line.hold()
        async with asyncio.timeout(10):
            with pytest.raises(TransientError, match=SAID):
                await runner.work().get(NOTES, ["a"])
        line.release()
        async with asyncio.timeout(10):
            work = runner.work()
            assert await work.get(NOTES, ["a"]) == {}
            work.put(NOTES, Note(name="a"))
            await work.commit()
            assert [note.name for note in (await runner.work().get(NOTES, ["a"])).values()] == ["a"]


@pytest.mark.parametrize(
    ("options", "selection", "connect", "socket"),
    [
        ("", 5000, 5000, 60_000),
        ("socketTimeoutMS=1500&serverselectiontimeoutms=700", 700, 5000, 1500),
        ("connectTimeoutMS=9000&socketTimeoutMS=0&serverSelectionTimeoutMS=soon", 5000, 5000, 60_000),
    ],
)
def test_a_shorter_timeout_in_the_url_counts_and_a_longer_one_does_not(
    options: str, selection: int, connect: int, socket: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert patience(f"mongodb://user:invented-Pa55word@host:27017/?{options}") == {
        "serverSelectionTimeoutMS": selection,
        "connectTimeoutMS": connect,
        "socketTimeoutMS": socket,
    }
