"""``tis-esr run`` under a clock that is moved, as a program of its own: ``python -m tests.soak.moved_clock MOMENT``.

Reads lines from standard input: ``at MOMENT`` moves the clock, ``measure`` prints what the process uses, ``leak NAME`` makes it leak.
What is done every few minutes of real time is done several times a second, because a day lasts seconds.
"""

import gc
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import time_machine

from tis_esr.engine import monotonic_clock
from tis_esr.engine.production.mongodb.server_clock import ServerClock

PERIODS = {
    "_SCHEDULE_SECONDS": 0.1,
    "_LEDGER_SECONDS": 0.3,
    "_PURGE_SECONDS": 0.3,
    "_PURGE_PAUSE": 0.001,
    "_BATCH_SECONDS": 0.3,
    "_AUDIT_SECONDS": 0.3,
}
ATTEMPTS_REMEMBERED, HOUR = 50, 60.0
"""What a process remembers of attempts at TCS (1,000) and of restarts (an hour of its own) is full within days, not weeks."""
_KEPT: list[Any] = []


def used() -> dict[str, int]:
    """Return what the process uses: bytes of memory, blocks of Python's allocator, file handles, connections, threads.

    Blocks are counted after a garbage collection and without caches of a fixed size, which take weeks to fill.
    """
    from tis_esr.operations.board import expectations
    from tis_esr.records import file_names

    for cached in (expectations._fires_on, file_names._parse):
        cached.cache_clear()
    gc.collect()
    blocks = sys.getallocatedblocks()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    links = [link for number in os.listdir("/proc/self/fd") if (link := _link(number))]  # noqa: PTH208 - of numbers
    sockets = sum(link.startswith("socket:") for link in links)
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "blocks": blocks,
        "handles": len(links) - sockets,
        "connections": sockets,
        "threads": threading.active_count(),
    }


def _link(number: str) -> str | None:
    try:
        return str(Path(f"/proc/self/fd/{number}").readlink())
    except FileNotFoundError:
        return None


def leak_handles() -> None:
    """Leave each inbound file open that is read."""
    from tis_esr.files.folder import Folder

    opened = Folder._opened

    def leaking(self: Folder, name: str) -> BinaryIO:
        file = opened(self, name)
        _KEPT.append(os.dup(file.fileno()))
        return file

    Folder._opened = leaking  # type: ignore[method-assign]


def leak_connections() -> None:
    """Open a connection for each inbound file that is read, and never close it."""
    from tis_esr.files.folder import Folder

    opened = Folder._opened

    def leaking(self: Folder, name: str) -> BinaryIO:
        _KEPT.append(socket.socketpair())
        return opened(self, name)

    Folder._opened = leaking  # type: ignore[method-assign]


def leak_memory() -> None:
    """Keep each message whose body was read."""
    from tis_esr.engine.envelope import Message

    decoded = Message.decode

    def leaking(self: Message, type_: type[Any]) -> Any:
        _KEPT.append(body := decoded(self, type_))
        return body

    Message.decode = leaking  # type: ignore[method-assign]


def leak_store() -> None:
    """Purge nothing any more."""
    from tis_esr.services.retention.daily_purge import Purge

    async def nothing(_: Purge, __: object) -> None:
        return None

    Purge.of_day = nothing  # type: ignore[method-assign]


LEAKS: dict[str, Callable[[], None]] = {
    "handles": leak_handles,
    "connections": leak_connections,
    "blocks": leak_memory,
    "store": leak_store,
}
"""What can be made to leak, by the measure that shows it."""


def obey(lines: Iterable[str], clock: time_machine.Traveller) -> None:
    """Do what each line says."""
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if word == "at":
            clock.move_to(datetime.fromisoformat(rest))
        elif word == "leak":
            LEAKS[rest]()
        print(json.dumps(used() if word == "measure" else {}), flush=True)


class Forward:
    """The machine's monotonic clock under a moved one: it moves along, and never back."""

    def __init__(self) -> None:
        self._last = 0.0

    def elapsed(self) -> float:
        """Return seconds."""
        self._last = max(self._last, time.time())
        return self._last


async def _moved_too(_: ServerClock, __: object) -> None:
    """Leave MongoDB's clock where the moved one is, as if the server's had been moved along."""


def main(moment: str) -> None:
    """Run the program; its log goes to standard error."""
    monotonic_clock.elapsed = Forward().elapsed
    ServerClock.read = _moved_too  # type: ignore[method-assign]
    with time_machine.travel(datetime.fromisoformat(moment)) as clock:
        from tis_esr.process import own_condition, serving_process
        from tis_esr.services.inbound_data_writer import attempts
        from tis_esr.start import main as program

        for name, seconds in PERIODS.items():
            setattr(serving_process, name, seconds)
        setattr(attempts, "_REMEMBERED", ATTEMPTS_REMEMBERED)  # noqa: B010 - it is final elsewhere
        own_condition._HOUR = HOUR
        threading.Thread(target=obey, args=(sys.stdin, clock), daemon=True).start()
        sys.argv = ["tis-esr", "run"]
        program()


if __name__ == "__main__":
    main(sys.argv[1])
