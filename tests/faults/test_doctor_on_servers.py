"""``doctor`` on servers in which the fault is real: foreign shovels and policies, members that are down, clocks, certificates."""

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from email.utils import formatdate
from pathlib import Path

import pymongo
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pika import BlockingConnection, URLParameters
from servers.__main__ import data
from servers.programs import one_at_a_time
from servers.running import DidNotStart, Mongo, Rabbit, own_port, remove
from tests.announced_process import announce
from tests.servers import Place, place

from tis_esr.engine.production.mongodb.schema import LEASES
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import Finding, install
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.doctor import (
    broker,
    certificates,
    clocks,
    disk,
    leases,
    management,
    permissions,
    replica_set,
    running,
)
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings

PLUGINS = ("rabbitmq_management", "rabbitmq_shovel")
DATABASE = "doctor_on_servers"


def problems(found: list[Finding]) -> list[str]:
    return [finding.problem for finding in found if not finding.is_note]


def on(amqp_url: str, mongodb_url: str = "mongodb://127.0.0.1:9/?replicaSet=rs0", **more: str) -> Settings:
    """Return the settings of the production engine on these servers."""
    return Settings(
        engine="production", amqp_url=amqp_url, mongodb_url=mongodb_url, mongodb_database=DATABASE, **more
    )


@pytest.fixture(scope="module")
def managed(worker_id: str) -> Iterator[tuple[Rabbit, Settings]]:
    """A RabbitMQ with the management plugin, on which everything is installed."""
    folder = data(f"doctor-rabbitmq-{worker_id}")
    with one_at_a_time():
        rabbit = Rabbit(folder, own_port(folder, 5741), PLUGINS)
        rabbit.start()
    url = rabbit.virtual_host("doctor")
    mongodb_url = place().mongodb_url
    addresses = Place(url, mongodb_url).addresses(database=DATABASE)
    asyncio.run(install(addresses, ALL_COLLECTIONS, queues(bindings_only())))
    yield rabbit, on(url, mongodb_url, amqp_management_url=rabbit.management_url)
    rabbit.stop()
    remove(folder)
    with pymongo.MongoClient[dict[str, object]](mongodb_url) as client:
        client.drop_database(DATABASE)


async def until(found: Callable[[], "asyncio.Future[list[str]]"], expected: str) -> list[str]:
    """Return what is found once it has an expected start: the API's statistics are some seconds old."""
    async with asyncio.timeout(40):
        while True:
            told = await found()
            if any(text.startswith(expected) for text in told):
                return told
            await asyncio.sleep(0.5)


# RabbitMQ.


async def test_a_broker_with_nothing_foreign_has_no_finding(managed: tuple[Rabbit, Settings]) -> None:
    _, settings = managed
    assert problems(await broker.check(settings)) == []
    found = await management.read(settings)
    assert found is not None
    assert [node.is_running for node in found.nodes] == [True]
    assert "esr.queue.asg.split" in found.queues


@pytest.mark.timeout(180)
async def test_a_foreign_shovel_policy_binding_and_queue_are_named(managed: tuple[Rabbit, Settings]) -> None:
    rabbit, settings = managed
    url = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
    rabbit.control(
        "set_parameter", "-p", "doctor", "shovel", "by-hand",
        '{"src-uri": "amqp://", "src-queue": "esr.queue.dead", "dest-uri": "amqp://", "dest-queue": "esr.dlq.2021.08.01"}',
    )  # fmt: skip
    rabbit.control("set_policy", "-p", "doctor", "ttl", "^esr", '{"message-ttl": 60000}')
    with closing(BlockingConnection(URLParameters(url))) as connection:
        channel = connection.channel()
        channel.queue_declare("esr.copy", durable=True)
        channel.queue_bind("esr.copy", "esr", "asg.split")
        channel.basic_publish("esr", "asg.split", b"{}")
    try:
        found = await until(
            lambda: asyncio.ensure_future(_problems_of(settings)),
            "the queue esr.copy is not ours and holds 1",
        )
    finally:
        rabbit.control("clear_parameter", "-p", "doctor", "shovel", "by-hand")
        rabbit.control("clear_policy", "-p", "doctor", "ttl")
        with closing(BlockingConnection(URLParameters(url))) as connection:
            for queue in ("esr.copy", "esr.dlq.2021.08.01"):
                connection.channel().queue_delete(queue)
            connection.channel().queue_purge("esr.queue.asg.split")
    assert "the shovel by-hand moves messages from esr.queue.dead to esr.dlq.2021.08.01" in found
    assert any(text.startswith("the policy ttl sets message-ttl on ") for text in found)
    assert "the exchange esr also sends asg.split to esr.copy, which no service reads" in found


