"""The oldest day of the ledger of files: files dated before it are refused.

Entries of older files may have been purged, so whether such a file was processed is not known. The day is written
before the first entry is purged, and never moves back.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from tis_esr.decisions.retention_periods import is_older_than_ledger
from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.inbound_data_reader.file_ledger import FILES


class LedgerHorizon(msgspec.Struct, frozen=True, kw_only=True):
    """``before`` is the oldest day for which the ledger has every processed file."""

    before: date


HORIZON_KEY = "latest"
HORIZON = Collection("inbounddatareader.horizon", LedgerHorizon, lambda _: HORIZON_KEY)


async def oldest_day(work: Work) -> date | None:
    """Return the oldest day of the ledger; None if nothing was ever purged."""
    known = (await work.get(HORIZON, [HORIZON_KEY])).get(HORIZON_KEY)
    return known.before if known else None


async def move(work: Work, day: date) -> date:
    """Move the horizon forward to ``day``, never back, within a unit of work; return its position."""
    known = await oldest_day(work)
    if known is not None and known >= day:
        return known
    work.put(HORIZON, LedgerHorizon(before=day))
    return day


async def within(work: Work, names: Iterable[str]) -> list[str]:
    """Return the names of files to check: those dated before the horizon are not, unless they are known."""
    listed = list(names)
    oldest = await oldest_day(work)
    old = [name for name in listed if is_older_than_ledger(_day_of(name), oldest)]
    known = await work.get(FILES, old) if old else {}
    left_out = set(old) - known.keys()
    return [name for name in listed if name not in left_out]


def _day_of(name: str) -> date:
    try:
        return FileName.parse(name).date
    except BadFileNameError:
        return date.max
