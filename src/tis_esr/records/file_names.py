"""Parses and builds the names of the interface's files."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from tis_esr.errors import TisEsrError

DEANERIES = ("EMD", "KSS", "NTH", "WMD", "PEN", "NWN", "YHD", "EOE", "OXF", "WES", "LDN", "MER", "SEV")
"""The 13 deaneries in the order of an export run."""

FILE_TYPES = ("RMF", "RMC", "APC", "DCC", "APP", "DNC", "DNF", "RTC")

_NAME = re.compile(r"DE_([A-Z]{3})_([A-Z]{3})_([0-9]{8})_([0-9]{7,8})\.DAT")


class BadFileNameError(TisEsrError):
    """A name that is not a valid ESR file name; says what is wrong with it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name!r} is not a valid ESR file name: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True)
class FileName:
    """``DE_<deanery>_<type>_<yyyyMMdd>_<sequence>.DAT``; 8 digits, or the 7 of older examples."""

    deanery: str
    type: str
    date: date
    sequence: int
    digits: int = field(default=8, compare=False)

    @classmethod
    def parse(cls, name: str) -> "FileName":
        """Return the parts of a name; raises BadFileNameError."""
        return _parse(name)

    def __str__(self) -> str:
        """Return the name."""
        day = f"{self.date:%Y%m%d}".zfill(8)
        return f"DE_{self.deanery}_{self.type}_{day}_{self.sequence:0{self.digits}d}.DAT"


@lru_cache(maxsize=1024)
def _parse(name: str) -> FileName:
    match = _NAME.fullmatch(name)
    if match is None:
        raise BadFileNameError(name, "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT")
    deanery, file_type, day, sequence = match.groups()
    if file_type not in FILE_TYPES:
        raise BadFileNameError(
            name, f"{file_type} is not a valid file type; those are {', '.join(FILE_TYPES)}"
        )
    try:
        parsed = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadFileNameError(name, f"{day} is not a valid date") from None
    return FileName(deanery, file_type, parsed, int(sequence), len(sequence))
