"""What was purged: one document a day with the cutoffs and the number removed of each collection.

It is written in the units of work that remove, so its numbers are right wherever a purge ends. It also says which
process is purging, so that one does at a time.
"""

from collections.abc import Mapping
from datetime import date

import msgspec

from tis_esr.engine.collection import Collection


class PurgeOfDay(msgspec.Struct, frozen=True, kw_only=True):
    """The purge of one day: what is older than the four days, ``removed`` by collection or kind of data.

    ``holder`` is at it ``until`` then, by the engine's clock.
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
    """The day before which a rule has looked at every document of a collection once, so that it need not again."""

    collection: str
    before: date


PURGES = Collection("retention.purges", PurgeOfDay, lambda purge: purge.key)
PROGRESS = Collection("retention.progress", Progress, lambda progress: progress.collection)
