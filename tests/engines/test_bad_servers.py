"""Servers that are not as they must be: what is said names the setting and what to do, and never a password."""

import asyncio
import contextlib
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pika import BasicProperties, BlockingConnection, URLParameters
from pymongo import AsyncMongoClient, MongoClient
from servers.__main__ import AMQP as AMQP_URL_OF_TESTS
from servers.__main__ import MONGODB as MONGODB_URL_OF_TESTS
from servers.__main__ import addresses as real_addresses
from servers.__main__ import data
from servers.programs import NotInstalled
from servers.running import Mongo, Rabbit, remove
from tests.engines.benches import NOTES
from tests.left_behind import own_name
from tests.servers import delete_from_rabbitmq

from tis_esr.engine.production.rabbitmq.amqp import Channel, connect
from tis_esr.engine.production.rabbitmq.topology import Queue
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import (
    Finding,
    UnusableServerError,
    findings_of,
    install,
    refuse_unusable,
)
from tis_esr.engine.production.upgrading import upgrade_database
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.upgrades.supported import UPGRADES

MONGODB = "TIS_ESR_MONGODB_URL"
DATABASE = "TIS_ESR_MONGODB_DATABASE"
AMQP = "TIS_ESR_AMQP_URL"
INSTALL = "run tis-esr install"
SECRET = "invented-Pa55word"  # noqa: S105 - of nobody
QUEUES = [
    Queue("esr.queue.por.split", ("por.split",), 10, single_active=False),
    Queue("esr.queue.apprecord.generated", ("apprecord.generated",), 1, single_active=True),
]
ALL_OF_RABBITMQ = ["esr.queue.por.split", "esr.queue.apprecord.generated", "esr.queue.dead", "esr"]
ALL_OF_MONGODB = [
    "engine.outbox",
    "engine.inbox",
    "engine.leases",
    "engine.rows",
    "engine.schema",
    "tests.notes",
]


@dataclass
class Ground:
    """Both servers, with a virtual host that nobody else uses where RabbitMQ is ours."""

    amqp_url: str
    mongodb_url: str
    rabbit: Rabbit | None

    @property
    def virtual_host(self) -> str:
        return urlsplit(self.amqp_url).path.removeprefix("/")

    def own_rabbit(self) -> Rabbit:
        if self.rabbit is None:
            pytest.skip("this RabbitMQ was given to the tests, who may make no users in it")
        return self.rabbit


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    found = real_addresses()
    amqp_url, mongodb_url = found[AMQP_URL_OF_TESTS], found[MONGODB_URL_OF_TESTS]
    port = urlsplit(amqp_url).port or 5672
    if AMQP_URL_OF_TESTS in os.environ or port == 5672:
        yield Ground(amqp_url, mongodb_url, None)
        return
    rabbit, name = Rabbit(data("rabbitmq"), port), own_name(uuid4().hex[:8])
    yield Ground(rabbit.virtual_host(name), mongodb_url, rabbit)
    rabbit.control("delete_vhost", name)


@pytest.fixture
async def good(ground: Ground) -> AsyncIterator[ServerAddresses]:
    """Addresses under which all is well but nothing installed yet; what a test leaves is taken away."""
    addresses = ServerAddresses(ground.amqp_url, ground.mongodb_url, own_name(uuid4().hex[:12]))
    yield addresses
    async with AsyncMongoClient(ground.mongodb_url) as client:
        await client.drop_database(addresses.database)
    await asyncio.to_thread(delete_from_rabbitmq, ground.amqp_url, *ALL_OF_RABBITMQ)


@dataclass
class User:
    """A user of RabbitMQ, as a test makes him."""

    name: str
    ground: Ground
    url: str = field(init=False)

    def __post_init__(self) -> None:
        place = urlsplit(self.ground.amqp_url)
        self.url = f"amqp://{self.name}:{SECRET}@{place.hostname}:{place.port}{place.path}"

    def may(self, configure: str, write: str, read: str) -> None:
        where = ("-p", self.ground.virtual_host, self.name)
        self.ground.own_rabbit().control("set_permissions", *where, configure, write, read)


@pytest.fixture(scope="module")
def user(ground: Ground) -> Iterator[User]:
    rabbit, name = ground.own_rabbit(), f"invented-{uuid4().hex[:8]}"
    rabbit.control("add_user", name, SECRET)
    yield User(name, ground)
    rabbit.control("delete_user", name)


@contextlib.asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[Channel]:
    connection = await connect(url)
    try:
        yield await connection.channel()
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def database_of(addresses: ServerAddresses) -> AsyncIterator[Any]:
    async with AsyncMongoClient(addresses.mongodb_url) as client:
        yield client[addresses.database]


