"""An event loop with virtual time, in which a seeded choice decides what runs next.

Nothing sleeps and there is no thread: where nothing is ready, time jumps to the next timer. What runs belongs
to a simulated process, which can be frozen (nothing of it runs, its timers wait) or killed (nothing of it
ever runs again, and no exception tells it so).
"""

import asyncio
import contextlib
import heapq
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

START = 1000.0
"""The loop's clock when a run begins, in seconds."""
BEGIN = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""What a right clock shows then."""


class Process:
    """One simulated process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.frozen = False
        self.held: list[asyncio.Handle] = []

    def context(self) -> Context:
        """Return a context for tasks of this process."""
        context = copy_context()
        context.run(PROCESS.set, self)
        return context


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)
"""The process that the code belongs to; none for what lies outside: TCS, the files that arrive, the observer."""


class StuckError(Exception):
    """A run took more steps than any run should."""

    def __init__(self, steps: int) -> None:
        super().__init__(f"it came to no end within {steps} steps")


class _Task(asyncio.Task[Any]):
    """A task whose place in a set doesn't depend on memory addresses."""

    def __init__(self, *args: Any, number: int, **more: Any) -> None:
        self.number = number
        super().__init__(*args, **more)

    def __hash__(self) -> int:
        return self.number


class SimLoop(asyncio.AbstractEventLoop):
    """See the module. Without ``order`` what became ready first runs first, as in asyncio's own loop."""

    def __init__(self, order: Random | None = None, most_steps: int = 400_000) -> None:
        self.steps = 0
        self.faults: list[str] = []
        self.trace: list[str] = []
        self._order = order
        self._most_steps = most_steps
        self._now = START
        self._ready: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._tasks: list[_Task] = []
        self._number = 0
        self._over = False
        self._outside = copy_context()
        self._outside.run(PROCESS.set, None)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run until ``main`` has ended. Raises StuckError."""
        asyncio._set_running_loop(self)
        try:
            task = self.create_task(main)
            while not task.done():
                self._step()
            result: T = task.result()
            return result
        finally:
            self._over = True
            self._end()
            asyncio._set_running_loop(None)

    def note(self, what: str) -> None:
        """Add a line to the trace: who did what when."""
        process = PROCESS.get()
        self.trace.append(f"{self._now - START:9.3f} {process.name if process else '-':3} {what}")

    def digest(self) -> str:
        """Return a hash over all that happened."""
        text = "\n".join([*self.trace, f"{self.steps} steps to {self._now:.6f}"])
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def since_1970(self) -> float:
        """Return the seconds since 1970 by a right clock."""
        return BEGIN.timestamp() + self._now - START

    def now(self) -> datetime:
        """Return the moment by a right clock."""
        return BEGIN + timedelta(seconds=self._now - START)

    def freeze(self, process: Process, seconds: float) -> None:
        """Stop a process for a while."""
        process.frozen = True
        self.call_later(seconds, self._thaw, process, context=self._outside)

    def kill(self, process: Process) -> None:
        """End a process for good."""
        process.dead = True
        process.held.clear()

    def _thaw(self, process: Process) -> None:
        process.frozen = False
        self._ready += process.held
        process.held = []

    def outside(self, main: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Start a task that belongs to no process."""
        return self.create_task(main, context=self._outside)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most_steps:
            raise StuckError(self.steps)
        ready = self._ready
        if not ready:
            self._jump()
        if self._order is None or len(ready) == 1:
            handle = ready.pop(0)
        else:
            number = int(self._order.random() * len(ready))
            handle = ready[number]
            ready[number] = ready[-1]
            ready.pop()
        if handle._cancelled:  # type: ignore[attr-defined]  # asyncio's own loops look there too
            return
        process = handle._context.get(PROCESS)  # type: ignore[attr-defined]  # a handle runs in it
        if process is not None and (process.dead or process.frozen):
            if not process.dead:
                process.held.append(handle)
            return
        handle._run()

    def _jump(self) -> None:
        """Let time pass until the next timer is due."""
        timers = self._timers
        if not timers:
            raise RuntimeError("nothing is ready and no timer is set: the run waits for what can't happen")
        self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            self._ready.append(heapq.heappop(timers)[2])

    def _end(self) -> None:
        """Close what was left in the middle, so that nothing of it runs when it is collected."""
        for task in self._tasks:
            if task.done():
                continue
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # they are meant to end like this
            coroutine = task.get_coro()
            with contextlib.suppress(BaseException):
                coroutine.close()  # type: ignore[union-attr]  # every task of ours is made from a coroutine
        self._tasks.clear()
        self._ready.clear()
        self._timers.clear()

    # What asyncio asks of a loop.

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._over

    def is_closed(self) -> bool:
        return self._over

    def call_soon(  # type: ignore[override]  # typeshed's has a type variable tuple
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if not self._over:
            self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there is one thread

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if not self._over:
            self._number += 1
            heapq.heappush(self._timers, (when, self._number, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is dropped when it is due."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[T]":
        self._number += 1
        task = _Task(coro, loop=self, name=name or "task", context=context, number=self._number)
        self._tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Call it here and now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is handed on
            future.set_exception(error)
        return future

    async def shutdown_asyncgens(self) -> None:
        """There is nothing to wait for."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")
