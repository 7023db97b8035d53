"""Faults that were once in the product, put back one at a time: how many seeds until the simulation finds each.

python -m tests.simulation --put-back all [--count 1000]
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest.mock import patch

from tests.simulation.judge import judge

from tis_esr.engine.messages import Message
from tis_esr.engine.protocol import Stored
from tis_esr.engine.work import Work
from tis_esr.services import person_details, superseding, tis_positions
from tis_esr.services.attempts import Attempts

Patches = Iterable[Any]


def _older_news() -> Patches:
    """An older event of a position overtakes a newer one."""
    yield patch.object(superseding, "is_superseded", lambda _arriving, _known: False)


def _older_details() -> Patches:
    """An older group of rows overwrites what a newer one said of a person."""
    yield patch.object(person_details, "is_superseded", lambda _arriving, _known: False)


def _begun_twice() -> Patches:
    """A write is begun again while TCS may still act on the one before."""
    yield patch.object(Attempts, "must_wait", lambda *_: None)


def _not_looked_for() -> Patches:
    """An append that may have arrived is made again without a look."""
    yield patch.object(tis_positions, "_has_to_look", lambda *_: False)


def _no_late_news() -> Patches:
    """What is to be sent is not built again when a person's details change."""
    emit = Work.emit

    def without(work: Work, routing_key: str, body: Any, *, cause: Message, key: str = "") -> None:
        if routing_key != "person.changed":
            emit(work, routing_key, body, cause=cause, key=key)

    yield patch.object(Work, "emit", without)


def _last_look_counts() -> Patches:
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


FAULTS: dict[str, Callable[[], Patches]] = {
    "older-news": _older_news,
    "older-details": _older_details,
    "begun-twice": _begun_twice,
    "not-looked-for": _not_looked_for,
    "no-late-news": _no_late_news,
    "last-look-counts": _last_look_counts,
}


@contextlib.contextmanager
def put_back(name: str) -> Iterator[None]:
    """Have a fault in the product for as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        for fault in FAULTS[name]():
            stack.enter_context(fault)
        yield


def seeds_needed(name: str, most: int) -> tuple[int, str] | None:
    """Return how many seeds it takes until the fault breaks something that holds without it, and what; else None."""
    for seed in range(most):
        with put_back(name):
            found = judge(seed)
        kinds = {violation.kind for violation in found.violations}
        if not kinds:
            continue
        kinds -= {violation.kind for violation in judge(seed).violations}
        for violation in found.violations:
            if violation.kind in kinds:
                return seed + 1, f"{violation.kind}: {violation.sentence}"
    return None
