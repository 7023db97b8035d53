"""The audit of purges: one document a day with the cutoffs and the number removed from each collection.

It is written in the units of work that remove, so its numbers are right wherever a purge ends. It also names the
process that is purging, so that only one does at a time.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from tis_esr.engine.collection import Collection


class PurgeOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """The purge of one day: the four cutoffs, and what was ``removed`` by collection or kind of data.

    The process ``holder`` is purging ``until`` then, by the engine's clock.
    """

    day: date
    messages: date
    personal: date
    history: date
    guards: date
    removed: Mapping[str, int] = {}
    finished: bool = False
    holder: str = ""
    until: float = 0.0

    @property
    def key(self) -> str:
        """Return the day."""
        return f"{self.day}"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The day before which a rule has checked every document of a collection, so that it need not do so again."""

    collection: str
    before: date


PURGES = Collection("retention.purges", PurgeOfDay, lambda purge: purge.key)
PROGRESS = Collection("retention.progress", Progress, lambda progress: progress.collection)
