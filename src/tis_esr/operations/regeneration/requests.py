"""Requests that what was selected is reconciled with TIS, and generated, again: a bounded part at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import date
from functools import partial
from uuid import uuid4

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.parked.retrying import retry_all
from tis_esr.operations.reconciling import parked_since
from tis_esr.operations.regeneration.selection import Selection
from tis_esr.services.contracts.bodies import PlacementChanged, PostChanged
from tis_esr.services.day import request_comparison
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

POSTS_A_MESSAGE = 50
POSTS_A_PART = 500
"""The next part is requested when the positions of the one before are reconciled, so other work is not held up."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A part that was requested at ``asked_at``, the engine's time: the posts and NPNs whose positions it is about."""

    asked_at: float
    posts: list[int]
    numbers: list[str]
    deaneries: list[str] = []

    def left(self, open_reader: Callable[[], Reader]) -> int:
        """Return how many of its positions were not reconciled since."""
        with closing(open_reader()) as reader:
            return count(reader, self.posts, self.numbers, self.deaneries, Between(0.0, self.asked_at))


def count(
    reader: Reader, posts: list[int], numbers: list[str], deaneries: list[str], reconciled: Between
) -> int:
    """Return how many positions of these posts, NPNs and deaneries were last reconciled within a time."""
    conditions = (("post_id", posts), ("deanery_number", numbers), ("deanery", deaneries))
    return sum(
        reader.count(POSITIONS, {field: list(values), "reconciled_at": reconciled})
        for field, values in conditions
        if values
    )


def parts(selection: Selection) -> Iterator[Selection]:
    """Yield parts of a selection that are requested one after the other."""
    for start in range(0, max(1, len(selection.posts)), POSTS_A_PART):
        posts = selection.posts[start : start + POSTS_A_PART]
        if start:
            yield msgspec.structs.replace(
                selection, posts=posts, numbers=[], placements=[], deaneries=[], parked=[]
            )
        else:
            yield msgspec.structs.replace(selection, posts=posts)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages were requeued, how many positions could not be compared, and what was parked meanwhile."""

    requeued: int
    left: int
    parked: int


async def regenerate(
    runner: Runner,
    person: Person,
    selection: Selection,
    day: date,
    open_reader: Callable[[], Reader],
    finish: Callable[[Progress], Awaitable[None]],
) -> Done:
    """Requeue the messages of a selection, then request its parts, each when ``finish`` of the one before has returned.

    It is written to the audit with its result. Raises PatienceExhaustedError, and what ``finish`` raises.
    """
    async with audited(runner, person, "regenerate", selection.on) as act:
        begun = runner.engine.time()
        requeued = await retry_all(runner, person, selection.parked, "regenerate")
        left = 0
        for part in parts(selection):
            progress = await request(runner, part, day)
            await finish(progress)
            left += await asyncio.to_thread(progress.left, open_reader)
        with closing(open_reader()) as reader:
            parked = await asyncio.to_thread(parked_since, reader, begun)
        act.result = (
            f"posts: {len(selection.posts) + len(selection.numbers)}; deaneries: {len(selection.deaneries)};"
            f" messages requeued: {requeued}; positions not compared: {left}; messages parked: {parked}"
        )
    return Done(requeued=requeued, left=left, parked=parked)


async def request(runner: Runner, part: Selection, day: date) -> Progress:
    """Request a part, apart from its parked messages. Raises PatienceExhaustedError."""
    asked_at = runner.engine.time()
    occasion = uuid4().hex
    await runner.patiently("regenerate", partial(_sent, runner, part, occasion))
    if part.deaneries:
        await request_comparison(runner, day, part.deaneries, occasion=occasion)
    return Progress(asked_at=asked_at, posts=part.posts, numbers=part.numbers, deaneries=part.deaneries)


async def _sent(runner: Runner, part: Selection, occasion: str) -> None:
    work = runner.work()
    for start in range(0, len(part.posts), POSTS_A_MESSAGE):
        posts = part.posts[start : start + POSTS_A_MESSAGE]
        work.emit("post.changed", PostChanged(post_ids=posts), cause=_cause(occasion, posts))
    for number in part.numbers:
        work.emit("post.changed", PostChanged(post_ids=[], numbers=[number]), cause=_cause(occasion, number))
    for placement in part.placements:
        body = PlacementChanged(placement_id=placement)
        work.emit("placement.changed", body, cause=_cause(occasion, placement))
    await work.commit()


def _cause(occasion: str, about: object) -> Message:
    return Message(
        id=derived_id("regenerate", occasion, about),
        queue="",
        correlation_id=f"regenerate:{occasion[:12]}",
        source_file="",
        deanery="",
        row=0,
        body=b"",
    )
