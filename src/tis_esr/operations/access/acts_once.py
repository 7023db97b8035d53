"""Acts that a browser may send twice: each is done once, and the second time its first result is returned."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.audit.trail import newest

_TRIES: Final = 5


class ActDone(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one confirmation: who did which act when, and the result in words, without personal data.

    ``result`` is "" while an act of several units of work goes on, and for one whose process ended meanwhile.
    """

    token: str
    who: str
    act: str
    at: datetime
    result: str


ACTS_DONE = Collection("console.acts", ActDone, lambda done: done.token)


class UnauditedActError(TisEsrError):
    """An act of a page that wrote no entry of the audit: a fault of its code, so it does not take effect."""

    def __init__(self, act: str) -> None:
        super().__init__(f"{act} wrote no entry of the audit; nothing was done")
        self.act = act


async def once(
    runner: Runner, token: str, who: str, act: str, do: Callable[[Work], Awaitable[str]]
) -> ActDone:
    """Do an act in one unit of work together with the note that it is done; with a token that is done, do nothing.

    ``do`` writes its entry of the audit, returns the result and commits nothing. It is repeated if something that it
    read changes meanwhile. Raises what it raises, then nothing is done; UnauditedActError; PatienceExhaustedError while
    the store is unavailable.

    What ``do`` refuses because the same form, sent at the same moment, has done it meanwhile is no refusal.
    """

    async def attempt() -> ActDone:
        work = runner.work()
        if done := await _found(work, token):
            return done
        before = (await newest(work)).number
        try:
            result = await do(work)
        except Exception:
            if done := await _found(runner.work(), token):
                return done
            raise
        done = _noted(work, token, who, act, result)
        if (await newest(work)).number == before:
            raise UnauditedActError(act)
        await work.commit()
        return done

    return await runner.patiently(act, lambda: _repeated(attempt))


async def once_in_steps(
    runner: Runner, token: str, who: str, act: str, do: Callable[[Runner], Awaitable[str]]
) -> ActDone:
    """Do an act that commits several units of work of its own; with a token that was begun, do nothing.

    That it begins is stored first. What ``do`` refuses, by an error with the exit code USAGE and before its first unit of
    work, was not begun; after any other error the token stays used, as part of it may be done.
    """
    is_first = False

    async def begin() -> ActDone:
        nonlocal is_first
        work = runner.work()
        if done := await _found(work, token):
            return done
        done = _noted(work, token, who, act, "")
        await work.commit()
        is_first = True
        return done

    async def note(result: str | None) -> ActDone | None:
        work = runner.work()
        found = (await work.get(ACTS_DONE, [token]))[token]
        if result is None:
            work.remove(ACTS_DONE, found)
        else:
            found = msgspec.structs.replace(found, result=result)
            work.put(ACTS_DONE, found)
        await work.commit()
        return found

    begun = await runner.patiently(act, lambda: _repeated(begin))
    if not is_first:
        return begun
    try:
        result = await do(runner)
    except TisEsrError as error:
        if error.exit_code is Exit.USAGE:
            await runner.patiently(act, lambda: note(None))
        raise
    return await runner.patiently(act, lambda: note(result)) or begun


async def _found(work: Work, token: str) -> ActDone | None:
    return (await work.get(ACTS_DONE, [token])).get(token)


def _noted(work: Work, token: str, who: str, act: str, result: str) -> ActDone:
    at = datetime.fromtimestamp(work.time(), UTC)
    done = ActDone(token=token, who=who, act=act, at=at, result=result)
    work.put(ACTS_DONE, done)
    return done


async def _repeated(attempt: Callable[[], Awaitable[ActDone]]) -> ActDone:
    for _ in range(_TRIES - 1):
        try:
            return await attempt()
        except ConflictError:
            continue
    return await attempt()
