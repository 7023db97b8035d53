"""The steps of a region's start in words: the same for a step that is done as for one to be done."""

from collections.abc import Mapping, Sequence

from tis_esr.counted import counted
from tis_esr.operations.manual_export import Left
from tis_esr.services.data_exporter.region_starts import StartStep

_SHOWN = 5
AHEAD = {
    StartStep.WITHHOLD: "withhold all exports of this deanery until the start is finished",
    StartStep.OLD_FILES: "set aside the files older than the RMF",
    StartStep.FULL_FILE: "take the RMF, and finish all that follows from it",
    StartStep.SENT_BEFORE: "mark the applicants that the previous interface sent",
    StartStep.APPLICANTS: "send the other applicants (APP)",
    StartStep.NOTIFICATIONS: "send who is in every position now and next (DNF), then export by schedule",
}
"""What each step does, before its counts are known."""


def in_words(step: StartStep, counts: Mapping[str, int], rmf: str, names: Sequence[str] = ()) -> str:
    """Return what a step does, with its counts; ``names`` are the files that it is about, if they are to be named."""
    if step is StartStep.OLD_FILES:
        begun = counts["already_processed"]
        was = f"; {counted(begun, 'older file')} already processed" if begun else ""
        return f"set aside {counted(counts['set_aside'], 'file')} older than {rmf}, unread{_named(': ', names)}{was}"
    if step is StartStep.FULL_FILE:
        others = ", ".join(
            f"{number:,} {name}" for name, number in counts.items() if number and name != "rows"
        )
        rows = f"{counted(counts['rows'], 'row')}{': ' + others if others else ''}"
        return f"take {rmf} ({rows}), and finish all that follows from it"
    if step is StartStep.SENT_BEFORE:
        return _marking(counts)
    if step is StartStep.APPLICANTS:
        left = "".join(
            f"; {counts[why.name.lower()]:,} {why.value}" for why in Left if counts[why.name.lower()]
        )
        return f"send {counted(counts['rows'], 'applicant')} (APP){_named(' in ', names)}{left}"
    if step is StartStep.NOTIFICATIONS:
        held_back = f"; {counts['held_back']:,} {Left.HELD_BACK.value}" if counts["held_back"] else ""
        return f"send {counted(counts['rows'], 'notification')} (DNF){_named(' in ', names)}{held_back}; then export by schedule"
    return AHEAD[step]


def _named(before: str, names: Sequence[str]) -> str:
    """Return the first few of several names, after ``before``; "" if there are none."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{before}{', '.join(names[:_SHOWN])}{more}" if names else ""


def _marking(counts: Mapping[str, int]) -> str:
    if not counts["lines"]:
        return "mark no applicant as sent by the previous interface: no list is given (--sent)"
    text = f"mark {counted(counts['marked'], 'applicant')} as sent by the previous interface"
    if counts["started"]:
        text += f"; {counted(counts['started'], 'line')} about placements that have started"
    if counts["unusable"]:
        text += f"; {counted(counts['unusable'], 'line')} without effect"
    return text
