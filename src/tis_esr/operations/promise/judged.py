"""How much of the promise can be judged, in words: a share says little where most trainees are unknown."""

from tis_esr.counted import counted, plural
from tis_esr.operations.promise.promise import Counts


def judged(counts: Counts) -> int:
    """Return how many trainees can be judged: those sent in time, and those missed."""
    return counts.in_time + counts.missed


def share_in_words(counts: Counts, places: int = 1) -> str:
    """Return ``100.0% of 5``: the share in time, with how many can be judged; "" if none can."""
    return "" if counts.share is None else f"{counts.share:.{places}%} of {judged(counts):,}"


def judged_in_words(counts: Counts) -> str:
    """Return ``Sent in time: 5 of the 5 that can be judged (100.0%); 126 of 131 trainees are unknown``."""
    parts = []
    if counts.unknown:
        parts.append((counts.unknown, "unknown"))
    if counts.due:
        parts.append((counts.due, "due"))
    rest = ", ".join(f"{number:,} {plural(number, 'is', 'are')} {what}" for number, what in parts)
    of = counted(counts.trainees, "trainee")
    if counts.share is None:
        return f"None of {of} can be judged yet: {rest}"
    said = (
        f"Sent in time: {counts.in_time:,} of the {judged(counts):,} that can be judged ({counts.share:.1%})"
    )
    return f"{said}; of {of} {rest}" if rest else said
