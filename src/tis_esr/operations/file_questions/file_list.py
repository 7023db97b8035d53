"""The files that changed lately, a page at a time, newest first."""

from collections import Counter
from collections.abc import Collection as Several
from datetime import date

import msgspec

from tis_esr.decisions.arriving_files import INBOUND_TYPES
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.ledger import LedgerEntry, ledger_entry
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile

_END_OF_TIME = 1e12
LISTED_TYPES = INBOUND_TYPES
"""The types of the files that are listed: those that ESR sends."""
FILE_STATES = tuple(state.name for state in FileState)


class FileFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which files: those that changed ``since`` (seconds since 1970) of these offices, and of one type and state.

    ``type`` and ``state`` are "" for all; ``only_open`` leaves those with open findings.
    ``with_unnamed`` adds files whose names say no office.
    """

    since: float
    offices: Several[str]
    type: str = ""
    state: str = ""
    only_open: bool = False
    with_unnamed: bool = False


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of ``total`` files; ``states`` counts all of them by state, ``after`` is where the next page begins.

    ``rows`` is the number of rows of all of them. ``after`` is "" on the last page.
    """

    files: list[LedgerEntry]
    total: int
    rows: int
    states: dict[str, int]
    after: str


def file_list(reader: Reader, wanted: FileFilter, *, after: str = "", limit: int = 50) -> FilePage:
    """Return the files behind the one whose place is ``after``, at most ``limit``; row counts are read for these alone.

    A page begins behind a file, so that files that arrive meanwhile shift nothing.
    """
    found = [file for file in _changed(reader, wanted) if _is_wanted(file, wanted)]
    found.sort(key=_place, reverse=True)
    rest = [file for file in found if not after or _place(file) < after]
    shown = rest[:limit]
    rows = reader.row_counts([file.name for file in shown]) if shown else {}
    return FilePage(
        files=[ledger_entry(file, rows.get(file.name, {}), "") for file in shown],
        total=len(found),
        rows=sum(file.rows for file in found),
        states=dict(Counter(file.state.name for file in found)),
        after=_place(shown[-1]) if len(rest) > limit else "",
    )


def _changed(reader: Reader, wanted: FileFilter) -> list[InboundFile]:
    return reader.find(FILES, {"changed_at": Between(wanted.since, _END_OF_TIME)})


def _is_wanted(file: InboundFile, wanted: FileFilter) -> bool:
    return (
        (file.deanery in wanted.offices if file.deanery else wanted.with_unnamed)
        and wanted.type in ("", file.type)
        and wanted.state in ("", file.state.name)
        and (bool(file.open_findings) or not wanted.only_open)
    )


def is_place(text: str) -> bool:
    """Return whether a text can be ``FilePage.after``: a day, a blank and a file's key."""
    day, _, key = text.partition(" ")
    try:
        return bool(key) and date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _place(file: InboundFile) -> str:
    """Return the place of a file in the list, the newest day's last."""
    return f"{file.day or date.max} {file.key}"
