"""The background tasks of a process: started, watched, restarted and stopped here, and nowhere else (guarantee 10)."""

import asyncio
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog

from tis_esr.errors import Exit, TisEsrError

_log = structlog.get_logger()

STUCK_SECONDS: Final = 300.0
"""A task without a heartbeat for this many seconds is stuck, unless it was started with another limit."""
RESTARTS_IN_A_ROW: Final = 5
STEADY_SECONDS: Final = 60.0
"""A task that ran for this long before it failed begins a new series of restarts."""
FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
_STOP_SECONDS: Final = 10.0

Beat = Callable[[], None]
"""A heartbeat: a task calls it in each iteration of its loop."""


class TaskFailedError(TisEsrError):
    """A background task failed several times in a row, so its process can't do its work."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, task: str, fault: str, times: int) -> None:
        super().__init__(
            f"the background task {task} failed {times} times in a row, most recently with {fault}. The process ends so that "
            "it can be restarted; nothing is lost. If it ends again, report this line with the log above it"
        )
        self.task = task
        self.fault = fault
        self.times = times


@dataclass
class _Supervised:
    work: Callable[[Beat], Awaitable[None]]
    until: asyncio.Event
    stuck_after: float
    begun: float = 0.0
    seen: float = 0.0
    fault: str = ""
    in_a_row: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


def no_beat() -> None:
    """Do nothing: this task is not watched."""


class Supervisor:
    """Keeps background tasks running. One that ends unexpectedly is logged with its error and restarted after a pause.

    The pause doubles. After ``restarts`` in a row without a steady minute the task has failed: its handle raises
    TaskFailedError, and so does the ``async with`` block of the supervisor, which is cancelled for it.
    """

    def __init__(self, restarts: int = RESTARTS_IN_A_ROW) -> None:
        self.restarts: Counter[str] = Counter()
        """How often each task was restarted, by its name; a task that never was has 0."""
        self._restarts = restarts
        self._supervised: dict[str, _Supervised] = {}
        self._once: set[asyncio.Task[None]] = set()
        self._owner: asyncio.Task[Any] | None = None
        self._failure: TaskFailedError | None = None

    def start(
        self,
        name: str,
        work: Callable[[Beat], Awaitable[None]],
        until: asyncio.Event | None = None,
        *,
        stuck_after: float = STUCK_SECONDS,
    ) -> asyncio.Task[None]:
        """Run ``work`` in the background, restarted whenever it ends before ``until`` is set; return a handle.

        Cancelling the handle stops it as well. ``stuck_after`` is how many seconds it may take between two beats.
        """
        supervised = _Supervised(work, until or asyncio.Event(), stuck_after)
        supervised.begun = supervised.seen = _now()
        self._supervised[name] = supervised
        self.restarts[name] += 0
        handle = asyncio.create_task(self._keep(name, supervised), name=f"supervising {name}")
        supervised.tasks.add(handle)
        handle.add_done_callback(lambda done: self._forget(name, supervised, done))
        return handle

    def run_once(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work that ends in the background; a failure is logged, and the caller repeats the work."""
        task = asyncio.create_task(work, name=name)
        self._once.add(task)
        task.add_done_callback(self._ended_once)
        return task

    async def stop(self, handles: Iterable[asyncio.Task[None]]) -> None:
        """Wait for tasks whose ``until`` is set, and cancel those that take longer than ten seconds."""
        ending = list(handles)
        if ending:
            await asyncio.wait(ending, timeout=_STOP_SECONDS)
        for handle in ending:
            handle.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def troubles(self) -> dict[str, str]:
        """Return what is wrong with each task that is down or stuck, by its name; nothing while all run."""
        found = {}
        for name, supervised in self._supervised.items():
            silent = _now() - supervised.seen
            if supervised.fault:
                found[name] = f"is down: {supervised.fault}"
            elif silent > supervised.stuck_after:
                found[name] = f"is stuck: no heartbeat for {silent:.0f} s"
        return found

    async def __aenter__(self) -> Self:
        """Bind the supervisor to the block: a failed task ends the block, and the block's end stops its tasks."""
        self._owner = asyncio.current_task()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Cancel the remaining tasks. Raises TaskFailedError if a failed task ended the block."""
        owner, self._owner = self._owner, None
        handles = [task for supervised in self._supervised.values() for task in supervised.tasks]
        for task in (*handles, *self._once):
            task.cancel()
        await asyncio.gather(*handles, *self._once, return_exceptions=True)
        if self._failure is not None and (kind is None or isinstance(error, asyncio.CancelledError)):
            if owner is not None:
                owner.uncancel()
            raise self._failure

    async def _keep(self, name: str, supervised: _Supervised) -> None:
        while True:
            ended_with = await self._run(name, supervised)
            if supervised.until.is_set():
                return
            supervised.in_a_row = supervised.in_a_row + 1 if not _was_steady(supervised) else 1
            supervised.fault = ended_with
            if supervised.in_a_row > self._restarts:
                _log.error("task_failed", task=name, fault=ended_with, times=supervised.in_a_row)
                raise self._failed(TaskFailedError(name, ended_with, supervised.in_a_row))
            pause = min(_LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (supervised.in_a_row - 1))
            self.restarts[name] += 1
            _log.error("task_ended", task=name, fault=ended_with, restarts_in_seconds=pause)
            if await wait_for_event(supervised.until, pause):
                return
            supervised.fault = ""

    async def _run(self, name: str, supervised: _Supervised) -> str:
        """Run the work once; return what ended it."""

        def beat() -> None:
            supervised.seen = _now()

        async def work() -> None:
            await supervised.work(beat)

        supervised.begun = supervised.seen = _now()
        task = asyncio.create_task(work(), name=name)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            while not task.done():  # a library may swallow a cancellation
                task.cancel()
                await asyncio.wait([task], timeout=_STOP_SECONDS)
            raise
        return _ended_with(task)

    def _failed(self, failure: TaskFailedError) -> TaskFailedError:
        if self._owner is not None and self._failure is None:
            self._failure = failure
            self._owner.cancel()
        return failure

    def _forget(self, name: str, supervised: _Supervised, handle: asyncio.Task[None]) -> None:
        failed = not handle.cancelled() and handle.exception() is not None
        if self._supervised.get(name) is supervised and not failed:
            del self._supervised[name]

    def _ended_once(self, task: asyncio.Task[None]) -> None:
        self._once.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("task_ended", task=task.get_name(), fault=_ended_with(task))


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event for at most ``seconds``; return whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _was_steady(supervised: _Supervised) -> bool:
    return _now() - supervised.begun >= STEADY_SECONDS


def _ended_with(task: asyncio.Task[None]) -> str:
    """Describe what ended a task by class and place only: a text may contain personal data."""
    if task.cancelled():
        return "CancelledError"
    error = task.exception()
    if error is None:
        return "an unexpected exit"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def log_loop_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an unhandled error of the event loop, by its class only; to be set as the loop's exception handler."""
    error = context.get("exception")
    _log.error(
        "event_loop_fault", fault=type(error).__name__ if error else "", message=context.get("message", "")
    )
