"""The size of the store, once a day, by which unusual growth shows."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import msgspec

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.operations.alarms import about_servers
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.thresholds import GROWTH_LEAST_BYTES, GROWTH_TIMES

_USUAL_DAYS = 28
_LEAST_DAYS = 7
"""With fewer days nothing is known of what is usual."""


class StoreSize(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the store in bytes, as it was when it was first measured on a day."""

    day: date
    bytes: int


SIZES = Collection("alarms.sizes", StoreSize, lambda size: f"{size.day}", (("day",),))


async def measure(begin: Callable[[], Work], today: date, size: int) -> None:
    """Store the size once a day, by whichever process is first. Raises TransientError."""
    work = begin()
    if await work.get(SIZES, [today.isoformat()]):
        return
    work.put(SIZES, StoreSize(day=today, bytes=size))
    try:
        await work.commit()
    except ConflictError:
        return


def measured(reader: Reader, today: date) -> list[StoreSize]:
    """Return the sizes of the last four weeks, oldest first."""
    days = Between(today - timedelta(days=_USUAL_DAYS), today + timedelta(days=1))
    return reader.find(SIZES, {"day": days}, ("day",))


def unusual_growth(sizes: Sequence[StoreSize], now: int) -> list[Finding]:
    """Return a finding if the store grew today, or the day before, much more than it usually grows within a day."""
    growths = [
        (later.bytes - earlier.bytes) / max(1, (later.day - earlier.day).days)
        for earlier, later in pairwise(sizes)
    ]
    if len(growths) < _LEAST_DAYS:
        return []
    usual, grown = max(0.0, median(growths[:-1])), max(growths[-1], now - sizes[-1].bytes)
    if grown <= max(GROWTH_LEAST_BYTES, GROWTH_TIMES * usual):
        return []
    text = f"the store grew by {_megabytes(grown)} within a day; usually by {_megabytes(usual)}"
    return [finding(about_servers.STORE_GROWTH, "", [], text)]


def _megabytes(number: float) -> str:
    return f"{number / 1e6:,.0f} MB"
