"""Whether what a process uses grows: the slope of each measure over days of steady traffic, against a margin."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import NamedTuple

from tests.soak.soak import Sample


class Measure(NamedTuple):
    """What is measured, in which unit, and by how much it may differ between the first and the last day: a share of its level, at least a number."""

    title: str
    unit: str
    divisor: int
    share: float
    least: float
    is_pool: bool = False
    """It fills up to what a busy moment needs, and is emptied where connections are cut: it grows only beyond its highest earlier day."""


MEASURES = {
    "memory": Measure("Resident memory", "MB", 1_000_000, 0.03, 0),
    "blocks": Measure("Blocks of memory", "thousand", 1000, 0.003, 0),
    "handles": Measure("Open files", "files", 1, 0, 0.9),
    "connections": Measure("Sockets", "sockets", 1, 0, 2.5, is_pool=True),
    "threads": Measure("Threads", "threads", 1, 0, 1.9),
    "store": Measure("Store", "MB", 1_000_000, 0.05, 0),
}
"""An allocator takes memory from the system in large pieces, hence 3 %. Blocks are counted after a garbage collection, so they are nearly exact.
Connections to TCS and threads are kept in pools, which grow and shrink by one or two."""


class Growth(NamedTuple):
    """By how much a measure grew over the days, at its slope, and how much is allowed."""

    grown: float
    allowed: float

    @property
    def is_flat(self) -> bool:
        """Say whether it grew no more than is allowed."""
        return self.grown <= self.allowed


def slope(values: Sequence[float]) -> float:
    """Return the change per day by Theil and Sen: the median of the slopes of all pairs, which single high days do not move."""
    return median(
        (later - earlier) / (j - i) for (i, earlier), (j, later) in combinations(enumerate(values), 2)
    )


def growths(
    samples: Sequence[Sample], names: Sequence[str] = tuple(MEASURES), earlier: Sequence[Sample] = ()
) -> dict[str, Growth]:
    """Return by how much each measure grew over the days of the samples, at least three; ``earlier`` are the days before."""
    found = {}
    for name in names:
        measure, values = MEASURES[name], [sample[name] for sample in samples]
        grown = slope(values) * (len(values) - 1)
        if measure.is_pool and earlier:
            grown = min(grown, max(values) - max(sample[name] for sample in earlier))
        found[name] = Growth(grown, max(measure.share * median(values), measure.least))
    return found


def growing(
    samples: Sequence[Sample], names: Sequence[str] = tuple(MEASURES), earlier: Sequence[Sample] = ()
) -> dict[str, Growth]:
    """Return the measures that are not flat."""
    return {name: one for name, one in growths(samples, names, earlier).items() if not one.is_flat}
