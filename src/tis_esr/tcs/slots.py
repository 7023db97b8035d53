"""The queue of calls to TCS, which wait while the limit of concurrent calls is reached."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from tis_esr.tcs.load_control import LoadControl

MOST_IN_A_ROW: Final = 20
"""This many consecutive turns may pass over waiting calls because others are more urgent."""


class Urgency(IntEnum):
    """Which calls are sent first.

    A write with a deadline precedes the reads that other writes depend on. Behind thousands of calls without a deadline
    they would repeatedly miss theirs.
    """

    WRITE = 0
    READ_FOR_WRITE = 1
    NO_DEADLINE = 2


@dataclass(slots=True)
class _Line:
    turns: deque[asyncio.Future[None]] = field(default_factory=deque)
    passed_over: int = 0


class Slots:
    """Admits as many calls as ``control`` allows, the most urgent first; times are those of the event loop.

    Equally urgent ones are served in order. A less urgent one follows after ``MOST_IN_A_ROW`` turns at the latest, so
    no call waits forever.
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
        """Admit calls as far as allowed."""
        allowed = self.control.allowed(asyncio.get_running_loop().time())
        while self.control.in_flight < allowed and (waiting := self._waiting):
            line = next((line for line in waiting if line.passed_over >= MOST_IN_A_ROW), waiting[0])
            turn = line.turns.popleft()
            if not turn.done():
                self._count(waiting, line)
                self.control.entered()
                turn.set_result(None)

    def leave(self) -> None:
        """Admit the next call."""
        self.control.left()
        self.let_in()

    @property
    def _waiting(self) -> list[_Line]:
        return [line for line in self._lines if line.turns]

    def _count(self, waiting: list[_Line], served: _Line) -> None:
        for line in waiting:
            line.passed_over += 1
        served.passed_over = 0