async def looked(addresses: ServerAddresses) -> list[Finding]:
    findings = await findings_of(addresses, [NOTES], QUEUES)
    assert SECRET not in repr(findings)
    assert all(SECRET not in str(finding) for finding in findings)
    return findings


async def found_at(setting: str, addresses: ServerAddresses) -> Finding:
    """Return what is wrong with one server; the other one merely has nothing installed yet."""
    findings = await looked(addresses)
    [finding] = [finding for finding in findings if finding.setting == setting]
    assert [f.remedy for f in findings if f is not finding] in ([], [INSTALL])
    return finding


async def refused(addresses: ServerAddresses) -> list[Finding]:
    with pytest.raises(UnusableServerError) as caught:
        await install(addresses, [NOTES], QUEUES)
    assert SECRET not in str(caught.value)
    return caught.value.findings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Nothing installed, everything installed, something lost.


async def test_where_nothing_is_installed_yet_the_remedy_is_to_install_and_looking_makes_nothing(
    good: ServerAddresses,
) -> None:
    findings = await looked(good)
    assert [(f.setting, f.remedy) for f in findings] == [(DATABASE, INSTALL), (AMQP, INSTALL)]
    assert (
        f"{good.database} lacks engine.outbox, engine.inbox, engine.leases, engine.rows, engine.schema and 1 more"
        in str(findings[0])
    )
    assert "lacks esr.queue.por.split, esr.queue.apprecord.generated, esr.queue.dead and 1 more" in str(
        findings[1]
    )
    assert await looked(good) == findings
    async with AsyncMongoClient(good.mongodb_url) as client:
        assert good.database not in await client.list_database_names()


async def test_install_makes_everything_and_the_next_one_nothing(good: ServerAddresses) -> None:
    assert await install(good, [NOTES], QUEUES) == ALL_OF_MONGODB + ALL_OF_RABBITMQ
    assert await looked(good) == []
    await refuse_unusable(good, [NOTES], QUEUES)
    assert await install(good, [NOTES], QUEUES) == []
    async with database_of(good) as database:
        assert await database["engine.schema"].find_one() == {"_id": "version", "version": 5}
        assert await database["engine.schema"].count_documents({}) == 1


async def test_all_who_install_at_once_succeed(good: ServerAddresses) -> None:
    await asyncio.gather(*(install(good, [NOTES], QUEUES) for _ in range(4)))
    assert await looked(good) == []


@pytest.mark.parametrize(
    ("collection", "index", "said"),
    [
        ("engine.leases", "one_holder", "engine.leases.one_holder"),
        ("engine.rows", "place", "engine.rows.place"),
        ("tests.notes", "day", "tests.notes.day"),
        ("tests.notes", None, "tests.notes"),
    ],
)
async def test_a_deleted_index_or_collection_is_found_and_made_again(
    collection: str, index: str | None, said: str, good: ServerAddresses
) -> None:
    await install(good, [NOTES], QUEUES)
    async with database_of(good) as database:
        if index is None:
            await database.drop_collection(collection)
        else:
            await database[collection].drop_index(index)
    assert await looked(good) == [Finding(DATABASE, f"{good.database} lacks {said}", INSTALL)]
    assert await install(good, [NOTES], QUEUES) == [said]
    assert await looked(good) == []


@pytest.mark.parametrize("name", ALL_OF_RABBITMQ)
async def test_a_deleted_queue_or_exchange_is_found_and_made_again(name: str, good: ServerAddresses) -> None:
    await install(good, [NOTES], QUEUES)
    await asyncio.to_thread(delete_from_rabbitmq, good.amqp_url, name)
    assert await looked(good) == [Finding(AMQP, f"the virtual host lacks {name}", INSTALL)]
    assert await install(good, [NOTES], QUEUES) == [name]
    assert await looked(good) == []


async def test_both_servers_are_looked_at_though_one_is_bad_and_a_start_is_refused_with_all_of_it(
    good: ServerAddresses,
) -> None:
    nowhere = ServerAddresses(f"amqp://guest:{SECRET}@127.0.0.1:{free_port()}/", "http://127.0.0.1/")
    with pytest.raises(UnusableServerError) as caught:
        await refuse_unusable(nowhere, [NOTES], QUEUES)
    first, second = str(caught.value).splitlines()
    assert first == f"{MONGODB}: is not a valid MongoDB address; write mongodb://host:27017/?replicaSet=rs0"
    assert second.startswith(f"{AMQP}: could not connect to RabbitMQ")
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(nowhere)


