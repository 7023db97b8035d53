"""RabbitMQ's management API: what AMQP doesn't show. Read only, and optional."""

import asyncio
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import aiohttp
import msgspec

from tis_esr.engine.production.rabbitmq.topology import EXCHANGE
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.configured_stores import secret_text
from tis_esr.settings import Settings

SETTING: Final = "TIS_ESR_AMQP_MANAGEMENT_URL"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_OK, _NOT_FOUND, _FORBIDDEN = 200, 404, {401, 403}


class ManagementError(TisEsrError):
    """The management API does not answer as it should; ``reason`` says what happened."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(f"{SETTING}: {reason}")
        self.reason = reason


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A node of RabbitMQ; bytes."""

    name: str
    is_running: bool
    memory_alarm: bool = False
    disk_alarm: bool = False
    disk_free: int = 0
    disk_free_limit: int = 0
    partitions: list[str] = []


class Shovel(msgspec.Struct, frozen=True, kw_only=True):
    """A shovel of our virtual host: the queue or exchange that it takes messages from, and the one it moves them to."""

    name: str
    source: str
    destination: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of our virtual host: the names that it applies to, and what it sets."""

    name: str
    pattern: str
    apply_to: str
    sets: list[str]


class Binding(msgspec.Struct, frozen=True, order=True):
    """A binding of our exchange."""

    destination: str
    key: str


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """What the management API tells: ``queues`` of our virtual host with their messages."""

    nodes: list[Node]
    shovels: list[Shovel]
    policies: list[Policy]
    bindings: list[Binding]
    queues: dict[str, int]


def api_url(settings: Settings) -> str | None:
    """Return the address of the API without credentials; None if it is not set."""
    url = secret_text(settings.amqp_management_url)
    if settings.engine != "production" or url is None:
        return None
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}/api"


async def read(settings: Settings) -> Broker | None:
    """Return what the API tells; None if its address is not set. Raises ManagementError."""
    url = api_url(settings)
    if url is None:
        return None
    virtual_host = quote(_virtual_host(settings), safe="")
    paths = {
        "nodes": "/nodes",
        "shovels": f"/parameters/shovel/{virtual_host}",
        "policies": f"/policies/{virtual_host}",
        "bindings": f"/exchanges/{virtual_host}/{EXCHANGE}/bindings/source",
        "queues": f"/queues/{virtual_host}?columns=name,messages",
    }
    try:
        async with aiohttp.ClientSession(
            timeout=_TIMEOUT, headers={"Authorization": _login(settings)}
        ) as session:
            answers = await asyncio.gather(*(_get(session, url + path) for path in paths.values()))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise ManagementError(f"could not be read ({type(error).__name__})") from error
    try:
        return _broker(dict(zip(paths, answers, strict=True)))
    except (KeyError, TypeError, AttributeError) as error:
        raise ManagementError("answered what RabbitMQ does not") from error


async def _get(session: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    async with session.get(url, allow_redirects=False) as answer:
        if answer.status == _NOT_FOUND:
            return []
        if answer.status in _FORBIDDEN:
            raise ManagementError(
                "rejected the user, or it lacks the tag monitoring and access to the virtual host"
            )
        if answer.status != _OK:
            raise ManagementError(f"unexpected response {answer.status}")
        found = await answer.json()
        return found if isinstance(found, list) else [found]


def _broker(answers: dict[str, list[dict[str, Any]]]) -> Broker:
    return Broker(
        nodes=[_node(node) for node in answers["nodes"]],
        shovels=[_shovel(shovel) for shovel in answers["shovels"]],
        policies=[
            Policy(
                name=policy["name"],
                pattern=policy["pattern"],
                apply_to=policy["apply-to"],
                sets=sorted(policy["definition"]),
            )
            for policy in answers["policies"]
        ],
        bindings=sorted(
            Binding(binding["destination"], binding["routing_key"]) for binding in answers["bindings"]
        ),
        queues={queue["name"]: int(queue.get("messages", 0)) for queue in answers["queues"]},
    )


def _node(node: dict[str, Any]) -> Node:
    return Node(
        name=node["name"],
        is_running=bool(node.get("running", False)),
        memory_alarm=bool(node.get("mem_alarm", False)),
        disk_alarm=bool(node.get("disk_free_alarm", False)),
        disk_free=int(node.get("disk_free", 0)),
        disk_free_limit=int(node.get("disk_free_limit", 0)),
        partitions=list(node.get("partitions", [])),
    )


def _shovel(shovel: dict[str, Any]) -> Shovel:
    value = shovel["value"]
    return Shovel(
        name=shovel["name"],
        source=str(value.get("src-queue") or value.get("src-exchange") or value.get("src-address") or ""),
        destination=str(
            value.get("dest-queue") or value.get("dest-exchange") or value.get("dest-address") or ""
        ),
    )


def _virtual_host(settings: Settings) -> str:
    path = urlsplit(secret_text(settings.amqp_url) or "").path
    return unquote(path[1:]) or "/"


def _login(settings: Settings) -> str:
    """Return the header with the user and password of the API's address, by default those of AMQP."""
    for url in (secret_text(settings.amqp_management_url), secret_text(settings.amqp_url)):
        parts = urlsplit(url or "")
        if parts.username:
            return aiohttp.encode_basic_auth(unquote(parts.username), unquote(parts.password or ""))
    return aiohttp.encode_basic_auth("guest", "guest")
