"""Calls wait here for their turn, first come first served, while as many are in flight as may be."""

import asyncio
from collections import deque

from tis_esr.tcs.load import LoadControl


class Slots:
    """Lets as many calls in as ``control`` allows; times are those of the event loop."""

    def __init__(self, control: LoadControl) -> None:
        self.control = control
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Wait for a turn; whoever got it has to ``leave``."""
        loop = asyncio.get_running_loop()
        if not self._waiting and self.control.in_flight < self.control.allowed(loop.time()):
            self.control.entered()
            return
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        self.let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.leave()
            raise

    @property
    def is_full(self) -> bool:
        """Say whether calls wait for their turn."""
        return bool(self._waiting)

    def share(self, calls: int, until: float) -> None:
        """See LoadControl.share."""
        self.control.share(calls, until)
        self.let_in()

    def let_in(self) -> None:
        """Give turns as far as allowed."""
        allowed = self.control.allowed(asyncio.get_running_loop().time())
        while self._waiting and self.control.in_flight < allowed:
            turn = self._waiting.popleft()
            if not turn.done():
                self.control.entered()
                turn.set_result(None)

    def leave(self) -> None:
        """Give the turn to the next."""
        self.control.left()
        self.let_in()