# MongoDB.


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:27017/",
        "mongodb://",
        "mongodb://127.0.0.1:port/",
        "mongodb://127.0.0.1:99999/",
        f"mongodb://invented:{SECRET}@home@127.0.0.1/",
    ],
)
async def test_what_is_no_address_of_mongodb_is_said_with_an_address_that_is(
    url: str, good: ServerAddresses
) -> None:
    finding = await found_at(MONGODB, replace(good, mongodb_url=url))
    assert finding.problem == "is not a valid MongoDB address"
    assert finding.remedy == "write mongodb://host:27017/?replicaSet=rs0"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("mongodb://127.0.0.1:{free}/?replicaSet=rs0", id="nothing listens"),
        pytest.param("mongodb://{mongodb}/?replicaSet=another", id="another replica set"),
    ],
)
async def test_a_mongodb_that_is_not_there_is_told_as_such(url: str, good: ServerAddresses) -> None:
    there = urlsplit(good.mongodb_url).netloc
    finding = await found_at(MONGODB, replace(good, mongodb_url=url.format(free=free_port(), mongodb=there)))
    assert finding.problem == "could not connect to MongoDB (ServerSelectionTimeoutError)"
    assert finding.remedy == "start it, or correct host, port and replicaSet in the URL"


async def test_a_user_or_password_that_mongodb_does_not_know_is_told_as_such(good: ServerAddresses) -> None:
    place = urlsplit(good.mongodb_url)
    host = place.netloc.rpartition("@")[2]
    url = f"mongodb://invented:{SECRET}@{host}/?{place.query}"
    finding = await found_at(MONGODB, replace(good, mongodb_url=url))
    assert finding == Finding(MONGODB, "MongoDB rejected the user or the password", "correct them in the URL")


def private_mongo(*, replica_set: bool) -> Mongo:
    try:
        return Mongo(data(f"mongodb-{uuid4().hex[:8]}"), free_port(), replica_set=replica_set)
    except NotInstalled as error:
        pytest.skip(f"MongoDB was given to the tests, and there is none to start: {error}")


async def test_a_mongodb_without_a_replica_set_is_told_how_to_become_one(good: ServerAddresses) -> None:
    mongo = private_mongo(replica_set=False)
    try:
        await asyncio.to_thread(mongo.start)
        finding = await found_at(MONGODB, replace(good, mongodb_url=mongo.url))
    finally:
        await asyncio.to_thread(mongo.stop)
        remove(mongo.folder)
    assert finding.problem == "MongoDB is a standalone server, not a replica set, so it has no transactions"
    assert finding.remedy == "start it with --replSet rs0 and call rs.initiate() once"


def start_guarded(mongo: Mongo) -> None:
    """Start a replica set that asks for passwords, with a user who may write and one who may only read."""
    (mongo.folder / "data").mkdir(parents=True)
    key: Path = mongo.folder / "key"
    key.write_text("aW52ZW50ZWQgZm9yIGEgdGVzdA==")
    key.chmod(0o600)
    program = [str(mongo._program), "--port", str(mongo.port), "--bind_ip", "127.0.0.1", "--fork", "--quiet"]
    places = {"dbpath": "data", "logpath": "log", "pidfilepath": "pid", "keyFile": "key"}
    options = [word for name, place in places.items() for word in (f"--{name}", str(mongo.folder / place))]
    memory = ["--wiredTigerCacheSizeGB", "0.25", "--replSet", "rs0"]
    environment = {**os.environ, **mongo._environment}
    subprocess.run([*program, *options, *memory], env=environment, check=True, capture_output=True)
    mongo.start()
    root = f"mongodb://127.0.0.1:{mongo.port}/?replicaSet=rs0"
    with MongoClient[Any](root) as client:
        client.admin.command("createUser", "root", pwd=SECRET, roles=["root"])
    with MongoClient[Any](root, username="root", password=SECRET) as client:
        client.admin.command("createUser", "reader", pwd=SECRET, roles=["readAnyDatabase"])
        client.admin.command("createUser", "nobody", pwd=SECRET, roles=[])
        client.admin.command("createUser", "writer", pwd=SECRET, roles=["readWriteAnyDatabase"])


