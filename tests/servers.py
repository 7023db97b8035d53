"""Where the real servers are for this process's tests: a virtual host and a database of its own."""

import asyncio
import atexit
import os
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from uuid import uuid4

import pymongo
from servers.__main__ import AMQP, HOME, MONGODB, addresses
from servers.running import Rabbit

from tis_esr.engine.production.addresses import Addresses
from tis_esr.engine.production.broker import connect
from tis_esr.engine.production.checks import install
from tis_esr.engine.production.topology import queues
from tis_esr.services.flow import COLLECTIONS, bindings_only


@dataclass(frozen=True)
class Place:
    """URLs of both servers."""

    amqp_url: str
    mongodb_url: str

    def addresses(self, lease_seconds: float = 2.0, database: str = "") -> Addresses:
        """Return addresses with a database of their own and short leases."""
        return Addresses(
            self.amqp_url,
            self.mongodb_url,
            database or f"test_{uuid4().hex[:12]}",
            lease_seconds=lease_seconds,
            resend_seconds=2.0,
            poll_seconds=0.2,
        )

    def install(self, database: str) -> None:
        """Make an empty database and empty queues, as ``tis-esr install`` does."""
        asyncio.run(self._install(database))

    async def _install(self, database: str) -> None:
        topology = queues(bindings_only())
        connection = await connect(self.amqp_url)
        channel = await connection.channel()
        for queue in topology:
            await channel.queue_delete(queue.name)
        await connection.close()
        await install(self.addresses(database=database), COLLECTIONS, topology)

    def drop(self, database: str) -> None:
        """Forget a database."""
        with pymongo.MongoClient[dict[str, object]](self.mongodb_url) as client:
            client.drop_database(database)


@cache
def place() -> Place:
    """Bring the servers up where they are not; make a virtual host for this test process."""
    found = addresses()
    url = found[AMQP]
    if AMQP not in os.environ and urlsplit(url).port != 5672:
        url = own_virtual_host(Rabbit(HOME / "rabbitmq", urlsplit(url).port or 0))
    return Place(url, found[MONGODB])


def own_virtual_host(rabbit: Rabbit) -> str:
    """Make an empty virtual host for this test process, gone again at its end; return its URL."""
    name = f"tests-{os.getpid()}"
    atexit.register(rabbit.control, "delete_vhost", name)
    return rabbit.virtual_host(name)
