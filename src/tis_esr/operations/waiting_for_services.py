"""Waits until running services have done what was requested, and says so if none of them does anything."""

import asyncio
from collections.abc import Callable
from typing import Final

from tis_esr.counted import counted
from tis_esr.errors import Exit, TisEsrError

POLL_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 120.0
MESSAGES: Final = ("message is still to be handled", "messages are still to be handled")
POSITIONS: Final = ("position is still to be compared", "positions are still to be compared")


class NobodyWorksError(TisEsrError):
    """No running process has handled anything of a request for some time. ``left`` is what is still to be handled."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, left: int, what: tuple[str, str]) -> None:
        super().__init__(
            f"{counted(left, *what)}, and none was for {SILENT_SECONDS:.0f} seconds. The request is kept: start tis-esr run,"
            " or see tis-esr doctor"
        )
        self.left = left


async def until_done(left: Callable[[], int], show: Callable[[int], None], what: tuple[str, str]) -> None:
    """Wait until nothing is left, which ``left`` counts in a thread; ``show`` is called with each count.

    ``what`` is what is left, one and many, see MESSAGES. Raises NobodyWorksError if the count does not
    change for SILENT_SECONDS.
    """
    clock = asyncio.get_running_loop().time
    last, before = clock(), -1
    while now := await asyncio.to_thread(left):
        show(now)
        if now != before:
            last, before = clock(), now
        elif clock() - last > SILENT_SECONDS:
            raise NobodyWorksError(now, what)
        await asyncio.sleep(POLL_SECONDS)
