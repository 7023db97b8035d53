"""A day in a thread of this process, started again as a supervisor would while a server is away."""

import asyncio
import gc
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from tis_esr.commands.day import _day
from tis_esr.engine.faults import TransientError

_ENDS_SECONDS = 20.0


def supervised(run_day: Callable[[], object], disturb: Callable[[], object], seconds: float) -> None:
    """Run a day while it is disturbed, and again until it ends by itself.

    Where that takes more than ``seconds`` after the disturbance the test fails and says where the day stands. The day
    is ended: it would take messages from the next test's.
    """
    given_up = threading.Event()
    ended_by: list[BaseException] = []

    def run() -> None:
        while not given_up.is_set():
            try:
                run_day()
            except (TransientError, BaseExceptionGroup) as error:
                ended_by.append(error)
            else:
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        disturb()
    finally:
        thread.join(seconds)
        ended = not thread.is_alive()
        given_up.set()
        stands = list(_ended())
        thread.join(_ENDS_SECONDS)
    assert ended, "\n".join(["the day does not end; it stands at", *stands, *_lines(ended_by)])


def _ended() -> Iterator[str]:
    """Cancel each day of this process; yield where each of its tasks stands."""
    for main in [found for found in gc.get_objects() if _is_day(found)]:
        loop = main.get_loop()
        for task in asyncio.all_tasks(loop):
            yield "\n".join(f"{frame.f_code.co_qualname}:{frame.f_lineno}" for frame in task.get_stack())
        loop.call_soon_threadsafe(main.cancel)


def _is_day(found: Any) -> bool:
    if type(found) is not asyncio.Task or found.done():  # isinstance asks a weak reference for what is gone
        return False
    return getattr(found.get_coro(), "cr_code", None) is _day.__code__


def _lines(errors: list[BaseException]) -> list[str]:
    return [f"started {len(errors) + 1} times"] + [
        line for error in errors[-2:] for line in traceback.format_exception(error)
    ]
