"""The engine of one simulated process: the promises of the production engine, and nothing more.

Any message of a queue may come next, in batches cut anywhere; a process that stalls loses its messages to
another one; a call may fail before its effect, or after it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, TypeVar

import msgspec
from tests.simulation.chance import Chance
from tests.simulation.loop import SimLoop
from tests.simulation.store import Entry, LeaseLostError, SimStore
from tests.simulation.trouble import Trouble

from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Commit, Depths, Standing, Stored
from tis_esr.engine.row_accounting import Row, RowState

T = TypeVar("T")
LEASE_SECONDS = 30.0
_LONGEST_WAIT = 600.0


class SimEngine:
    """See the module. ``alone`` names the queues that one process at a time may read.

    Without ``random`` it is calm: nothing fails, takes time or comes out of order. ``slowness`` is how many
    times longer than others' its calls take.
    """

    def __init__(
        self,
        store: SimStore,
        loop: SimLoop,
        chance: Chance,
        random: Random | None = None,
        *,
        alone: frozenset[str] = frozenset(),
        trouble: Trouble | None = None,
        slowness: float = 1.0,
        disorder: bool = True,
    ) -> None:
        self.store = store
        self._loop = loop
        self._chance = chance
        self._random = random
        self._alone = alone
        self._trouble = trouble or Trouble()
        self._slowness = slowness
        self._disorder = disorder
        self._claims: dict[str, set[Identity]] = {}
        self._changed: dict[str, asyncio.Event] = {}

    async def renew(self) -> None:
        """Keep the leases of what is being handled for as long as this process lives and isn't frozen."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            until = self._loop.time() + LEASE_SECONDS
            for claim, held in self._claims.items():
                for queue, id_ in held:
                    entry = self.store.entries[queue][id_]
                    if entry.holder == claim:
                        entry.until = until
            for queue, (reader, _) in list(self.store.readers.items()):
                if reader is self:
                    self.store.readers[queue] = (self, until)

    async def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        """See Engine.get."""
        return await self._call("read", lambda: self.store.get(collection, keys))

    async def find(
        self, collection: Collection[Any], where: Where, order_by: Sequence[str], limit: int | None
    ) -> list[Stored]:
        """See Engine.find."""
        return await self._call("read", lambda: self.store.find(collection, where, order_by, limit))

    async def commit(self, commit: Commit) -> None:
        """See Engine.commit."""
        await self._call("commit", lambda: self._commit(commit))
        self._forget([*commit.done, *(message for message, *_ in commit.parked)])

    def _commit(self, commit: Commit) -> None:
        finished = [*commit.done, *(message for message, *_ in commit.parked)]
        about = [*commit.done, *commit.held, *(message for message, *_ in commit.parked if message.claim)]
        for message in about:
            if not self._holds(message):
                self._loop.note(f"commit about {_named([message])} on {message.queue}: the lease was lost")
                raise LeaseLostError
        until = self._loop.time() + LEASE_SECONDS
        for message in commit.held:
            self.store.entries[message.queue][message.id].until = until
        self.store.commit(commit)
        if finished:
            self._loop.note(
                f"commit {finished[0].queue} done {_named(commit.done)}"
                f" parked {_named(message for message, *_ in commit.parked)} sent {len(commit.messages)}"
            )
        elif commit.puts or commit.messages:
            self._loop.note(f"commit {len(commit.puts)} documents, sent {_named(commit.messages)}")

    async def claim(self, queue: str, limit: int) -> list[Message]:
        """See Engine.claim."""
        return await self._call("claim", lambda: self._claim(queue, limit), self._keep)

    def _claim(self, queue: str, limit: int) -> list[Message]:
        now = self._loop.time()
        waiting = self.store.open.get(queue)
        if not waiting or not self._may_read(queue, now):
            return []
        free = [entry for entry in waiting.values() if _is_free(entry, now)]
        if not free:
            return []
        if self._random is not None and self._disorder:
            self._random.shuffle(free)
            if self._random.random() < 0.5:
                free = free[: self._random.randint(1, len(free))]
        self.store.claims += 1
        name = f"claim {self.store.claims}"
        claimed = [self._hand_out(entry, name, now) for entry in free[:limit]]
        self._loop.note(f"claim {queue} {_named(claimed)}")
        return claimed

    def _may_read(self, queue: str, now: float) -> bool:
        if queue not in self._alone:
            return True
        reader, until = self.store.readers.get(queue, (self, 0.0))
        if reader is not self and until >= now:
            return False
        self.store.readers[queue] = (self, now + LEASE_SECONDS)
        return True

    def _hand_out(self, entry: Entry, claim: str, now: float) -> Message:
        if entry.holder is not None:
            entry.deaths += 1
        entry.holder, entry.until = claim, now + LEASE_SECONDS
        entry.attempts += 1
        return msgspec.structs.replace(
            entry.message, attempts=entry.attempts, deaths=entry.deaths, claim=claim
        )

    def _keep(self, claimed: list[Message]) -> None:
        for message in claimed:
            self._claims.setdefault(message.claim, set()).add(message.identity)

    def _holds(self, message: Message) -> bool:
        """Say whether this process still has a message by the claim that it came with."""
        entry = self.store.entries[message.queue][message.id]
        return message.identity in self._claims.get(message.claim, ()) and entry.holder == message.claim

    def _forget(self, messages: Iterable[Message]) -> None:
        for message in messages:
            held = self._claims.get(message.claim, set())
            held.discard(message.identity)
            if not held:
                self._claims.pop(message.claim, None)

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """See Engine.release. Where the store can't be reached the leases run out by themselves."""
        given = list(messages)
        with contextlib.suppress(TransientError):
            await self._call("release", lambda: self._release(given, delay))
        self._forget(given)

    def _release(self, messages: Sequence[Message], delay: float) -> None:
        now = self._loop.time()
        for message in filter(self._holds, messages):
            entry = self.store.entries[message.queue][message.id]
            entry.holder, entry.at = None, now + delay
        if messages:
            self._loop.note(f"release {messages[0].queue} {_named(messages)} for {delay:.1f} s")
        self.store.wake({message.queue for message in messages})

    async def next_ready(self, queues: Sequence[str]) -> float | None:
        """See Engine.next_ready."""
        now = self._loop.time()
        moments = [_free_from(e, now) for queue in queues for e in self.store.open.get(queue, {}).values()]
        return max(0.0, min(moments) - now) if moments else None

    async def wait(self, queue: str, seconds: float) -> None:
        """See Engine.wait. Where nothing can have come it waits on, so that idle hours cost no steps."""
        changed = self._changed.get(queue)
        if changed is None:
            changed = self._changed[queue] = asyncio.Event()
            self.store.watchers.setdefault(queue, []).append(changed)
        now = self._loop.time()
        moments = [_free_from(e, now) for e in self.store.open.get(queue, {}).values()]
        if queue in self._alone and queue in self.store.readers:
            moments = [max(moment, self._reader_until(queue)) for moment in moments]
        until = min(moments, default=now + _LONGEST_WAIT)
        changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.001, until - now)):
                await changed.wait()

    def _reader_until(self, queue: str) -> float:
        reader, until = self.store.readers[queue]
        return 0.0 if reader is self else until + 0.001

    async def replay(self, parked: Iterable[tuple[str, str]]) -> int:
        """See Engine.replay."""
        return sum(self.store.end_parking(queue, id_, None) for queue, id_ in parked)

    async def discard(self, parked: Iterable[tuple[str, str]], reason: str) -> int:
        """See Engine.discard."""
        return sum(self.store.end_parking(queue, id_, reason) for queue, id_ in parked)

    async def row_states(self, file: str) -> dict[RowState, int]:
        """See Engine.row_states."""
        states = Counter(row.state for (name, _), row in self.store.rows().items() if name == file)
        return await self._call("read", lambda: dict(states))

    async def outcomes(self, file: str, after: int, limit: int) -> list[Row]:
        """See Engine.outcomes."""
        return await self._call("read", lambda: self._outcomes(file, after)[:limit])

    def _outcomes(self, file: str, after: int) -> list[Row]:
        return [row for (name, n), row in sorted(self.store.rows().items()) if name == file and n > after]

    async def rows_at(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """See Engine.rows_at."""
        wanted = set(places)
        return await self._call(
            "read", lambda: [row for place, row in self.store.rows().items() if place in wanted]
        )

    async def standing(self, messages: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
        """Return nothing: no batch runs in a simulated schedule."""
        return {}

    async def unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        """See Engine.unfinished."""
        return await self._call("read", lambda: self._unfinished(files, queues))

    def _unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        found = {
            queue: sum(
                entry.message.source_file.startswith(files)
                for entry in self.store.open.get(queue, {}).values()
            )
            for queue in queues
        }
        return {queue: number for queue, number in found.items() if number}

    async def depths(self) -> Depths:
        """See Engine.depths."""
        return Depths(
            queues={queue: (len(found), 0.0) for queue, found in self.store.open.items()}, parked={}
        )

    async def trouble(self) -> str:
        """See Engine.trouble."""
        return ""

    def time(self) -> float:
        """See Engine.time: a right clock, whatever the process's own shows."""
        return self._loop.since_1970()

    async def _call(
        self, kind: str, effect: Callable[[], T], on_answer: Callable[[T], None] = lambda _: None
    ) -> T:
        """Take time, have the effect, take time; fail before or after it."""
        if self._random is None:
            result = effect()
            on_answer(result)
            return result
        fault = self._fault(kind)
        await asyncio.sleep(self._latency())
        if fault == "before":
            raise TransientError(f"the store could not be reached: {kind}")
        result = effect()
        if fault == "after" or self._random.random() < 0.3:
            await asyncio.sleep(self._latency())
        if fault == "after":
            raise TransientError(f"the store gave no answer: {kind}")
        on_answer(result)
        return result

    def _fault(self, kind: str) -> str:
        if not self._trouble.is_on(self._loop):
            return ""
        draw = self._chance.strikes(f"store.{kind}", self._trouble.store_rate)
        if draw is None:
            return ""
        side = draw.one_of("before", "after")
        self._chance.note(draw.name, f"{kind} fails {side} its effect")
        self._loop.note(f"{draw.name}: {kind} fails {side} its effect")
        return side

    def _latency(self) -> float:
        assert self._random is not None
        usual = 0.001 + 0.01 * self._random.random()
        return (usual if self._random.random() < 0.95 else usual * 100) * self._slowness


def _is_free(entry: Entry, now: float) -> bool:
    return entry.until < now if entry.holder is not None else entry.at <= now


def _free_from(entry: Entry, now: float) -> float:
    return entry.until + 0.001 if entry.holder is not None else entry.at


def _named(messages: Iterable[Message]) -> str:
    return " ".join(f"{message.correlation_id}/{message.id[:4]}" for message in messages) or "nothing"
