"""An engine that is closed ends, whatever it is doing just then."""

import asyncio

from tests.servers import Place

from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.supervision import Supervisor
from tis_esr.services.flow import bindings_only


async def test_an_engine_that_is_closed_while_it_opens_its_queues_ends(servers: Place) -> None:
    topology = queues(bindings_only())
    addresses = servers.addresses()
    for turns in range(0, 400, 10):
        engine = ProductionEngine(addresses, topology, Supervisor())
        await engine.open()
        engine.broker.consume(queue.name for queue in topology)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await engine.close()


async def test_each_server_that_is_missing_is_named(servers: Place) -> None:
    topology = queues(bindings_only())
    engine = ProductionEngine(servers.addresses(), topology, Supervisor())
    await engine.open()
    engine.broker.consume([topology[0].name])
    await engine.close()
    assert await engine.trouble() == "MongoDB: InvalidOperation; RabbitMQ is not connected"
