"""What may disturb a process from within the machine: its clock, its disk, and how messages are delivered."""

import itertools
import random
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any

import time_machine

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.rabbitmq.broker import Broker
from tis_esr.engine.production.rabbitmq.deliveries import ConsumerBuffer
from tis_esr.engine.protocol import Commit

_FAILING = {0, 3, 8, 15, 24, 35}
Happens = Callable[[str, int, str], None]


def prepared(job: dict[str, Any]) -> Happens:
    """Disturb this process as a job says; return what has to be told of each boundary.

    ``shuffled`` (seed): messages come in any order, on the production engine each of them twice.
    ``redone``: of each batch the first commit fails, after everything was done outside; so do a few commits
    of what no message asked for.
    ``jumps``: at (boundary, number, side) the wall clock jumps by so many seconds.
    ``disk_full``: at (boundary, number, side), or ("start",), no file may grow beyond so many bytes.
    """
    if "shuffled" in job:
        shuffle(random.Random(job["shuffled"]))
    if job.get("redone"):
        do_twice()
    jumps = {tuple(where): seconds for *where, seconds in job.get("jumps", ())}
    fills = {tuple(where): size for *where, size in job.get("disk_full", ())}

    def happens(*where: object) -> None:
        if where in jumps:
            time_machine.travel(time.time() + jumps[where]).start()
        if where in fills:
            resource.setrlimit(resource.RLIMIT_FSIZE, (fills[where], resource.RLIM_INFINITY))

    happens("start")
    return happens


def shuffle(order: random.Random) -> None:
    """Have messages come in an order of their own."""
    publish, take, claim = Broker.publish, ConsumerBuffer.take, EmbeddedEngine.claim

    async def published_twice(broker: Broker, messages: Sequence[Message]) -> list[Message]:
        doubled = order.sample([*messages, *messages], 2 * len(messages))
        confirmed = {(m.queue, m.id) for m in await publish(broker, doubled)}
        return [message for message in messages if (message.queue, message.id) in confirmed]

    def taken(inflow: ConsumerBuffer, limit: int, now: float) -> list[Message]:
        order.shuffle(inflow.waiting)
        return take(inflow, limit, now)

    async def claimed(engine: EmbeddedEngine, queue: str, limit: int) -> list[Message]:
        found = await claim(engine, queue, limit)
        order.shuffle(found)
        some = order.randint(1, len(found)) if found else 0
        await engine.release(found[some:], 0)
        return found[:some]

    Broker.publish = published_twice  # type: ignore[method-assign]  # the disturbance takes its place
    ConsumerBuffer.take = taken  # type: ignore[method-assign]  # the disturbance takes its place
    EmbeddedEngine.claim = claimed  # type: ignore[method-assign]  # the disturbance takes its place


def do_twice() -> None:
    """Have everything done once more after all of it was done outside: the first commit fails."""
    failed: set[str] = set()
    others = itertools.count()

    def once_more(commit: Commit) -> bool:
        if not commit.done:
            return next(others) in _FAILING
        new = {m.id for m in commit.done} - failed
        failed.update(new)
        return bool(new)

    def failing(engine: type[EmbeddedEngine | ProductionEngine]) -> None:
        original = engine.commit

        async def commit(self: Any, what: Commit) -> None:
            if once_more(what):
                raise TransientError("made to fail")
            await original(self, what)

        engine.commit = commit  # type: ignore[method-assign]  # the disturbance takes its place

    failing(EmbeddedEngine)
    failing(ProductionEngine)
