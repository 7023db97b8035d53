"""The oldest day of the ledger of files: files that are dated before it are not taken.

Entries of older files may be gone, and with them the knowledge that a file was taken before. The day is written
before the first of them goes, and never moves back.
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
    """``before`` is the oldest day of which the ledger has every file that was taken."""

    before: date


HORIZON_KEY = "latest"
HORIZON = Collection("inbounddatareader.horizon", LedgerHorizon, lambda _: HORIZON_KEY)


async def oldest_day(work: Work) -> date | None:
    """Return the oldest day of the ledger; None where nothing was ever purged."""
    known = (await work.get(HORIZON, [HORIZON_KEY])).get(HORIZON_KEY)
    return known.before if known else None


async def move(work: Work, day: date) -> date:
    """Move the horizon on to ``day``, never back, within a unit of work; return where it is."""
    known = await oldest_day(work)
    if known is not None and known >= day:
        return known
    work.put(HORIZON, LedgerHorizon(before=day))
    return day


async def within(work: Work, names: Iterable[str]) -> list[str]:
    """Return the names of files that are to be looked at: those dated before the horizon are not, unless known."""
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
