"""Records the beginning and the end of an act that takes many units of work: there is no part of it without its entry."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from tis_esr.engine.runner import Runner
from tis_esr.errors import TisEsrError
from tis_esr.operations.audit.trail import Person, record

BEGUN: Final = "begun"
_END_SECONDS: Final = 10.0
"""How long the entry of a failure is attempted: what failed may be the store that it is written to."""


@dataclass
class Outcome:
    """What an act has done, in words without personal data; the act sets it before it ends."""

    result: str = "done"


@asynccontextmanager
async def audited(
    runner: Runner, person: Person, act: str, on: Sequence[str] = (), *, why: str = ""
) -> AsyncIterator[Outcome]:
    """Write an entry before the block begins, and one with its result when it has ended, also where it fails.

    An act whose process is killed has the first entry alone. Raises PatienceExhaustedError.
    """

    async def write(result: str) -> None:
        work = runner.work()
        await record(work, person, act, on, why=why, result=result)
        await work.commit()

    await runner.patiently("the audit", lambda: write(BEGUN))
    outcome = Outcome()
    try:
        yield outcome
    except (Exception, asyncio.CancelledError) as error:
        result = _failure(error)
        with suppress(TisEsrError, TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await runner.patiently("the audit", lambda: write(result))
        raise
    await runner.patiently("the audit", lambda: write(outcome.result))


def _failure(error: BaseException) -> str:
    """Return how an act failed; only our own errors have texts that are known to be without personal data."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, asyncio.CancelledError):
        return "interrupted"
    return f"failed: {error if isinstance(error, TisEsrError) else type(error).__name__}"
