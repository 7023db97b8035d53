"""Keeps the request for a step alive while it is done, and stores how it ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import msgspec

from tis_esr.engine.faults import ConflictError
from tis_esr.engine.runner import Runner
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.procedures.step_runs import STEP_RUNS, StepRun

BEAT_SECONDS: Final = 15.0


class StepTakenError(TisEsrError):
    """The step of a ``run`` is another process's, or was requested again."""

    exit_code = Exit.USAGE

    def __init__(self, run: StepRun) -> None:
        super().__init__(f"{run.step} of {run.about} is being done by another process")
        self.run = run


@asynccontextmanager
async def kept_alive(runner: Runner, run: StepRun) -> AsyncIterator[None]:
    """Take the step, and say during the block, every few seconds, that it is being done.

    Raises StepTakenError if another process has begun it, or it was requested again since.
    """
    if not await runner.patiently("the step", partial(_taken, runner, run)):
        raise StepTakenError(run)
    beating = asyncio.create_task(_beat(runner, run))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def store_end(runner: Runner, run: StepRun, *, result: str = "", error: str = "") -> None:
    """Store how a step ended, unless it has been requested again since. Raises PatienceExhaustedError."""
    await runner.patiently("the step", partial(_changed, runner, run, ended=True, result=result, error=error))


async def _beat(runner: Runner, run: StepRun) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await runner.patiently("the step", partial(_changed, runner, run, ended=False))


async def _taken(runner: Runner, run: StepRun) -> bool:
    work = runner.work()
    known = (await work.get(STEP_RUNS, [run.key])).get(run.key)
    if known is None or known.begun_at != run.begun_at or known.is_taken or known.ended_at:
        return False
    work.put(STEP_RUNS, msgspec.structs.replace(known, is_taken=True, seen_at=work.time()))
    try:
        await work.commit()
    except ConflictError:
        return False
    return True


async def _changed(runner: Runner, run: StepRun, *, ended: bool, result: str = "", error: str = "") -> None:
    work = runner.work()
    known = (await work.get(STEP_RUNS, [run.key])).get(run.key)
    if known is None or known.begun_at != run.begun_at or known.ended_at:
        return
    now = work.time()
    changed = msgspec.structs.replace(known, seen_at=now)
    if ended:
        changed = msgspec.structs.replace(changed, ended_at=now, result=result, error=error)
    work.put(STEP_RUNS, changed)
    await work.commit()
