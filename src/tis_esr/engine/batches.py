"""Handles a batch: it is narrowed down to the faulty message, which alone is retried or parked."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from tis_esr.engine.envelope import PARKING_DEATHS, Identity, Message
from tis_esr.engine.faults import ConflictError, PermanentError, RetryLimitedError, TransientError
from tis_esr.engine.handlers import Handler, Observer
from tis_esr.engine.message_traces import Attempt
from tis_esr.engine.pauses import pause_after
from tis_esr.engine.protocol import Engine, Parking
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause

_log = structlog.get_logger()

SUSPECT_ATTEMPTS = 5
_CONFLICTS = 6
_CONFLICT_PAUSE = 0.1
_COUNTED = 10_000


@dataclass(frozen=True)
class Outcome:
    """The outcome of a batch: whether any message was done or parked, and the error that prevented others.

    ``pauses`` says whether the error may affect the next batch too, so that the queue pauses.
    """

    progress: bool = False
    trouble: TransientError | None = None
    pauses: bool = True

    def __or__(self, other: "Outcome") -> "Outcome":
        """Return the combined outcome."""
        troubled = [outcome for outcome in (self, other) if outcome.trouble is not None]
        worst = max(troubled, key=_gravity, default=self)
        return Outcome(self.progress or other.progress, worst.trouble, worst.pauses)


class Batches:
    """Handles batches of any queue; ``handled`` counts the messages that were done or parked."""

    def __init__(self, engine: Engine, begin: Callable[[Sequence[Message]], Work], observe: Observer) -> None:
        self.handled = 0
        self._engine, self._begin, self._observe = engine, begin, observe
        self._suspicions, self._failures = _Tally(), _Tally()

    async def handle(self, handler: Handler, messages: Sequence[Message]) -> Outcome:
        """Handle a claim; a message that may be faulty is handled alone, last."""
        alone = [m for m in messages if m.is_isolated or self._suspicions.of(m)]
        if not alone:
            return await self._handle(handler, messages)
        kept = {message.identity for message in alone}
        together = [message for message in messages if message.identity not in kept]
        return await self._in_parts(handler, [together, *([message] for message in alone)])

    async def _in_parts(self, handler: Handler, parts: Iterable[Sequence[Message]]) -> Outcome:
        """Handle parts of a claim one after the other; on an error those that were not begun are released."""
        left = [part for part in parts if part]
        outcome = Outcome()
        try:
            while left:
                outcome |= await self._handle(handler, left.pop(0))
        except BaseException:
            await self._engine.release([message for part in left for message in part], 0)
            raise
        return outcome

    async def _handle(self, handler: Handler, messages: Sequence[Message], conflicts: int = 0) -> Outcome:
        """Handle a batch as one unit of work.

        A faulty batch is halved until the faulty message is isolated; that one is parked. One that lost a race for a
        document is retried at once, which also ends repeated collisions of two readers.
        """
        attempt = Attempt(handler.queue, messages)
        trial = _Trial(handler.queue, attempt, self._observe)
        if messages[0].deaths >= PARKING_DEATHS:
            return await self._settle([(messages[0], _deadly(messages[0].deaths))], trial)
        work = self._begin(messages)
        try:
            with attempt.block():
                await handler.run(work, messages)
                await work.commit(messages)
        except asyncio.CancelledError:
            left = work.left(messages)
            self._over([], messages, left, trial)
            attempt.ended("released", left)
            await self._engine.release(left, 0)
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, it must not cost the neighbours
            left = work.left(messages)
            over = self._over([], messages, left, trial)
            if not left:
                _log.warning("failed_after_all_was_parked", queue=handler.queue, reason=_describe(fault))
                return over
            if isinstance(fault, TransientError):
                return over | await self._trouble(handler, fault, left, conflicts, trial)
            if len(messages) == 1:
                return await self._settle([(messages[0], fault)], trial)
            attempt.ended("retried", left)
            middle = len(left) // 2
            again = _once_more(left)  # what was called outside may have happened
            return over | await self._in_parts(handler, [again[:middle], again[middle:]])
        over = self._over(work.done(messages), messages, work.left(messages), trial)
        return over | await self._settle(work.failed(messages), trial)

    async def _trouble(
        self,
        handler: Handler,
        fault: TransientError,
        messages: Sequence[Message],
        conflicts: int,
        trial: "_Trial",
    ) -> Outcome:
        """Retry after a conflict, a few times at once; release the messages after any other transient error."""
        if isinstance(fault, ConflictError):
            trial.ended("conflict", messages)
            if conflicts < _CONFLICTS:
                return await self._handle(handler, _once_more(messages), conflicts + 1)
        else:
            _log.info("paused", queue=handler.queue, messages=len(messages), reason=fault.reason)
            trial.ended("released", messages)
        await self._engine.release(messages, 0)
        return Outcome(trouble=fault)

    def _over(
        self, done: Sequence[Message], messages: Sequence[Message], left: Sequence[Message], trial: "_Trial"
    ) -> Outcome:
        """Record the messages that have left the queue: those done and those parked."""
        kept = {message.identity for message in left}
        parked = [message for message in messages if message.identity not in kept]
        for outcome, some in (("done", done), ("parked", parked)):
            if some:
                trial.ended(outcome, some)
        self._forget([*done, *parked])
        return Outcome(progress=bool(done or parked))

    async def _settle(self, failed: Iterable[tuple[Message, Exception]], trial: "_Trial") -> Outcome:
        """Release or park messages that failed while others did not, each according to its own fault."""
        again: dict[tuple[str, float], list[Message]] = {}
        parked: list[Parking] = []
        outcome = Outcome()
        for message, fault in failed:
            if isinstance(fault, ConflictError):
                again.setdefault(("conflict", _CONFLICT_PAUSE), []).append(message)
            elif isinstance(fault, TransientError):
                times = 0 if fault.expected else self._failures.count(message)
                pause = _rounded(max(fault.retry_after, pause_after(max(1, times))))
                again.setdefault(("released", pause), []).append(message)
                trouble = fault if fault.expected else TransientError(fault.reason)
                outcome |= Outcome(trouble=trouble, pauses=times == 1)
            elif isinstance(fault, RetryLimitedError) and self._suspicions.of(message) < SUSPECT_ATTEMPTS - 1:
                pause = 0.2 * 2 ** self._suspicions.count(message)
                again.setdefault(("retried", pause), []).append(message)
            else:
                parked.append(_parking(message, fault))
        if outcome.trouble is not None and not outcome.trouble.expected:
            number = sum(len(some) for (end, _), some in again.items() if end == "released")
            _log.info("retried_later", messages=number, reason=outcome.trouble.reason)
        left = [*again.items()]
        try:
            while left:
                (end, pause), messages = left.pop(0)
                await self._engine.release(messages, pause)
                trial.ended(end, messages)
            return outcome | await self._park(parked, trial)
        except BaseException:
            unsettled = [message for _, some in left for message in some]
            unsettled += [message for message, *_ in parked]
            trial.attempt.ended("released", unsettled)
            await self._engine.release(unsettled, 0)
            raise

    async def _park(self, parked: Sequence[Parking], trial: "_Trial") -> Outcome:
        if not parked:
            return Outcome()
        messages = [message for message, *_ in parked]
        work = self._begin(messages)
        for message, reason, cause in parked:
            work.park(message, reason, cause)
        try:
            await work.commit()
        except TransientError as trouble:
            await self._engine.release(messages, 0)
            trial.ended("released", messages)
            return Outcome(trouble=trouble)
        for message, reason, cause in parked:
            named = {"queue": message.queue, "correlation_id": message.correlation_id}
            with trial.attempt.about(message):
                _log.warning("parked", **named, cause=cause.value, reason=reason)
        self._forget(messages)
        trial.ended("parked", messages)
        return Outcome(progress=True)

    def _forget(self, messages: Sequence[Message]) -> None:
        """Count messages that have left the queue, and discard their failure counts."""
        self.handled += len(messages)
        for tally in (self._suspicions, self._failures):
            tally.forget(messages)


@dataclass(frozen=True)
class _Trial:
    """One attempt at a batch, whose outcome is recorded and observed."""

    queue: str
    attempt: Attempt
    observe: Observer
    started: float = field(default_factory=time.perf_counter)

    def ended(self, outcome: str, messages: Sequence[Message]) -> None:
        self.attempt.ended(outcome, messages)
        self.observe(self.queue, outcome, messages, time.perf_counter() - self.started)


class _Tally:
    """How often messages failed in this process, in memory; the oldest are discarded if there are too many."""

    def __init__(self) -> None:
        self._times: dict[Identity, int] = {}

    def of(self, message: Message) -> int:
        return self._times.get(message.identity, 0) if self._times else 0

    def count(self, message: Message) -> int:
        times = self._times.pop(message.identity, 0) + 1
        self._times[message.identity] = times
        if len(self._times) > _COUNTED:
            del self._times[next(iter(self._times))]
        return times

    def forget(self, messages: Iterable[Message]) -> None:
        if self._times:
            for message in messages:
                self._times.pop(message.identity, None)


def _gravity(outcome: Outcome) -> tuple[bool, bool, float]:
    """Order transient errors: expected waits last, the longer one of two first."""
    fault = outcome.trouble
    return (False, False, 0.0) if fault is None else (not fault.expected, outcome.pauses, fault.retry_after)


def _rounded(seconds: float) -> float:
    """Return a slightly longer pause, so that messages with nearly the same one are released together."""
    return math.ceil(seconds * 10) / 10


def _once_more(messages: Sequence[Message]) -> list[Message]:
    return [msgspec.structs.replace(message, attempts=message.attempts + 1) for message in messages]


def _deadly(deaths: int) -> PermanentError:
    return PermanentError(
        f"the process ended {deaths} times while it handled this message, in the last of them alone;"
        " check the memory limit and the log of the process, then requeue it (tis-esr parked retry)",
        ParkingCause.PROCESS_ENDED,
    )


def _parking(message: Message, fault: Exception) -> Parking:
    """Return the parking of a message that failed; what is not classified is an error of this program."""
    if isinstance(fault, RetryLimitedError):
        return Parking(message, fault.reason, fault.cause)
    if isinstance(fault, PermanentError):
        return Parking(message, _describe(fault), fault.cause)
    unreadable = isinstance(fault, msgspec.DecodeError)
    cause = ParkingCause.BODY_UNREADABLE if unreadable else ParkingCause.INTERNAL_ERROR
    return Parking(message, _describe(fault), cause)


def _describe(fault: Exception) -> str:
    """Describe a fault; use its own text only if it is known to have no personal data."""
    if isinstance(fault, PermanentError):
        return str(fault)
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(fault).__name__}{where}"
