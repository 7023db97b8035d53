"""Reads the list of applicants that the previous interface sent: a CSV file with a header."""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from tis_esr.decisions.sent_list import LineProblem, SentLine
from tis_esr.errors import UsageError

_OPTION = "--sent"
GMC, POSITION, POST, START = "gmc_number", "position_id", "deanery_number", "start_date"
_HEADER = f"{GMC},{POSITION},{POST},{START}"
_GMC_DIGITS = 7
_LONGEST_ID = 15


def read_sent_list(path: Path) -> tuple[list[SentLine], list[LineProblem]]:
    """Return the lines of the list, and those that can't be read. Raises UsageError for a file that is no such list."""
    if path.is_dir():
        raise UsageError(_OPTION, f"{path} is a folder; name the list in it")
    if not path.is_file():
        raise UsageError(_OPTION, f"{path}: no such file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _sorted_out(path, csv.reader(stream))
    except UnicodeDecodeError:
        raise UsageError(_OPTION, f"{path} is not UTF-8 text; save the list as CSV in UTF-8") from None
    except csv.Error as error:
        raise UsageError(_OPTION, f"{path} is not a CSV file: {error}") from error


def _sorted_out(path: Path, rows: Iterator[list[str]]) -> tuple[list[SentLine], list[LineProblem]]:
    header = [name.strip().lower().replace(" ", "_") for name in next(rows, [])]
    missing = {GMC, START} - set(header)
    if missing or not {POSITION, POST} & set(header):
        raise UsageError(
            _OPTION,
            f"{path}: its first line is not the header; it must name {GMC}, {START}, and {POSITION} or {POST}:"
            f" {_HEADER}",
        )
    lines: list[SentLine] = []
    problems: list[LineProblem] = []
    for number, row in enumerate(rows, 2):
        if any(cell.strip() for cell in row):
            line = _line(number, dict(zip(header, (cell.strip() for cell in row), strict=False)))
            if isinstance(line, LineProblem):
                problems.append(line)
            else:
                lines.append(line)
    return lines, problems


def _line(number: int, cells: Mapping[str, str]) -> SentLine | LineProblem:
    gmc, position, post = (cells.get(name, "") for name in (GMC, POSITION, POST))
    if not _is_number(gmc) or len(gmc) != _GMC_DIGITS:
        return LineProblem(line=number, reason=f"{GMC} is not a number of {_GMC_DIGITS} digits")
    if position and (not _is_number(position) or len(position) > _LONGEST_ID):
        return LineProblem(line=number, reason=f"{POSITION} is not a position id")
    if not position and not post:
        return LineProblem(line=number, reason=f"it has neither {POSITION} nor {POST}")
    try:
        start = date.fromisoformat(cells.get(START, ""))
    except ValueError:
        return LineProblem(line=number, reason=f"{START} is not a date; write it as 2026-12-02")
    return SentLine(
        number=number,
        gmc_number=gmc,
        position_id=int(position) if position else None,
        deanery_number=post or None,
        start=start,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
