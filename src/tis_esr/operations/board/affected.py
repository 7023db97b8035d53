"""Whom a cell affects: applicants who wait in the window of an office, or who are in a file that ESR has not answered."""

from collections.abc import Callable, Sequence, Set
from datetime import date, timedelta
from typing import NamedTuple

from tis_esr.counted import counted
from tis_esr.decisions.deadlines import can_wait_from
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.promise import PROMISED_DAYS
from tis_esr.decisions.rejected_by_esr import OF_ROWS, REJECTION_WHO
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between, Where
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.cells import Cell, CellState, Consequence, FileType
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    PENDING,
    OutboundFile,
    RecordState,
)

_TEXTS = {
    FileType.RMC: "positions that changed are not known, so applicants for new ones can't be sent",
    FileType.APP: "",
    FileType.DNC: "",
    FileType.RTC: "ESR does not learn which of its rows were applied",
    FileType.APC: "ESR may have quarantined the whole file",
    FileType.DCC: "whether ESR accepted the notifications is not known",
}


class Waiting(NamedTuple):
    """Numbers of applicants: all, those who can't wait for the next file, and those who then lose the 12-week promise."""

    starters: int = 0
    leaving: int = 0
    losing_promise: int = 0


class Affected:
    """Counts who is affected, each number once."""

    def __init__(self, reader: Reader, window: ApplicantWindow, today: date) -> None:
        self._reader = reader
        self._window = window
        self._today = today
        self._next = window.next_file(today)
        self._waiting: dict[str, Waiting] = {}

    def consequence(self, type_: FileType, deanery: str, ours: Sequence[OutboundFile]) -> Consequence:
        """Return what follows from a file that is late, missing, held or overdue.

        ``ours`` are those that it answers, or those whose rows are allocated, and that are not written.
        """
        found, parts = Waiting(), [_TEXTS[type_]]
        if type_ in {FileType.RMC, FileType.APP}:
            found = _sum(self.waiting(deanery), self._sent_in(ours))
        elif type_ is FileType.APC:
            found = self._sent_in(ours)
        elif type_ is FileType.DNC:
            waiting = self._notifications(deanery) + sum(file.rows for file in ours)
            parts = [counted(waiting, "notification waits", "notifications wait")]
        elif type_ is FileType.DCC:
            parts.append(
                counted(
                    sum(file.rows for file in ours),
                    "notification is not confirmed",
                    "notifications are not confirmed",
                )
            )
        if found.starters or type_ in {FileType.APP, FileType.APC}:
            parts.append(f"{counted(found.starters, 'applicant')} affected")
        if found.leaving:
            parts.append(f"{counted(found.leaving, 'leaves', 'leave')} the window tomorrow")
        if found.losing_promise:
            parts.append(f"{counted(found.losing_promise, 'loses', 'lose')} the 12-week promise")
        return Consequence(
            text="; ".join(filter(None, parts)),
            starters=found.starters,
            leaving_tomorrow=found.leaving,
            losing_promise=found.losing_promise,
        )

    def waiting(self, deanery: str) -> Waiting:
        """Return how many applicants of an office wait to be sent, and how many of them can't wait for the next file."""
        if deanery not in self._waiting:
            first, end = self._window.edges(self._today)
            leaving = min(can_wait_from(self._today, self._window), end)
            self._waiting[deanery] = Waiting(
                self._pending(deanery, Between(first, end)),
                self._pending(deanery, Between(first, leaving)),
                self._pending(deanery, self._promised()),
            )
        return self._waiting[deanery]

    def _promised(self) -> Between:
        """Return the starts whose last day to be sent in time is before the next file."""
        ahead = timedelta(days=PROMISED_DAYS)
        return Between(self._today + ahead, self._next + ahead)

    def _pending(self, deanery: str, starts: Between) -> int:
        where: list[Where] = [
            {"state": kind.value, "deanery": deanery, "date_from": starts} for kind in PENDING
        ]
        return sum(self._reader.count(APPLICANTS, one) for one in where)

    def _sent_in(self, files: Sequence[OutboundFile]) -> Waiting:
        """Return how many applicants of our files ESR has not answered, and how many start too soon to be sent again tomorrow."""
        names = {file.name for file in files}
        if not names:
            return Waiting()
        exported = {"file": sorted(names), "state": RecordState.EXPORTED.value}
        leaving = Between(self._today, can_wait_from(self._today, self._window))
        return Waiting(
            self._reader.count(APPLICANTS, exported),
            self._exported_in(files[0].deanery, names, leaving),
            self._exported_in(files[0].deanery, names, self._promised()),
        )

    def _exported_in(self, deanery: str, names: Set[str], starts: Between) -> int:
        """Return how many of some files' applicants start in a period of few days: it is read by start, not by file."""
        where: Where = {"state": RecordState.EXPORTED.value, "deanery": deanery, "date_from": starts}
        return sum(record.file in names for record in self._reader.find(APPLICANTS, where))

    def _notifications(self, deanery: str) -> int:
        where = {"state": RecordState.TO_EXPORT.value, "deanery": deanery}
        return self._reader.count(NOTIFICATIONS, where)


def who_acts(cell: Cell) -> tuple[Who, str]:
    """Return who must act on a cell, and what to do."""
    if cell.state in {CellState.LATE, CellState.MISSING}:
        return Who.SUPPORT, _ABSENT[cell.type](cell)
    if cell.state is CellState.CONFIRMATION_OVERDUE:
        return Who.SUPPORT, f"ask ESR whether it received or quarantined the file: tis-esr files {cell.file}"
    if cell.state is CellState.HELD:
        return Who.SUPPORT, f"read the finding, and ask ESR for a correct copy: tis-esr files {cell.file}"
    if cell.state in {CellState.REJECTED, CellState.CONFIRMED_WITH_ERRORS}:
        return REJECTION_WHO, OF_ROWS
    if cell.state is CellState.COMPLETE_WITH_REFUSALS:
        return Who.SUPPORT, f"see which rows were not used: tis-esr files {cell.file}; tis-esr parked list"
    return Who.NOBODY, ""


def _ask_esr(cell: Cell) -> str:
    return f"ask ESR for the {cell.type} file of {cell.deanery}"


def _export(what: str) -> Callable[[Cell], str]:
    def text(cell: Cell) -> str:
        if cell.file:
            return f"check the outbound store (tis-esr doctor): {cell.file} is written as soon as the store accepts it"
        return f"check that tis-esr run is up (tis-esr doctor), then: tis-esr export {what} --deanery {cell.deanery}"

    return text


def _rtc(_: Cell) -> str:
    return "check that tis-esr run is up (tis-esr doctor); parked rows hold an RTC back"


_ABSENT: dict[FileType, Callable[[Cell], str]] = {
    FileType.RMC: _ask_esr,
    FileType.APP: _export("applicants"),
    FileType.DNC: _export("notifications"),
    FileType.RTC: _rtc,
    FileType.APC: _ask_esr,
    FileType.DCC: _ask_esr,
}


def _sum(one: Waiting, other: Waiting) -> Waiting:
    return Waiting(*(a + b for a, b in zip(one, other, strict=True)))