async def _problems_of(settings: Settings) -> list[str]:
    return problems(await broker.check(settings))


@pytest.mark.timeout(180)
async def test_a_raised_alarm_is_named_with_its_node(managed: tuple[Rabbit, Settings]) -> None:
    rabbit, settings = managed
    rabbit.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        await until(lambda: asyncio.ensure_future(_problems_of(settings)), "the memory alarm of the node ")
    finally:
        rabbit.control("set_vm_memory_high_watermark", "absolute", "1GB")


async def test_a_wrong_password_of_the_management_api_is_a_finding_without_it(
    managed: tuple[Rabbit, Settings],
) -> None:
    rabbit, settings = managed
    wrong = rabbit.management_url.replace("guest:guest", "guest:invented")
    [finding] = await broker.check(
        on(settings.amqp_url.get_secret_value() if settings.amqp_url else "", amqp_management_url=wrong)
    )
    assert finding.problem.startswith("rejected the user")
    assert "invented" not in str(finding)


async def test_a_user_who_may_not_publish_is_named(managed: tuple[Rabbit, Settings]) -> None:
    rabbit, settings = managed
    assert await permissions.check(settings) == []
    rabbit.control("add_user", "reader", "invented")
    rabbit.control("set_permissions", "-p", "doctor", "reader", ".*", "^$", ".*")
    try:
        found = await permissions.check(on(f"amqp://reader:invented@127.0.0.1:{rabbit.port}/doctor"))
    finally:
        rabbit.control("delete_user", "reader")
    assert problems(found) == ["the user may not publish to the exchange esr, so no message reaches a queue"]


async def test_a_queue_that_takes_everything_is_named(managed: tuple[Rabbit, Settings]) -> None:
    _, settings = managed
    url = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
    with closing(BlockingConnection(URLParameters(url))) as connection:
        channel = connection.channel()
        channel.queue_declare("everything", durable=True)
        channel.queue_bind("everything", "esr", "#")
        try:
            found = await permissions.check(settings)
        finally:
            channel.queue_delete("everything")
    assert problems(found) == [
        "a queue takes every message of the exchange esr: somebody has bound it with #"
    ]


async def test_a_queue_without_a_consumer_is_named_with_its_service(managed: tuple[Rabbit, Settings]) -> None:
    _, settings = managed
    url = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
    with closing(BlockingConnection(URLParameters(url))) as connection:
        channel = connection.channel()
        for queue in queues(bindings_only()):
            if queue.name != "esr.queue.tis.change":
                channel.basic_consume(queue.name, lambda *_: None)
        await announce(settings, [name for name in running.queues_by_service() if name != "TisChanges"])
        found = await running.check(settings)
    assert problems(found) == ["no process runs TisChanges"]


# MongoDB.


async def test_leases_of_a_process_that_is_gone_are_named_once_they_are_long_over(
    managed: tuple[Rabbit, Settings],
) -> None:
    _, settings = managed
    mongodb_url = settings.mongodb_url.get_secret_value() if settings.mongodb_url else ""
    with pymongo.MongoClient[dict[str, object]](mongodb_url) as client:
        kept = client[DATABASE][LEASES]
        now = time.time()
        kept.insert_one({"_id": "live", "until": now + 20, "keys": ["q 1"]})
        kept.insert_one({"_id": "just over", "until": now - 5, "keys": ["q 2"]})
        assert await leases.check(settings) == []
        kept.insert_one({"_id": "orphaned", "until": now - 600, "keys": ["q 3", "q 4"]})
        try:
            [finding] = await leases.check(settings)
        finally:
            kept.delete_many({})
    assert finding.problem.startswith("2 messages are leased to a process that is gone")


@pytest.fixture(scope="module")
def two_members(worker_id: str) -> Iterator[tuple[Mongo, Mongo]]:
    """A replica set of two voting members."""
    folders = [data(f"doctor-mongodb-{number}-{worker_id}") for number in (1, 2)]
    with one_at_a_time():
        first = Mongo(folders[0], own_port(folders[0], 27161))
        first.start()
        second = Mongo(folders[1], own_port(folders[1], 27162))
        _start_as_member(second)
    with pymongo.MongoClient[dict[str, object]](first.url) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        member = {"_id": 1, "host": f"127.0.0.1:{second.port}", "priority": 0}
        config = {**config, "version": config["version"] + 1, "members": [*config["members"], member]}
        client.admin.command("replSetReconfig", config)
        _until_secondary(client)
    yield first, second
    for member in (first, second):
        member.kill()
        remove(member.folder)


