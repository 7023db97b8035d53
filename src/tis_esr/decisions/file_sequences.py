"""Which files of a sequence are missing: ESR's own numbers increase by one, its answers have the numbers of our files."""

from collections.abc import Collection
from itertools import pairwise


def missing(taken: Collection[int], seen: Collection[int]) -> list[tuple[int, int]]:
    """Return the gaps (first, last) between processed numbers that no known file fills."""
    if not taken:
        return []
    lowest, highest = min(taken), max(taken)
    known = sorted({number for number in (*taken, *seen) if lowest <= number <= highest})
    return [(before + 1, after - 1) for before, after in pairwise(known) if after > before + 1]


def unanswered(sent: Collection[int], answered: Collection[int]) -> list[int]:
    """Return the numbers of sent files that have no answer, although a later one has."""
    if not answered:
        return []
    last = max(answered)
    return sorted(number for number in sent if number < last and number not in answered)
