"""Rows and files from ESR: well-formed ones from the layouts, and faulty files."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from tis_esr.records.file_names import FileName
from tis_esr.records.row_writing import format_row, header, trailer
from tis_esr.records.values import Value
from tis_esr.simulation.days.invented_people import Dto

_MADE_AT = time(14, 9)
_WRONG_BY = 6


@dataclass
class Line:
    """One row of a file, without its line end, with its expected state."""

    raw: bytes
    state: str


def row(state: str, record_type: str, values: dict[str, Value], encoding: str = "utf-8") -> Line:
    """Return a well-formed row."""
    return Line(format_row(record_type, values).encode(encoding), state)


def position_number(position: int) -> int:
    """Return the position number that goes with a position id."""
    return position + 20_000_000


def por_values(
    position: int, npn: str, deanery: str, *, indicator: str = "C", host: bool = False, numbered: bool = True
) -> dict[str, Value]:
    """Return the columns of a position's POR row; ``numbered`` is whether it has a position number."""
    return {
        "positionID": position,
        "changeDeleteIndicator": indicator,
        "positionNumber": position_number(position) if numbered else None,
        "positionTitle": "Specialty Registrar",
        "deaneryNumber": npn,
        "managingOffice": deanery,
        "hostLeadIndicator": "Host Employer" if host else "Lead Employer",
        "odsCode": "RX1",
        "employingOrgVPDCode": f"{position % 90:03d}",
        "esrOrganisation": "An Invented Trust",
        "esrLocation": "An Invented Hospital",
    }


def pos_values(
    position: int, npn: str, deanery: str, *, indicator: str = "C", numbered: bool = True
) -> dict[str, Value]:
    """Return the columns of a position's POS row."""
    return {
        "positionID": position,
        "changeDeleteIndicator": indicator,
        "positionNumber": position_number(position) if numbered else None,
        "positionTitle": "Specialty Registrar",
        "occupationCode": "800",
        "areaOfWork": "General Practice",
        "deaneryNumber": npn,
        "managingOffice": deanery,
        "gradeTrust": "NHS",
    }


class InboundFile:
    """A file being written row by row, and its rows by expected state."""

    def __init__(self, folder: Path, name: FileName, *, crlf: bool = False) -> None:
        self.name = name
        self.incomplete = False
        self._end = b"\r\n" if crlf else b"\n"
        self._states: Counter[str] = Counter()
        self._file = (folder / str(name)).open("wb")
        self.add(row("ignored", "HDR", header(name, datetime.combine(name.date, _MADE_AT))))

    def add(self, line: Line) -> None:
        """Write a row."""
        self._write(line, self._end)

    def close(self) -> None:
        """Write the TRL that counts all rows, and close."""
        self.add(row("ignored", "TRL", trailer(self.rows + 1)))
        self._file.close()

    def close_miscounted(self) -> None:
        """Write a TRL that counts missing rows, and close."""
        self.incomplete = True
        self.add(row("ignored", "TRL", trailer(self.rows + 1 + _WRONG_BY)))
        self._file.close()

    def close_cut(self, last: Line) -> None:
        """Write a last row that is cut off, no TRL, and close."""
        self.incomplete = True
        self._write(last, b"")
        self._file.close()

    def abandon(self) -> None:
        """Close after a failure; does nothing if it was closed."""
        self._file.close()

    @property
    def rows(self) -> int:
        """Count the rows written, HDR and TRL too."""
        return self._states.total()

    def counts(self) -> Dto:
        """Return the number of rows, and of those by state."""
        return {"rows": self.rows, **dict(sorted(self._states.items()))}

    def _write(self, line: Line, end: bytes) -> None:
        self._states[line.state] += 1
        self._file.write(line.raw + end)
