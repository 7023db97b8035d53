"""Calls wait here for their turn, while as many are in flight as may be."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from tis_esr.tcs.load_control import LoadControl

MOST_IN_A_ROW: Final = 20
"""So many turns in a row may pass over calls that wait, because others are more urgent."""


class Urgency(IntEnum):
    """Which calls go first. A write with a deadline goes before the reads that other writes wait for.

    Behind thousands of calls without a deadline the others would miss theirs again and again.
    """

    WRITE = 0
    READ_FOR_WRITE = 1
    NO_DEADLINE = 2


@dataclass(slots=True)
class _Line:
    turns: deque[asyncio.Future[None]] = field(default_factory=deque)
    passed_over: int = 0


class Slots:
    """Lets as many calls in as ``control`` allows, the most urgent first; times are those of the event loop.

    Equally urgent ones are served first come first served. One of the less urgent follows at the latest after
    ``MOST_IN_A_ROW`` turns, so no call waits for ever.
    """

    def __init__(self, control: LoadControl) -> None:
        self.control = control
        self._lines = [_Line() for _ in Urgency]

    async def enter(self, urgency: Urgency = Urgency.NO_DEADLINE) -> int:
        """Wait for a turn; return how many calls waited before it. A caller that got a turn must ``leave``."""
        loop = asyncio.get_running_loop()
        before = sum(len(line.turns) for line in self._lines[: urgency + 1])
        if not self._waiting and self.control.in_flight < self.control.allowed(loop.time()):
            self.control.entered()
            return before
        turn: asyncio.Future[None] = loop.create_future()
        self._lines[urgency].turns.append(turn)
        self.let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.leave()
            raise
        return before

    @property
    def is_full(self) -> bool:
        """Return whether calls wait for their turn."""
        return bool(self._waiting)

    def share(self, calls: int, until: float) -> None:
        """See LoadControl.share."""
        self.control.share(calls, until)
        self.let_in()

    def let_in(self) -> None:
        """Give turns as far as allowed."""
        allowed = self.control.allowed(asyncio.get_running_loop().time())
        while self.control.in_flight < allowed and (waiting := self._waiting):
            line = next((line for line in waiting if line.passed_over >= MOST_IN_A_ROW), waiting[0])
            turn = line.turns.popleft()
            if not turn.done():
                self._count(waiting, line)
                self.control.entered()
                turn.set_result(None)

    def leave(self) -> None:
        """Give the turn to the next."""
        self.control.left()
        self.let_in()

    @property
    def _waiting(self) -> list[_Line]:
        return [line for line in self._lines if line.turns]

    def _count(self, waiting: list[_Line], served: _Line) -> None:
        for line in waiting:
            line.passed_over += 1
        served.passed_over = 0
