"""What a comparison of statuses found, as ``tis-esr reconcile-status`` prints it."""

import msgspec

from tis_esr.operations.dates import iso
from tis_esr.operations.status_check.differences import Difference, DifferenceKind
from tis_esr.operations.status_check.stored_run import StatusRun


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """``placements`` and ``posts`` were read from TCS; ``counts`` counts the differences by kind, also where there are none.

    ``repaired`` are requests to the InboundDataWriter. See StatusRun for the rest.
    """

    begun_at: str
    finished_at: str
    deaneries: list[str]
    repairs: bool
    placements: int
    posts: int
    counts: dict[str, int]
    repaired: int
    unchecked: int
    under_way: int
    purged: int
    differences: list[Difference]

    @property
    def left(self) -> int:
        """Return how many differences were not repaired."""
        return sum(self.counts.values()) - self.repaired


def report(run: StatusRun) -> StatusReport:
    """Return what a comparison found so far."""
    return StatusReport(
        begun_at=iso(run.begun_at),
        finished_at=iso(run.finished_at),
        deaneries=run.deaneries,
        repairs=run.repairs,
        placements=run.placements,
        posts=run.posts,
        counts={kind.value: run.counts.get(kind.value, 0) for kind in DifferenceKind},
        repaired=run.repaired,
        unchecked=run.unchecked,
        under_way=run.under_way,
        purged=run.purged,
        differences=run.differences,
    )
