"""Where the process keeps what it knows: a state file, or MongoDB and RabbitMQ over lines that can be cut."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pymongo
from tests.faults.wire import Wire, wire
from tests.servers import place

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.reader_protocol import Reader

EngineName = Literal["embedded", "production"]


class Store(Protocol):
    """``settings`` are the program's."""

    settings: dict[str, str]

    def used(self) -> int:
        """Return the bytes in use, without what was purged."""

    def reader(self) -> Reader:
        """Open it for reading."""

    def cut(self) -> bool:
        """Break every connection to it; say whether there are any."""


class StateFile:
    """The embedded engine's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.settings = {"TIS_ESR_STATE": str(path)}

    def used(self) -> int:
        """See Store."""
        with closing(sqlite3.connect(self._path)) as connection:
            count, free, size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((count - free) * size)

    def reader(self) -> Reader:
        """See Store."""
        return StateReader(self._path)

    def cut(self) -> bool:
        """See Store."""
        return False


class Servers:
    """The production engine's, each over a line of its own, with a database and a virtual host for this run."""

    def __init__(self, addresses: ServerAddresses, settings: dict[str, str], lines: list[Wire]) -> None:
        self.settings, self._addresses, self._lines = settings, addresses, lines

    def used(self) -> int:
        """See Store: the bytes of all documents."""
        with pymongo.MongoClient[dict[str, object]](self._addresses.mongodb_url) as client:
            return int(client[self._addresses.database].command("dbStats")["dataSize"])

    def reader(self) -> Reader:
        """See Store."""
        return ProductionReader(self._addresses)

    def cut(self) -> bool:
        """See Store."""
        for line in self._lines:
            line.down()
            line.up()
        return True


@contextmanager
def store_of(engine: EngineName, folder: Path) -> Iterator[Store]:
    """Have an empty store; RabbitMQ and MongoDB are started if they are not there."""
    if engine == "embedded":
        yield StateFile(folder / "state")
        return
    servers = place()
    addresses = servers.addresses(database=servers.emptied())
    with ExitStack() as stack:
        lines = [
            stack.enter_context(wire(urlsplit(url).port or usual))
            for url, usual in ((servers.amqp_url, 5672), (servers.mongodb_url, 27017))
        ]
        amqp = urlsplit(servers.amqp_url)
        settings = {
            "TIS_ESR_ENGINE": "production",
            "TIS_ESR_AMQP_URL": amqp._replace(
                netloc=f"{amqp.username}:{amqp.password}@127.0.0.1:{lines[0].port}"
            ).geturl(),
            "TIS_ESR_MONGODB_URL": f"mongodb://127.0.0.1:{lines[1].port}/?directConnection=true",
            "TIS_ESR_MONGODB_DATABASE": addresses.database,
        }
        yield Servers(addresses, settings, lines)
