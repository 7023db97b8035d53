"""One attempt at a time: a write to TCS does not begin while an earlier one about the same thing may still take effect.

Part of the InboundDataWriter. Each thing that it updates in TIS has a document with the open attempt, whose outcome is
not known. The document is saved before the call. While TCS may still act on that call no other is made; after that its
outcome is checked first, by whichever process continues.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import msgspec

from tis_esr.engine.faults import TransientError
from tis_esr.engine.work import Work
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.tcs_errors import TcsError, TcsUncertainError

_SEND_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 5.0
_LOOK_AGAIN: Final = 1.0
_REMEMBERED: Final = 1000
_PAUSE: Final = 0.5
"""Seconds before the check for an append that TCS rejected as temporarily unavailable."""


class OpenAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """A write whose outcome is not known; TCS may act on it ``until`` then, by the engine's clock.

    ``is_given_up`` says that its caller no longer waits for it.
    """

    id: str
    until: float
    is_given_up: bool = False


@dataclass(frozen=True)
class Bounds:
    """The bounds of the writes of one unit of work.

    ``attempt`` is saved before them; ``send_by`` (the TCS client's clock) is the moment after which none of them is
    sent, so that a process that was suspended too long sends none.
    """

    attempt: OpenAttempt
    send_by: float


@dataclass(frozen=True)
class Ended:
    """The outcome of an append: whether TCS has it now, the error, and the attempt if its outcome is not known."""

    holds: bool = False
    error: TcsError | None = None
    open: OpenAttempt | None = None


class Attempts:
    """The attempts of one process, which remembers their outcome even if it could not be saved."""

    def __init__(self, tcs: Tcs) -> None:
        self._now = tcs.time
        self._bound = tcs.settings.uncertain_seconds
        self._sending = min(_SEND_SECONDS, self._bound)
        self._longest = self._sending + _CONNECT_SECONDS + self._bound
        self._ended: dict[str, frozenset[str]] = {}
        self._until: dict[str, float] = {}

    def begin(self, work: Work) -> Bounds:
        """Return the bounds of writes that begin now."""
        # First: a pause between the two must not move it past the other.
        send_by = self._now() + self._sending
        until = work.time() + self._longest
        return Bounds(OpenAttempt(id=uuid4().hex, until=until), send_by)

    def must_wait(
        self, work: Work, attempt: OpenAttempt | None, key: str, what: str
    ) -> TransientError | None:
        """Return why and how long a write has to wait; None if no earlier one can still take effect.

        Even if the clock is set back, the wait never exceeds the duration of one attempt. An attempt whose caller still
        waits will probably end soon, so it is checked again before its time is over.
        """
        if attempt is None or key not in self._ended.get(attempt.id, {key}):
            return None
        until = self._until.setdefault(attempt.id, min(attempt.until, work.time() + self._longest))
        seconds = min(attempt.until, until) - work.time()
        if seconds <= 0:
            return None
        again = seconds if attempt.is_given_up else min(seconds, _LOOK_AGAIN)
        reason = f"TCS may still act on an earlier call about {what}"
        return TransientError(reason, retry_after=again, expected=True)

    def end(self, bounds: Bounds, errors: Iterable[tuple[str, TcsError | None]]) -> None:
        """Remember that all calls of an attempt have ended, for which key and how."""
        left = frozenset(
            key for key, error in errors if isinstance(error, TcsUncertainError) and error.may_arrive
        )
        self._ended[bounds.attempt.id] = left
        for remembered in (self._ended, self._until):
            while len(remembered) > _REMEMBERED:
                del remembered[next(iter(remembered))]

    async def append(
        self,
        work: Work,
        bounds: Bounds,
        before: OpenAttempt | None,
        look: Callable[[], Awaitable[bool]],
        write: Callable[[], Awaitable[bool]],
        *,
        look_first: bool,
    ) -> Ended:
        """Append, unless the check ``look`` finds it in TCS; after a failure that has ended, check and append again.

        The attempt ``before`` can no longer take effect. It stays open if the check or the write that follows fails:
        the result of a check is valid only until the next attempt.
        """
        for last in (False, False, True):
            try:
                if look_first and await look():
                    return Ended(holds=True)
            except TcsError as error:
                return Ended(error=error, open=before)
            try:
                return Ended(holds=await write())
            except TcsError as error:
                before = self.after(work, bounds, error) or before
                if last or not _is_over(error):
                    return Ended(error=error, open=before)
            look_first = True
            await asyncio.sleep(_PAUSE)
        raise AssertionError("the last try returns")

    def after(self, work: Work, bounds: Bounds, error: TcsError | None) -> OpenAttempt | None:
        """Return the attempt to store: none if its outcome is known.

        If the response left it open the attempt is over, but only a check in TCS shows the outcome.
        """
        if not isinstance(error, TcsUncertainError):
            return None
        until = work.time() + (self._bound if error.may_arrive else 0.0)
        return OpenAttempt(id=bounds.attempt.id, until=until, is_given_up=True)


def _is_over(error: TcsError) -> bool:
    """Return whether TCS responded that it is temporarily unavailable, so that only a check shows the outcome."""
    if not isinstance(error, TcsUncertainError) or error.may_arrive or error.suspect:
        return False
    return not error.retry_after
