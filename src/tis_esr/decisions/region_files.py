"""Which files of a deanery a region's start begins with, and which are too old for it."""

from collections.abc import Iterable
from datetime import date

from tis_esr.records.file_names import BadFileNameError, FileName

_OF_POSITIONS = ("RMF", "RMC")


def full_file(names: Iterable[str], deanery: str, day: date) -> str | None:
    """Return the newest RMF of a deanery that is not dated after a day; None if there is none."""
    found = [file for file in _parsed(names, deanery) if file.type == "RMF" and file.date <= day]
    return str(max(found, key=_place)) if found else None


def older_files(names: Iterable[str], rmf: str) -> list[str]:
    """Return the RMF and RMC files before an RMF, by date and number: what they say, it says too, or it is over."""
    first = FileName.parse(rmf)
    found = [file for file in _parsed(names, first.deanery) if file.type in _OF_POSITIONS]
    return [str(file) for file in sorted(found, key=_place) if _place(file) < _place(first)]


def _parsed(names: Iterable[str], deanery: str) -> list[FileName]:
    found = []
    for name in names:
        try:
            file = FileName.parse(name)
        except BadFileNameError:
            continue
        if file.deanery == deanery:
            found.append(file)
    return found


def _place(file: FileName) -> tuple[date, int]:
    return file.date, file.sequence
