"""The frame of a file: its name, HDR, TRL and record types."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tis_esr.simulation.esr.columns import Cell, as_date
from tis_esr.simulation.esr.dialect import MalformedRowError, split
from tis_esr.simulation.esr.received_layouts import RECORDS

_NAME = re.compile(r"DE_([A-Z]{3})_(APP|DNC|DNF|RTC)_([0-9]{8})_([0-9]{8})\.DAT")
_AT = re.compile(r"[0-9]{8} ([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]")
_HEADER_CELLS, _TRAILER_CELLS = 5, 2


@dataclass(frozen=True)
class Name:
    """What a file's name says."""

    deanery: str
    type: str
    day: date
    sequence: str

    def answer(self, file_type: str) -> str:
        """Return the name of the file that answers it: of the same date and number."""
        return f"DE_{self.deanery}_{file_type}_{self.day:%Y%m%d}_{self.sequence}.DAT"


@dataclass(frozen=True)
class Frame:
    """The cells of each data row, the record type left out, and what is wrong with the file as a whole."""

    rows: Sequence[Sequence[Cell]]
    faults: Sequence[str]


def parse_name(name: str) -> Name | None:
    """Return the parts of a name; None if it is not a name of the interface."""
    match = _NAME.fullmatch(name)
    day = as_date(match[3]) if match else None
    return Name(match[1], match[2], day, match[4]) if match and day else None


def open_file(name: str, content: bytes) -> Frame:
    """Return a file's data rows, and the faults of its frame; a file with faults is quarantined."""
    said = parse_name(name)
    if said is None:
        return Frame((), ("the name is not one of the interface",))
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return Frame((), ("the file is not UTF-8 text",))
    if content.startswith(b"\xef\xbb\xbf") or b"\r" in content:
        return Frame((), ("the file has a byte order mark or a carriage return",))
    if lines.pop():
        return Frame((), ("the last row has no line end",))
    try:
        rows = [split(line) for line in lines]
    except MalformedRowError:
        return Frame((), ("a row is malformed",))
    faults = tuple(_faults(name, said, rows))
    return Frame([cells[1:] for cells in rows[1:-1]], faults)


def _faults(name: str, said: Name, rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    first = [cell.text for cell in rows[0]] if rows else []
    if len(first) != _HEADER_CELLS or first[0] != "HDR":
        yield "the first row is no HDR"
    elif first[1] != name or first[3] != said.deanery or first[4] != said.type or not _AT.fullmatch(first[2]):
        yield "the HDR does not fit the name"
    last = [cell.text for cell in rows[-1]] if rows else []
    if len(last) != _TRAILER_CELLS or last[0] != "TRL":
        yield "the last row is no TRL"
    elif last[1] != str(len(rows)):
        yield f"the TRL counts {last[1]} rows, the file has {len(rows)}"
    wanted = RECORDS[said.type]
    if any(cells[0] != Cell(wanted, quoted=False) for cells in rows[1:-1]):
        yield f"a row between HDR and TRL is no {wanted}"
