"""Which files of a sequence are missing: ESR's own numbers step by one, its answers carry the numbers of ours."""

from collections.abc import Collection
from itertools import pairwise


def missing(taken: Collection[int], seen: Collection[int]) -> list[tuple[int, int]]:
    """Return the gaps (first, last) among the numbers taken that no file which was seen fills."""
    if not taken:
        return []
    lowest, highest = min(taken), max(taken)
    known = sorted({number for number in (*taken, *seen) if lowest <= number <= highest})
    return [(before + 1, after - 1) for before, after in pairwise(known) if after > before + 1]


def unanswered(sent: Collection[int], answered: Collection[int]) -> list[int]:
    """Return the numbers that we sent and that have no answer, though one of a later number came."""
    if not answered:
        return []
    last = max(answered)
    return sorted(number for number in sent if number < last and number not in answered)
