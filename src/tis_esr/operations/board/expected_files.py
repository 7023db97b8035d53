"""The expected files of some days: each with its deadline, what is here of it, and its state by that alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.built_in import Terms
from tis_esr.operations.board.cells import CellState, FileType
from tis_esr.operations.board.expectations import Expectation, Rules, rules_of
from tis_esr.operations.board.files_of_days import FilesOfDays, Place, files_of
from tis_esr.operations.board.judging import (
    Deadline,
    Usual,
    absent,
    at_minute,
    minutes_after_midnight,
    usual,
)
from tis_esr.operations.board.presence import Presence, is_unwritten, presence
from tis_esr.operations.dates import midnight
from tis_esr.operations.kept import kept_from
from tis_esr.services.data_exporter.region_starts import REGION_STARTS

USUAL_DAYS = 28
"""What is usual is learned from the files of this many days before."""


@dataclass(frozen=True)
class Expected:
    """One expected file: its expectation, deadline, what is here of it, and its state by that alone."""

    deanery: str
    type: FileType
    day: date
    expectation: Expectation
    deadline: Deadline
    presence: Presence
    state: CellState
    detail: str


class Days:
    """The expected files of some days, read once."""

    def __init__(
        self, reader: Reader, terms: Terms, deaneries: Sequence[str], first: date, last: date
    ) -> None:
        self.first = max(first, kept_from(reader) or date.min)
        self._deaneries = deaneries
        self._rules: Rules = rules_of(reader, terms.built_in, self.first, last)
        rtc = any(one.schedule for one in self._rules.expectations if one.type is FileType.RTC)
        self._found: FilesOfDays = files_of(reader, deaneries, self.first, last, rtc=rtc)
        self._begun = self._found.first_day
        self._last = last
        self._starting = {one.deanery for one in reader.get(REGION_STARTS, deaneries) if one.is_in_progress}
        self._arrivals: dict[Place, int | None] = {}

    def of(self, day: date, now: datetime) -> Iterator[Expected]:
        """Yield the expected files of a day, by office and type; none of before the first day that anything is known of."""
        if day < self.first or (day < self._last and day < self._begun):
            return
        for deanery in self._deaneries:
            for type_ in FileType:
                if (one := self._one(deanery, type_, day, now)) is not None:
                    yield one

    def is_made_good(self, one: Expected) -> bool:
        """Return whether a later day's file has what one that is missing would have had.

        A later export sends all that is due by then, a later RMF has all positions; an RMC has only that day's changes.
        A file of ours that has its rows is made good by none: no other file gets them.
        """
        if one.type in {FileType.APP, FileType.DNC} and one.presence.ours:
            return False
        later = [one.day + timedelta(days=n) for n in range(1, (self._last - one.day).days + 1)]
        if one.type in {FileType.APP, FileType.DNC}:
            here = (presence(self._found, (one.deanery, one.type, day), may_come=False) for day in later)
            return any(found.state in {CellState.SENT, CellState.COMPLETE} for found in here)
        if one.type is FileType.RMC:
            return any(self._found.has_full_file(one.deanery, day) for day in later)
        return False

    def arrivals(self, deanery: str, type_: FileType, before: date) -> list[int]:
        """Return when an office's files arrived on the USUAL_DAYS before a day, in minutes after midnight."""
        days = [before - timedelta(days=back) for back in range(1, USUAL_DAYS + 1)]
        return [m for day in days if (m := self._arrival((deanery, type_, day))) is not None]

    def _arrival(self, place: Place) -> int | None:
        if place not in self._arrivals:
            at = presence(self._found, place, may_come=False).came_at
            self._arrivals[place] = None if at is None else minutes_after_midnight(at, midnight(place[2]))
        return self._arrivals[place]

    def usual(self, deanery: str, type_: FileType, before: date) -> Usual | None:
        """Return the usual arrival of an office's files, by the days before a day."""
        return usual(self.arrivals(deanery, type_, before))

    def _one(self, deanery: str, type_: FileType, day: date, now: datetime) -> Expected | None:
        expectation = self._rules.expectation(deanery, type_, day)
        due_at = expectation.due_at(day) if expectation else None
        here = presence(self._found, (deanery, type_, day), may_come=now < midnight(day + timedelta(days=1)))
        if expectation is None or due_at is None or not here.is_owed:
            return None
        known = self.usual(deanery, type_, day)
        usual_at = at_minute(midnight(day), known.p95) if known else None
        deadline = Deadline(due_at, expectation.late_at(due_at), usual_at)
        if is_unwritten(here) and now >= deadline.late_at:
            here = replace(here, state=None, detail="its rows are allocated, and it is not written")
        state, detail = self._state(deanery, type_, day, here, deadline, now)
        return Expected(deanery, type_, day, expectation, deadline, here, state, detail)

    def _state(
        self, deanery: str, type_: FileType, day: date, here: Presence, deadline: Deadline, now: datetime
    ) -> tuple[CellState, str]:
        if here.state is not None:
            return here.state, here.detail
        if here.settled:
            return CellState.WAIVED, f"settled: {here.settled}"
        if type_ in {FileType.APP, FileType.DNC} and deanery in self._starting:
            return CellState.WAIVED, "the region's start is in progress, and only it sends files"
        if (waiver := self._rules.waiver(deanery, type_, day)) is not None:
            return CellState.WAIVED, waiver.text
        return absent(type_, deadline, now), here.detail
