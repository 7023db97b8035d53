"""Where the real servers are for this process's tests: a virtual host and a database of its own."""

import asyncio
import atexit
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit
from uuid import uuid4

import pymongo
import pymongo.errors
from pika import BlockingConnection, URLParameters
from pika.exceptions import ChannelClosedByBroker
from servers.__main__ import AMQP, MONGODB, addresses, data
from servers.programs import one_at_a_time
from servers.running import Rabbit
from tests.emptying import empty_collections, empty_queues
from tests.left_behind import own_name, remove_left_behind

from tis_esr.engine.production.rabbitmq.amqp import connect
from tis_esr.engine.production.rabbitmq.topology import EXCHANGE, Queue, declare, queues
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import install
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.flow import bindings_only


@dataclass(frozen=True)
class Place:
    """URLs of both servers."""

    amqp_url: str
    mongodb_url: str

    def addresses(self, lease_seconds: float = 2.0, database: str = "") -> ServerAddresses:
        """Return addresses with a database of their own and short leases."""
        return ServerAddresses(
            self.amqp_url,
            self.mongodb_url,
            database or own_name(uuid4().hex[:12]),
            lease_seconds=lease_seconds,
            resend_seconds=2.0,
            poll_seconds=0.2,
        )

    def emptied(self) -> str:
        """Return the database of this test process, empty, with empty queues; made where it is missing."""
        name = _database(self)
        topology = queues(bindings_only())
        try:
            empty_queues(self.amqp_url, topology)
        except ChannelClosedByBroker:  # a test deleted it
            asyncio.run(_declared(self.amqp_url, topology))
            empty_queues(self.amqp_url, topology)
        empty_collections(self.mongodb_url, name)
        return name


async def _declared(amqp_url: str, topology: Sequence[Queue]) -> None:
    connection = await connect(amqp_url)
    await declare(await connection.channel(), topology)
    await connection.close()


@cache
def _database(place: Place) -> str:
    """Install a database for this test process, gone again at its end."""
    name = own_name(uuid4().hex[:12])
    asyncio.run(install(place.addresses(database=name), ALL_COLLECTIONS, queues(bindings_only())))
    _end_transactions_soon(place)
    atexit.register(_forget, place, name)
    return name


def delete_from_rabbitmq(amqp_url: str, *names: str) -> None:
    """Delete queues, and the exchange where it is named; what isn't there is left out."""
    with BlockingConnection(URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        for name in names:
            if name == EXCHANGE:
                channel.exchange_delete(name)
            else:
                channel.queue_delete(name)


def _end_transactions_soon(place: Place) -> None:
    """Have a server of our own abort what a killed process left open after a second, not after a minute."""
    if MONGODB in os.environ or ":27017" in place.mongodb_url:
        return
    with pymongo.MongoClient[dict[str, object]](place.mongodb_url) as client:
        client.admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 1})


def _forget(place: Place, database: str) -> None:
    """Drop a database, unless its server is gone too."""
    with (
        pymongo.MongoClient[dict[str, object]](place.mongodb_url, serverSelectionTimeoutMS=500) as client,
        contextlib.suppress(pymongo.errors.PyMongoError),
    ):
        client.drop_database(database)


@cache
def place() -> Place:
    """Bring the servers up where they are not; make a virtual host for this test process."""
    found = addresses()
    url = found[AMQP]
    if AMQP not in os.environ and urlsplit(url).port != 5672:
        rabbit = Rabbit(data("rabbitmq"), urlsplit(url).port or 0)
        with one_at_a_time():
            remove_left_behind(rabbit, None if MONGODB in os.environ else found[MONGODB])
        url = own_virtual_host(rabbit)
    return Place(url, found[MONGODB])


def own_virtual_host(rabbit: Rabbit) -> str:
    """Make an empty virtual host for this test process, gone again at its end; return its URL."""
    name = own_name()
    atexit.register(rabbit.control, "delete_vhost", name)
    return rabbit.virtual_host(name)
