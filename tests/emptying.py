"""Empties the queues and collections of this test process, over connections that it keeps: thousands of tests need it."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from pika import BlockingConnection, URLParameters
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPConnectionError
from pymongo import MongoClient

from tis_esr.engine.production.mongodb.schema import SCHEMA
from tis_esr.engine.production.rabbitmq.topology import DEAD, EXCHANGE, Queue

_CHANNELS: dict[str, BlockingChannel] = {}


def empty_queues(amqp_url: str, topology: Iterable[Queue]) -> None:
    """Empty the queues; raises ChannelClosedByBroker if one, or the exchange, does not exist.

    They are not asked for their messages first: those of a consumer that is just gone are not counted yet, and come back.
    """
    try:
        _channel(amqp_url).exchange_declare(EXCHANGE, passive=True)
    except AMQPConnectionError:  # the server was stopped meanwhile
        _channel(amqp_url).exchange_declare(EXCHANGE, passive=True)
    for name in (DEAD, *(queue.name for queue in topology)):
        _channel(amqp_url).queue_purge(name)


def _channel(amqp_url: str) -> BlockingChannel:
    known = _CHANNELS.get(amqp_url)
    if known is None or known.is_closed:
        parameters = URLParameters(amqp_url)
        parameters.heartbeat = 0  # nobody serves it between two tests
        known = _CHANNELS[amqp_url] = BlockingConnection(parameters).channel()
    return known


def empty_collections(mongodb_url: str, database: str) -> None:
    """Empty every collection but the version of the schema."""
    found = _client(mongodb_url)[database]
    for name in set(found.list_collection_names()) - {SCHEMA}:
        found[name].delete_many({})


@cache
def _client(mongodb_url: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(mongodb_url)
