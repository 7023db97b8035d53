"""How far a comparison of statuses is: stored after each page, so that an interrupted one goes on."""

from typing import Final

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.operations.status_check.differences import Difference

KEY: Final = "last"
KEPT_DIFFERENCES: Final = 500
HOLD_SECONDS: Final = 120.0


class StatusRun(msgspec.Struct, frozen=True, kw_only=True):
    """The last comparison: what it is about, where it is, and what it found.

    ``begun_at`` and ``finished_at`` are times of the engine's clock. ``phase`` is the collection that is read, ``after`` the
    cursor in it. ``holder`` is the process that makes it, ``until`` then. ``differences`` are the first ones,
    ``counts`` counts all by kind; ``unchecked`` counts placements and posts that TCS could not answer for, ``under_way``
    statuses that the InboundDataWriter has not sent yet, or whose file is not sent yet, ``purged`` those that TIS does not
    list, of which nothing can be known: the entry of their file was purged.
    """

    begun_at: float
    deaneries: list[str]
    repairs: bool
    phase: int = 0
    after: list[str] = []
    checked: int = 0
    placements: int = 0
    posts: int = 0
    repaired: int = 0
    unchecked: int = 0
    under_way: int = 0
    purged: int = 0
    counts: dict[str, int] = {}
    differences: list[Difference] = []
    finished_at: float = 0.0
    holder: str = ""
    until: float = 0.0
    key: str = KEY

    @property
    def is_finished(self) -> bool:
        """Return whether everything was compared."""
        return self.finished_at > 0

    def with_differences(self, found: list[Difference]) -> "StatusRun":
        """Return it with what one page found."""
        counts = dict(self.counts)
        for difference in found:
            counts[difference.kind.value] = counts.get(difference.kind.value, 0) + 1
        kept = [*self.differences, *found][:KEPT_DIFFERENCES]
        return msgspec.structs.replace(self, counts=counts, differences=kept)


STATUS_RUNS = Collection("operations.status_runs", StatusRun, lambda run: run.key)


async def stored_run(work: Work) -> StatusRun | None:
    """Return the last comparison; None if there was none."""
    return (await work.get(STATUS_RUNS, [KEY])).get(KEY)