async def test_a_user_of_mongodb_needs_to_read_and_write_and_nothing_more(good: ServerAddresses) -> None:
    mongo = private_mongo(replica_set=True)
    said = {}
    try:
        await asyncio.to_thread(start_guarded, mongo)
        for name in ("nobody", "reader", "writer"):
            url = f"mongodb://{name}:{SECRET}@127.0.0.1:{mongo.port}/?replicaSet=rs0"
            addresses = replace(good, mongodb_url=url)
            said[name] = [f for f in await looked(addresses) if f.setting != AMQP]
        made = await install(addresses, [NOTES], QUEUES)
        left = await looked(addresses)
        said["anonymous"] = [await found_at(MONGODB, replace(good, mongodb_url=mongo.url))]
    finally:
        await asyncio.to_thread(mongo.stop)
        remove(mongo.folder)
    problem = f"the user may not read and write the database {good.database}"
    not_allowed = Finding(MONGODB, problem, "give the user the role readWrite on it")
    assert said["nobody"] == said["reader"] == said["anonymous"] == [not_allowed]
    assert [f.remedy for f in said["writer"]] == [INSTALL]
    assert (made, left) == (ALL_OF_MONGODB + ALL_OF_RABBITMQ, [])


@pytest.mark.parametrize(
    ("version", "remedy"),
    [
        (1, "stop all processes, back it up, then run tis-esr install, which upgrades it"),
        (6, "a newer tis-esr has upgraded it: use that one, or restore the backup from before"),
    ],
)
async def test_a_database_of_an_older_or_newer_program_is_left_alone(
    version: int, remedy: str, good: ServerAddresses
) -> None:
    async with database_of(good) as database:
        await database["engine.schema"].insert_one({"_id": "version", "version": version})
    finding = await found_at(DATABASE, good)
    assert finding.problem == (
        f"the database {good.database} has schema version {version}, this version of tis-esr needs 5"
    )
    assert finding.remedy == remedy
    assert await refused(good) == [finding]
    async with database_of(good) as database:
        assert await database.list_collection_names() == ["engine.schema"]
        assert await database["engine.schema"].find().to_list() == [{"_id": "version", "version": version}]


async def test_a_database_that_a_newer_program_is_upgrading_is_left_to_it(good: ServerAddresses) -> None:
    entry = {"_id": "version", "version": 6, "upgrade": {"from": 5, "holder": "x", "until": 0.0, "done": []}}
    async with database_of(good) as database:
        await database["engine.schema"].insert_one(entry)
    finding = await found_at(DATABASE, good)
    assert (
        finding.remedy == "a newer tis-esr has upgraded it: use that one, or restore the backup from before"
    )
    assert await refused(good) == [finding]


async def test_a_database_of_a_version_that_was_never_released_is_not_upgraded(good: ServerAddresses) -> None:
    async with database_of(good) as database:
        await database["engine.schema"].insert_one({"_id": "version", "version": 4})
    with pytest.raises(UnusableServerError) as raised:
        await upgrade_database(good, [], UPGRADES, ALL_COLLECTIONS)
    assert [finding.problem for finding in raised.value.findings] == [
        f"{good.database} has schema version 4; this tis-esr upgrades the databases of 0.2.0"
    ]


async def test_an_index_of_our_name_with_other_keys_stops_the_install_and_is_said(
    good: ServerAddresses,
) -> None:
    async with database_of(good) as database:
        await database["engine.rows"].create_index([("another", 1)], name="place")
    assert await refused(good) == [
        Finding(
            DATABASE,
            f"{good.database} has an index of the same name with different keys or options",
            "drop that index, or use another TIS_ESR_MONGODB_DATABASE",
        )
    ]


@pytest.mark.parametrize("installed", [False, True])
async def test_processes_that_start_at_once_do_not_stand_in_each_others_way(
    installed: bool, good: ServerAddresses
) -> None:
    if installed:
        await install(good, [NOTES], QUEUES)
    before = await looked(good)
    async with database_of(good) as database, database.client.start_session() as session:
        await session.start_transaction()
        await database["engine.schema"].insert_one({"_id": "trial"}, session=session)
        assert await looked(good) == before
        await session.abort_transaction()


# RabbitMQ.


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("rubbish", id="rubbish"),
        pytest.param("amqp://", id="no host"),
        pytest.param("amqp://[::1/", id="half a bracket"),
        pytest.param(f"amqp://guest:{SECRET}@127.0.0.1:port/", id="no number"),
        pytest.param(f"amqp://guest:{SECRET}@127.0.0.1:99999/", id="no port"),
        pytest.param(f"amqp://guest:{SECRET}@127.0.0.1:{{free}}/", id="nothing listens"),
        pytest.param(f"amqp://guest:{SECRET}@127.0.0.1:{{web}}/", id="a web server"),
        pytest.param(f"amqps://guest:{SECRET}@127.0.0.1:{{rabbitmq}}/", id="not encrypted"),
    ],
)
async def test_a_rabbitmq_that_is_not_there_is_told_as_such(url: str, good: ServerAddresses) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        ports = {
            "free": free_port(),
            "web": server.sockets[0].getsockname()[1],
            "rabbitmq": urlsplit(good.amqp_url).port,
        }
        finding = await found_at(AMQP, replace(good, amqp_url=url.format(**ports)))
    assert finding.problem.startswith("could not connect to RabbitMQ (")
    assert finding.remedy == "start it, or correct host and port: amqp://user:password@host:5672/tis-esr"


