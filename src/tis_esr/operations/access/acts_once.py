"""Acts that a browser may send twice: each is done once, and the second time its first result is returned."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work

_TRIES: Final = 5


class ActDone(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one confirmation: who did which act when, and the result in words, without personal data."""

    token: str
    who: str
    act: str
    at: datetime
    result: str


ACTS_DONE = Collection("console.acts", ActDone, lambda done: done.token)


async def once(
    runner: Runner, token: str, who: str, act: str, do: Callable[[Work], Awaitable[str]]
) -> ActDone:
    """Do an act in one unit of work together with the note that it is done; with a token that is done, do nothing.

    ``do`` returns the result and commits nothing. It is repeated if something that it read changes meanwhile. Raises
    what it raises, then nothing is done; PatienceExhaustedError while the store is unavailable.
    """

    async def attempt() -> ActDone:
        work = runner.work()
        if done := (await work.get(ACTS_DONE, [token])).get(token):
            return done
        at = datetime.fromtimestamp(work.time(), UTC)
        done = ActDone(token=token, who=who, act=act, at=at, result=await do(work))
        work.put(ACTS_DONE, done)
        await work.commit()
        return done

    async def step() -> ActDone:
        for _ in range(_TRIES - 1):
            try:
                return await attempt()
            except ConflictError:
                continue
        return await attempt()

    return await runner.patiently(act, step)
