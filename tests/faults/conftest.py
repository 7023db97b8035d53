"""Servers that tests may stop and start: nobody else's."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from servers.__main__ import data
from servers.programs import one_at_a_time
from servers.running import Mongo, Rabbit, own_port, remove
from tests.faults.days import Days
from tests.servers import Place, place


@dataclass(frozen=True)
class OwnServers:
    """A RabbitMQ and a MongoDB of this test process."""

    rabbit: Rabbit
    mongo: Mongo
    place: Place


@pytest.fixture(scope="session")
def own_servers(worker_id: str) -> Iterator[OwnServers]:
    """Start both on ports of this test process, and stop and forget them at the end."""
    folders = data(f"faults-rabbitmq-{worker_id}"), data(f"faults-mongodb-{worker_id}")
    with one_at_a_time():
        rabbit = Rabbit(folders[0], own_port(folders[0], 5701))
        mongo = Mongo(folders[1], own_port(folders[1], 27101))
        rabbit.start()
        mongo.start()
    yield OwnServers(rabbit, mongo, Place(rabbit.virtual_host("faults"), mongo.url))
    rabbit.stop()
    mongo.kill()
    remove(rabbit.folder)
    remove(mongo.folder)


@pytest.fixture(scope="module", params=["embedded", "production"])
def days(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """Return small days on each engine in turn."""
    servers = place() if request.param == "production" else None
    yield from small_days(tmp_path_factory, servers)


@pytest.fixture(scope="module")
def embedded_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """Return small days on the embedded engine, for what happens outside of any engine."""
    yield from small_days(tmp_path_factory, None)


@pytest.fixture(scope="module")
def production_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """Return small days on the production engine."""
    yield from small_days(tmp_path_factory, place())


def small_days(tmp_path_factory: pytest.TempPathFactory, servers: Place | None) -> Iterator[Days]:
    """Return days of one deanery and few posts."""
    days = Days(tmp_path_factory.mktemp("days"), servers, posts=40)
    yield days
    days.close()
