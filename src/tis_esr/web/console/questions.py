"""Asks the store questions in worker threads: few at once, each within a time, so that no question stops the others."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from functools import partial
from threading import Lock
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter, fail_after, to_thread

from tis_esr.engine.reader_protocol import Reader
from tis_esr.web.console.problems import ProblemError

T = TypeVar("T")
SECONDS: Final = 15.0
AT_ONCE: Final = 8
MOST: Final = 40
"""With those that took too long: nobody waits for them any more, and their threads can't be stopped."""


def run_in_time(work: Coroutine[Any, Any, T], seconds: float = SECONDS - 1) -> T:
    """Run what also asks TIS in a loop of its own; raises TimeoutError before nobody waits for it any more.

    Unlike a query, it can be stopped: its thread ends and is free for other questions.
    """

    async def within() -> T:
        async with asyncio.timeout(seconds):
            return await work

    return asyncio.run(within())


class Questions:
    """Opens a reader for each question, or with ``keep`` one for all: a file is opened at once, a connection is not.

    ``running`` are the threads in use, also of questions that nobody waits for any more. ``open_reader`` raises what it raises while the store is unavailable; the next question tries again.
    """

    def __init__(
        self, open_reader: Callable[[], Reader], *, keep: bool = False, seconds: float = SECONDS
    ) -> None:
        self._open, self._keep, self._seconds = open_reader, keep, seconds
        self._kept: Reader | None = None
        self._lock = Lock()
        self.running, self._counting = 0, Lock()
        self._limiter: CapacityLimiter | None = None

    async def ask(self, question: Callable[[Reader], T]) -> T:
        """Return the answer. Raises ProblemError if it takes too long; what a thread still reads is then dropped."""
        return await self.run(partial(self._answer, question))

    async def run(self, step: Callable[[], T]) -> T:
        """Return what a step returns that needs no reader, in a thread as well. Raises ProblemError.

        While too many that took too long still go on, it begins none: threads are not without end.
        """
        if self.running >= MOST:
            raise ProblemError(
                503,
                "Too many earlier questions are still being answered, by the store or TIS.",
                "Try again in a minute.",
            )
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        try:
            with fail_after(self._seconds):
                return await to_thread.run_sync(
                    partial(self._counted, step), abandon_on_cancel=True, limiter=self._limiter
                )
        except TimeoutError:
            raise ProblemError(
                504, "The store took too long to answer.", "Try again, with fewer days or one office."
            ) from None

    def close(self) -> None:
        """Close the reader that is kept."""
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def _counted(self, step: Callable[[], T]) -> T:
        with self._counting:
            self.running += 1
        try:
            return step()
        finally:
            with self._counting:
                self.running -= 1

    def _answer(self, question: Callable[[Reader], T]) -> T:
        if self._keep:
            return question(self._shared())
        with closing(self._open()) as reader:
            return question(reader)

    def _shared(self) -> Reader:
        with self._lock:
            if self._kept is None:
                self._kept = self._open()
            return self._kept
