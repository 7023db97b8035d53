"""The step of a guided procedure that was requested last: by whom, whether it is being done, and its result.

A procedure does one step at a time. The process that does it says every few seconds that it is alive; one that says
nothing for STALE_SECONDS has ended, and anybody may request the step again: each is repeated with the same outcome.
"""

from enum import StrEnum
from typing import Final
from uuid import uuid4

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.audit.trail import Person, record

STALE_SECONDS: Final = 90.0


class Procedure(StrEnum):
    """The guided procedures."""

    RECOVERY = "recovery"
    REGION = "region"
    FULL_FILE = "full-file"


class RunState(StrEnum):
    """Whether the step is being done, or how it ended."""

    RUNNING = "RUNNING"
    INTERRUPTED = "INTERRUPTED"
    FAILED = "FAILED"
    DONE = "DONE"


class StepRun(msgspec.Struct, frozen=True, kw_only=True):
    """One request for a step. ``about`` is the outage or the deanery, ``text`` what the step does, ``result`` what it did.

    ``full`` are the deaneries that a recovery makes a DNF of, ``again`` repeats a DNF that has nothing new; ``occasion`` is
    what that DNF is for: one that is requested again after an interruption has the same. Times are by the engine's clock; ``is_taken`` says that a process has begun it; ``error`` why it failed, without personal data.
    """

    procedure: Procedure
    about: str
    step: str
    text: str
    who: str
    via: str
    full: list[str] = []
    again: bool = False
    occasion: str = ""
    begun_at: float = 0.0
    seen_at: float = 0.0
    is_taken: bool = False
    ended_at: float = 0.0
    result: str = ""
    error: str = ""

    @property
    def key(self) -> str:
        """Return what identifies the procedure."""
        return run_key(self.procedure, self.about)

    @property
    def person(self) -> Person:
        """Return who requested it."""
        return Person(self.who, self.via)

    def state(self, now: float) -> RunState:
        """Return its state at a moment of the engine's clock."""
        if self.ended_at:
            return RunState.FAILED if self.error else RunState.DONE
        return RunState.RUNNING if now - self.seen_at < STALE_SECONDS else RunState.INTERRUPTED


STEP_RUNS = Collection("operations.step_runs", StepRun, lambda run: run.key)


class StepRunningError(TisEsrError):
    """A step of this procedure is being done already; ``who`` requested it."""

    exit_code = Exit.USAGE

    def __init__(self, who: str) -> None:
        super().__init__(f"a step that {who} requested is being done; wait until it has ended")
        self.who = who


def run_key(procedure: Procedure, about: str) -> str:
    """Return the key of a procedure's last request."""
    return f"{procedure}:{about}"


async def request_step(work: Work, run: StepRun, why: str) -> None:
    """Store the request for a step, with its entry in the audit. Raises StepRunningError; commits nothing."""
    known = (await work.get(STEP_RUNS, [run.key])).get(run.key)
    now = work.time()
    if known is not None and known.state(now) is RunState.RUNNING:
        raise StepRunningError(known.who)
    occasion = _occasion(known, run, now) or uuid4().hex
    work.put(STEP_RUNS, msgspec.structs.replace(run, occasion=occasion, begun_at=now, seen_at=now))
    await record(
        work, run.person, f"{run.procedure}.step", [run.about], why=why, result=f"requested {run.step}"
    )


def _occasion(known: StepRun | None, run: StepRun, now: float) -> str:
    """Return the occasion of the last request if this one repeats it, because it did not end well; else ""."""
    is_repeated = known is not None and (known.step, known.again) == (run.step, run.again)
    return (
        known.occasion if known is not None and is_repeated and known.state(now) is not RunState.DONE else ""
    )
