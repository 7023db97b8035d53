"""Alarms about RabbitMQ where the fault is real: a foreign shovel is found, and a memory alarm, and that either ends."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pymongo
import pytest
from servers.__main__ import data
from servers.programs import one_at_a_time
from servers.running import Rabbit, own_port, remove
from tests.operations.alarms.test_sources import sight
from tests.servers import Place, place

from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import install
from tis_esr.operations.alarms import look_servers
from tis_esr.operations.alarms.sources import judge
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings

DATABASE = "alarms_on_servers"
ABOUT_RABBITMQ = [
    source
    for source in look_servers.SOURCES
    if source.kinds[0].id in {"broker-alarm", "foreign-objects", "store-disk-low"}
]


@pytest.fixture(scope="module")
def managed(worker_id: str) -> Iterator[tuple[Rabbit, Settings]]:
    """A RabbitMQ with the management plugin, on which everything is installed."""
    folder = data(f"alarms-rabbitmq-{worker_id}")
    with one_at_a_time():
        rabbit = Rabbit(folder, own_port(folder, 5761), ("rabbitmq_management", "rabbitmq_shovel"))
        rabbit.start()
    url, mongodb_url = rabbit.virtual_host("alarms"), place().mongodb_url
    asyncio.run(
        install(
            Place(url, mongodb_url).addresses(database=DATABASE), ALL_COLLECTIONS, queues(bindings_only())
        )
    )
    yield (
        rabbit,
        Settings(
            engine="production",
            amqp_url=url,
            mongodb_url=mongodb_url,
            mongodb_database=DATABASE,
            amqp_management_url=rabbit.management_url,
        ),
    )
    rabbit.stop()
    remove(folder)
    with pymongo.MongoClient[dict[str, object]](mongodb_url) as client:
        client.drop_database(DATABASE)


async def found(settings: Settings) -> dict[str, str]:
    judged = await judge(replace(sight(), settings=settings), ABOUT_RABBITMQ, {})
    assert judged.unknown == judged.not_known == {}
    return {one.id: one.text for one in judged.findings}


async def until(settings: Settings, expected: dict[str, str]) -> None:
    """Wait until exactly these findings are there, each text by its beginning: the API's statistics are some seconds old."""
    seen: dict[str, str] = {}
    try:
        async with asyncio.timeout(60):
            while True:
                seen = await found(settings)
                if seen.keys() == expected.keys() and all(
                    seen[id_].startswith(expected[id_]) for id_ in seen
                ):
                    return
                await asyncio.sleep(0.5)
    except TimeoutError:
        assert seen == expected


@pytest.mark.timeout(240)
async def test_a_forgotten_shovel_is_an_alarm_until_it_is_deleted(managed: tuple[Rabbit, Settings]) -> None:
    """Incident A22: nine days of dead letters were moved away unseen."""
    rabbit, settings = managed
    assert await found(settings) == {}
    rabbit.control(
        "set_parameter", "-p", "alarms", "shovel", "old",
        '{"src-uri": "amqp://", "src-queue": "esr.queue.dead", "dest-uri": "amqp://", "dest-queue": "elsewhere"}',
    )  # fmt: skip
    try:
        moves = "the shovel old moves messages from esr.queue.dead to elsewhere"
        await until(settings, {"foreign-objects": moves})
    finally:
        rabbit.control("clear_parameter", "-p", "alarms", "shovel", "old")
    await until(settings, {})


@pytest.mark.timeout(240)
async def test_a_memory_alarm_of_rabbitmq_is_an_alarm_until_it_is_over(
    managed: tuple[Rabbit, Settings],
) -> None:
    """Incident A17: 20 files waited until somebody missed the usual messages."""
    rabbit, settings = managed
    rabbit.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        await until(settings, {"broker-alarm": "the memory alarm of the node "})
    finally:
        rabbit.control("set_vm_memory_high_watermark", "absolute", "1GB")
    await until(settings, {})