async def test_a_wrong_password_for_rabbitmq_is_told_as_such(good: ServerAddresses) -> None:
    place = urlsplit(good.amqp_url)
    url = f"amqp://guest:{SECRET}@{place.hostname}:{place.port}{place.path}"
    finding = await found_at(AMQP, replace(good, amqp_url=url))
    assert finding == Finding(AMQP, "RabbitMQ rejected the user or the password", "correct them in the URL")


NO_ENTRY = Finding(
    AMQP,
    "RabbitMQ has no such virtual host, or the user has no access to it",
    "rabbitmqctl add_vhost tis-esr, and set_permissions for the user",
)
NO_PERMISSION = Finding(
    AMQP,
    "the user may not create or read queues in this virtual host",
    "rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'",
)


async def test_a_missing_virtual_host_is_told_as_such(good: ServerAddresses) -> None:
    url = f"{good.amqp_url.rpartition('/')[0]}/invented-{uuid4().hex}"
    assert await found_at(AMQP, replace(good, amqp_url=url)) == NO_ENTRY


async def test_a_user_who_may_not_enter_the_virtual_host_is_told_as_such(
    ground: Ground, good: ServerAddresses
) -> None:
    rabbit, name = ground.own_rabbit(), f"invented-{uuid4().hex[:8]}"
    rabbit.control("add_user", name, SECRET)
    try:
        assert await found_at(AMQP, replace(good, amqp_url=User(name, ground).url)) == NO_ENTRY
    finally:
        rabbit.control("delete_user", name)


@pytest.mark.parametrize(
    "permissions",
    [
        pytest.param(("^$", "^$", "^$"), id="nothing"),
        pytest.param(("^$", ".*", ".*"), id="all but make queues"),
        pytest.param((".*", ".*", "^$"), id="all but read"),
    ],
)
async def test_a_user_who_may_not_make_queues_is_told_so_by_install(
    permissions: tuple[str, str, str], user: User, good: ServerAddresses
) -> None:
    user.may(*permissions)
    assert await refused(replace(good, amqp_url=user.url)) == [NO_PERMISSION]


async def test_a_user_without_permissions_is_told_so_where_another_has_installed(
    user: User, good: ServerAddresses
) -> None:
    await install(good, [NOTES], QUEUES)
    user.may("^$", "^$", "^$")
    assert await looked(replace(good, amqp_url=user.url)) == [NO_PERMISSION]
    user.may(".*", ".*", ".*")
    assert await looked(replace(good, amqp_url=user.url)) == []


@pytest.mark.parametrize("name", ["esr.queue.por.split", "esr.queue.dead"])
async def test_a_queue_of_our_name_with_other_arguments_is_named_and_left_alone(
    name: str, good: ServerAddresses
) -> None:
    async with channel_to(good.amqp_url) as channel:
        await channel.declare_queue(name)  # a classic queue
        channel.publish("", name, BasicProperties(), b"of somebody else")
    finding = await found_at(AMQP, good)
    assert finding == Finding(
        AMQP,
        f"a queue exists with different arguments: {name}",
        "delete that queue once it is empty, or use a virtual host of its own",
    )
    assert await refused(good) == [finding]
    async with channel_to(good.amqp_url) as channel:
        assert await channel.declare_queue(name, passive=True) == 1


async def test_an_exchange_of_our_name_and_another_kind_is_named(good: ServerAddresses) -> None:
    async with channel_to(good.amqp_url) as channel:
        await channel.declare_exchange("esr", kind="fanout")
    finding = await found_at(AMQP, good)
    assert finding == Finding(
        AMQP,
        "an exchange exists with different arguments: esr",
        "delete that exchange, or use a virtual host of its own",
    )
    assert await refused(good) == [finding]


async def test_a_queue_that_another_connection_keeps_to_itself_is_named(good: ServerAddresses) -> None:
    with BlockingConnection(URLParameters(good.amqp_url)) as other:
        other.channel().queue_declare("esr.queue.por.split", exclusive=True)
        finding = await found_at(AMQP, good)
    assert finding.problem == "another connection uses the queue exclusively: esr.queue.por.split"
    assert finding.remedy == "end the program that holds it, or use a virtual host of its own"
