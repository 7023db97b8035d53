"""Concurrent calls to TCS; the client limits how many run.

A call in progress is always awaited: one that is cancelled may take effect in TCS afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from tis_esr.tcs.tcs_errors import TcsError

K = TypeVar("K")
V = TypeVar("V")
W = TypeVar("W")


async def both(one: Awaitable[V], other: Awaitable[W]) -> tuple[V, W]:
    """Return the results of two calls; raises the first failure when both have ended."""
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second


async def outcomes(keys: Iterable[K], call: Callable[[K], Awaitable[V]]) -> dict[K, V | TcsError]:
    """Return for each key what ``call(key)`` returned, or the TcsError that it raised.

    Anything else that a call raises is raised when all calls have ended.
    """
    asked = list(keys)
    ended = await asyncio.gather(*(call(key) for key in asked), return_exceptions=True)
    found: dict[K, V | TcsError] = {}
    for key, result in zip(asked, ended, strict=True):
        if isinstance(result, BaseException) and not isinstance(result, TcsError):
            raise result
        found[key] = result
    return found


async def each(keys: Iterable[K], call: Callable[[K], Awaitable[V]]) -> dict[K, V]:
    """Return ``call(key)`` for each key; raises the first failure when all calls have ended."""
    found: dict[K, V] = {}
    for key, result in (await outcomes(keys, call)).items():
        if isinstance(result, TcsError):
            raise result
        found[key] = result
    return found
