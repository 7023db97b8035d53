"""What the DataExporter stores of RMF and RMC files to acknowledge, and of their RTC files."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.records.file_names import FileName
from tis_esr.services.contracts.bodies import RmtRow


class RtcState(StrEnum):
    """The state of an RTC: waits until every row is accounted for, has its rows, is written, is finished."""

    WAITING = "waiting"
    ALLOCATED = "fixed"
    WRITTEN = "written"
    SENT = "sent"


class RtcFile(msgspec.Struct, frozen=True, kw_only=True):
    """The RTC of one RMF or RMC, ``source``.

    ``spans`` are its known rows, as pairs of the first and the one after the last; ``end`` is the one after its last
    row, 0 if that is not known yet. Rows of the RTC are allocated for the rows before ``allocated``; ``rows`` is their
    number. ``created_at`` (London) is the moment in its HDR.
    """

    source: str
    state: RtcState = RtcState.WAITING
    spans: list[tuple[int, int]] = []
    end: int = 0
    incomplete: str = ""
    allocated: int = 1
    rows: int = 0
    created_at: datetime | None = None

    @property
    def name(self) -> str:
        """Return its name, with the date and number of the file that it acknowledges."""
        of = FileName.parse(self.source)
        return str(FileName(of.deanery, "RTC", of.date, of.sequence))

    @property
    def is_whole(self) -> bool:
        """Return whether every row of the source is known."""
        return self.spans == [(1, self.end)]

    @property
    def is_in_place(self) -> bool:
        """Return whether ESR can read it."""
        return self.state in {RtcState.WRITTEN, RtcState.SENT}


class RtcRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one chunk of a source, from row ``first`` on: first by their ids, then as the ``lines`` of the RTC."""

    source: str
    first: int
    end: int
    rows: list[RmtRow]
    lines: list[dict[str, Any]] = []


RTC_FILES = Collection("dataexporter.rtc_files", RtcFile, lambda file: file.source)
RTC_ROWS = Collection(
    "dataexporter.rtc_rows", RtcRows, lambda rows: f"{rows.source}:{rows.first}", (("source", "first"),)
)


def merged(spans: list[tuple[int, int]], more: tuple[int, int]) -> list[tuple[int, int]]:
    """Return spans with one more; those that meet or overlap are merged."""
    found: list[tuple[int, int]] = []
    for first, end in sorted([*spans, more]):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((first, end))
    return found
