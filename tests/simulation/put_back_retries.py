"""Faults of retries in the middle, as they were once in the product."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from unittest.mock import patch

import msgspec
from tests.simulation import deliveries
from tests.simulation.engine import SimEngine
from tests.simulation.store import SimStore

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.parts import Parts
from tis_esr.engine.protocol import Commit, Stored
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work
from tis_esr.services.inbound_data_reader import arrivals
from tis_esr.services.inbound_data_writer import tis_exports, tis_positions
from tis_esr.services.inbound_data_writer.attempts import Attempts, Bounds, Ended, OpenAttempt
from tis_esr.services.tcs_error_meanings import fault_of

Patches = Iterable[Any]


def begun_twice() -> Patches:
    """A write is begun again while TCS may still act on the one before."""
    yield patch.object(Attempts, "must_wait", lambda *_: None)


def not_looked_for() -> Patches:
    """An append that may have arrived is made again without a look."""
    yield patch.object(tis_positions, "_has_to_look", lambda *_: False)


def siblings_cancelled() -> Patches:
    """The first call that fails cancels those that are under way beside it."""

    async def cancelling(keys: Iterable[str], call: Callable[[str], Awaitable[Ended]]) -> dict[str, Ended]:
        asked = list(keys)

        async def one(key: str) -> Ended:
            ended = await call(key)
            if ended.error is not None:
                raise fault_of(ended.error)
            return ended

        tasks = [asyncio.ensure_future(one(key)) for key in asked]
        try:
            return dict(zip(asked, await asyncio.gather(*tasks), strict=True))
        finally:
            for task in tasks:
                task.cancel()

    yield patch.object(tis_positions, "each", cancelling)
    yield patch.object(tis_exports, "each", cancelling)


def attempt_not_saved_before() -> Patches:
    """That a call is about to be made is saved, but not for how long it may still arrive."""
    begin = Attempts.begin

    def at_once(attempts: Attempts, work: Work) -> Bounds:
        bounds = begin(attempts, work)
        return Bounds(msgspec.structs.replace(bounds.attempt, until=0.0), bounds.send_by)

    yield patch.object(Attempts, "begin", at_once)


_APPENDS = ("esr.queue.position.changed", "esr.queue.apprecord.exported.inbounddatawriter")


def batch_repeated() -> Patches:
    """One append that fails repeats the whole batch."""
    fail = Work.fail

    def failing(work: Work, message: Message, fault: Exception) -> None:
        if message.queue in _APPENDS:
            raise fault
        fail(work, message, fault)

    yield patch.object(Work, "fail", failing)


def success_trusted() -> Patches:
    """What this process saw succeed, or not begun, is not looked for before it is appended again."""
    must_wait, end, append = Attempts.must_wait, Attempts.end, Attempts.append
    succeeded: set[tuple[str, str]] = set()
    trusted: list[OpenAttempt] = []

    def ended(attempts: Attempts, bounds: Bounds, errors: Iterable[tuple[str, Any]]) -> None:
        known = list(errors)
        succeeded.update((bounds.attempt.id, key) for key, error in known if error is None)
        end(attempts, bounds, known)

    def waits(attempts: Attempts, work: Work, attempt: OpenAttempt | None, key: str, what: str) -> Any:
        if attempt is not None and (attempt.id, key) in succeeded:
            trusted.append(attempt)
        return must_wait(attempts, work, attempt, key, what)

    async def appended(
        attempts: Attempts,
        work: Work,
        bounds: Bounds,
        before: Any,
        look: Any,
        write: Any,
        *,
        look_first: bool,
    ) -> Ended:
        is_trusted = any(before is one for one in trusted)
        looks = look_first and not is_trusted
        return await append(attempts, work, bounds, before, look, write, look_first=looks)

    yield patch.object(Attempts, "end", ended)
    yield patch.object(Attempts, "must_wait", waits)
    yield patch.object(Attempts, "append", appended)


def parked_is_forgotten() -> Patches:
    """A commit in the middle forgets which messages were parked: the last one acknowledges them as done."""
    save = Work._save

    async def forgetting(work: Work, commit: Commit) -> None:
        await save(work, commit)
        work._parked.clear()

    yield patch.object(Work, "_save", forgetting)


def lost_part_acknowledged() -> Patches:
    """The messages of a part that lost its race are acknowledged."""
    fail = Work._lost

    def forgotten(work: Work, messages: Iterable[Message], conflict: ConflictError) -> None:
        fail(work, (), conflict)

    yield patch.object(Work, "_lost", forgotten)


def lost_part_sent() -> Patches:
    """What a part that lost its race emitted is sent all the same."""
    yield patch.object(Parts, "emitted", lambda parts: [message for _, message in parts._emitted])


def acknowledged_unseen() -> Patches:
    """The engine acknowledges a message that is parked already."""
    holds = SimEngine._holds

    def held(engine: SimEngine, message: Message) -> bool:
        return engine.store.entries[message.queue][message.id].state == "parked" or holds(engine, message)

    yield patch.object(SimEngine, "_holds", held)


def redriven_rows_pending() -> Patches:
    """The rows of a redriven message are pending, whether or not its handler accounts for them."""
    end_parking = SimStore.end_parking

    def pending(store: SimStore, queue: str, id_: str, discard: str | None) -> bool:
        entry = store.entries[queue][id_]
        places = [place for place, covers in store.covered.items() if entry.message.identity in covers]
        ended = end_parking(store, queue, id_, discard)
        for place in places if discard is None else ():
            row = store.accounted[place]
            store.accounted[place] = msgspec.structs.replace(row, state=RowState.PENDING)
        return ended

    yield patch.object(SimStore, "end_parking", pending)


def arrives_once() -> Patches:
    """A file's arrival has one id for ever."""
    announce = arrivals.announce

    def the_same(work: Work, files: Iterable[tuple[str, str]]) -> None:
        announce(work, ((name, "") for name, _ in files))

    yield patch.object(arrivals, "announce", the_same)
    yield patch.object(deliveries, "announce", the_same)


def no_id_by_hand() -> Patches:
    """Messages without an id share one."""
    yield patch.object(SimStore, "own_id", lambda _: "None")


def last_look_counts() -> Patches:
    """A second look at a document excuses a decision made on the first."""
    remember, get = Work._remember, Work.get

    def remembered(work: Work, collection: Any, stored: Iterable[Stored]) -> Any:
        found = list(stored)
        for document in found:
            work._versions.pop((collection.name, document.key), None)
        return remember(work, collection, found)

    async def got(work: Work, collection: Any, keys: Iterable[str]) -> Any:
        found = await get(work, collection, keys)
        for name in [name for name, version in work._versions.items() if version == 0]:
            del work._versions[name]
        return found

    yield patch.object(Work, "_remember", remembered)
    yield patch.object(Work, "get", got)
