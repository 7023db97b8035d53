"""Many calls to TCS at once; how many really run is up to the client."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


async def each(keys: Iterable[K], call: Callable[[K], Awaitable[V]]) -> dict[K, V]:
    """Return ``call(key)`` for each key. The first failure cancels the rest and is raised as itself."""
    asked = list(keys)
    tasks = [asyncio.ensure_future(call(key)) for key in asked]
    try:
        return dict(zip(asked, await asyncio.gather(*tasks), strict=True))
    finally:
        for task in tasks:
            task.cancel()