def _start_as_member(mongo: Mongo) -> None:
    """Start a member that waits to be added: it is not initiated by itself."""
    become, mongo._become_primary = mongo._become_primary, lambda: None  # type: ignore[method-assign]
    try:
        mongo.start()
    finally:
        mongo._become_primary = become  # type: ignore[method-assign]


def _until_secondary(client: "pymongo.MongoClient[dict[str, object]]") -> None:
    end = time.monotonic() + 60
    while True:
        states = [member["stateStr"] for member in client.admin.command("replSetGetStatus")["members"]]
        if sorted(states) == ["PRIMARY", "SECONDARY"]:
            return
        if time.monotonic() > end:
            raise DidNotStart(f"the second member is not a secondary: {states}")
        time.sleep(0.2)


@pytest.mark.timeout(240)
async def test_a_replica_set_without_a_majority_is_named_with_the_member_that_is_down(
    two_members: tuple[Mongo, Mongo],
) -> None:
    first, second = two_members
    settings = on("amqp://127.0.0.1:9/", first.url)
    assert await replica_set.check(settings) == []
    second.kill()
    found = await until(
        lambda: asyncio.ensure_future(_problems_of_members(settings)), "the replica set rs0 has no primary"
    )
    assert found[0] == (
        "the replica set rs0 has no primary: 1 of 2 members are up, 2 votes elect one; nothing is handled"
    )
    assert found[1].startswith(f"the member 127.0.0.1:{second.port} of the replica set rs0 is ")


async def _problems_of_members(settings: Settings) -> list[str]:
    return problems(await replica_set.check(settings))


# Clocks and certificates.


def certificate(folder: Path, days: int) -> ssl.SSLContext:
    """Return the context of a server whose certificate expires in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "invented")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=100))
        .not_valid_after(now + dt.timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@asynccontextmanager
async def web_server(context: ssl.SSLContext | None = None, ahead: float = 0.0) -> AsyncIterator[int]:
    """Serve nothing on loopback, with a clock that is ahead; yields the port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=404, headers={"Date": formatdate(time.time() + ahead, usegmt=True)})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("days", "expected"), [(60, None), (12, "expires on "), (-3, "expired on ")])
async def test_a_certificate_about_to_expire_is_read_from_the_server(
    days: int, expected: str | None, tmp_path: Path
) -> None:
    async with web_server(certificate(tmp_path, days)) as port:
        found = await certificates.check(Settings(tcs_url=f"https://127.0.0.1:{port}/tcs"))
    assert [finding.setting for finding in found] == (["TIS_ESR_TCS_URL"] if expected else [])
    assert all(f"the certificate of 127.0.0.1:{port} {expected}" in finding.problem for finding in found)


async def test_a_server_that_can_not_be_reached_is_a_note() -> None:
    [finding] = await certificates.check(Settings(tcs_url="https://127.0.0.1:9/tcs"))
    assert (finding.is_note, finding.problem) == (
        True,
        "the certificate of 127.0.0.1:9 was not checked: it could not be reached",
    )


@pytest.mark.parametrize(("ahead", "expected"), [(0.0, 0), (90.0, 1), (-90.0, 1)])
async def test_a_clock_of_tcs_that_differs_is_named(ahead: float, expected: int) -> None:
    async with web_server(ahead=ahead) as port:
        found = await clocks.check(Settings(tcs_url=f"http://127.0.0.1:{port}/tcs"))
    assert len(problems(found)) == expected
    assert all(text.startswith("the clock of TCS is ") for text in problems(found))


async def test_the_clocks_and_disks_of_real_servers_are_read(managed: tuple[Rabbit, Settings]) -> None:
    _, settings = managed
    read, unread = await clocks.read(settings)
    assert ([clock.of for clock in read], unread) == (["MongoDB", "RabbitMQ"], [])
    assert all(abs(clock.ahead) - clock.uncertain < 2 for clock in read)
    volumes, not_read = await disk.read(settings)
    assert ("MongoDB's data" in [volume.of for volume in volumes], not_read) == (True, [])
