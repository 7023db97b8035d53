"""Which file is expected when: versioned expectations, and waivers that suspend them for some days."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import msgspec

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.cells import FileType
from tis_esr.services.cron import next_after
from tis_esr.wall_clock import LONDON

_INSTANT = timedelta(microseconds=1)
_NEXT_DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def _fires_on(schedule: str, day: date) -> datetime | None:
    """Return when a schedule first fires on a day, in London; None if it does not."""
    before = datetime.combine(day, time.min, LONDON).astimezone(UTC) - _INSTANT
    at = next_after(schedule, before).astimezone(LONDON)
    return at if at.date() == day else None


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what is expected of a file type, of one office or (``deanery`` "") of all.

    A file for a day is due when ``schedule`` (a cron expression, London time) first fires ``days_after`` days after it,
    and late ``grace_minutes`` later; if it does not fire on that day, or is "", no file is expected. It is in force for
    the files of ``valid_from`` to ``valid_until``, both included. ``source`` says where the times come from. Versions
    are numbered from 1; built-in ones have 0. ``set_by``, ``set_at`` (UTC) and ``why`` are the person's.
    """

    number: int = 0
    type: FileType
    deanery: str = ""
    schedule: str
    days_after: int = 0
    grace_minutes: int
    source: str
    valid_from: date = date.min
    valid_until: date | None = None
    set_by: str = ""
    set_at: datetime | None = None
    why: str = ""
    withdrawn: str = ""

    def covers(self, deanery: str, type_: FileType, day: date) -> bool:
        """Return whether it says what is expected of an office's file for a day."""
        return (
            self.type is type_
            and self.deanery in {"", deanery}
            and not self.withdrawn
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )

    def due_at(self, day: date) -> datetime | None:
        """Return when a file for a day is due, in London; None if none is expected."""
        if not self.schedule:
            return None
        return _fires_on(self.schedule, day + timedelta(days=self.days_after))

    def late_at(self, due_at: datetime) -> datetime:
        """Return from when on a file is late, in London."""
        return (due_at.astimezone(UTC) + timedelta(minutes=self.grace_minutes)).astimezone(LONDON)


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation that a person suspended for the files of ``first`` to ``until``, both included.

    ``deanery`` and ``type`` are "" for all. It ends by itself: files for later days are expected again.
    """

    number: int
    deanery: str
    type: str
    first: date
    until: date
    set_by: str
    set_at: datetime
    why: str
    withdrawn: str = ""

    def covers(self, deanery: str, type_: FileType, day: date) -> bool:
        """Return whether an office's file for a day is waived."""
        return (
            self.deanery in {"", deanery}
            and self.type in {"", type_}
            and not self.withdrawn
            and self.first <= day <= self.until
        )

    @property
    def text(self) -> str:
        """Return how a cell shows it."""
        return f"waived until {self.until.day} {self.until:%b %Y} by {self.set_by}: {self.why}"


EXPECTATIONS = Collection(
    "board.expectations", Expectation, lambda one: str(one.number).zfill(6), (("type", "number"),)
)
WAIVERS = Collection("board.waivers", Waiver, lambda one: str(one.number).zfill(6), (("until",),))


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Every expectation and waiver that may be in force: the built-in ones first, then a person's by number."""

    expectations: Sequence[Expectation]
    waivers: Sequence[Waiver]

    def expectation(self, deanery: str, type_: FileType, day: date) -> Expectation | None:
        """Return the expectation in force: an office's own before one of all, then the newest."""
        found = [one for one in self.expectations if one.covers(deanery, type_, day)]
        return max(found, key=lambda one: (bool(one.deanery), one.number), default=None)

    def waiver(self, deanery: str, type_: FileType, day: date) -> Waiver | None:
        """Return the newest waiver of an office's file for a day."""
        found = [one for one in self.waivers if one.covers(deanery, type_, day)]
        return max(found, key=lambda one: one.number, default=None)


class Expectations(msgspec.Struct, frozen=True, kw_only=True):
    """Every expectation, the built-in ones first, and every waiver that has not ended before ``day``."""

    day: date
    expectations: list[Expectation]
    waivers: list[Waiver]


def listed(reader: Reader, built_in: Iterable[Expectation], day: date) -> Expectations:
    """Return what is, was and will be expected, also what was withdrawn; waivers from ``day`` on."""
    rules = rules_of(reader, built_in, day, date.max)
    waivers = sorted(rules.waivers, key=lambda one: one.number)
    return Expectations(day=day, expectations=list(rules.expectations), waivers=waivers)


def rules_of(reader: Reader, built_in: Iterable[Expectation], first: date, last: date) -> Rules:
    """Return what is expected of the files of some days."""
    own = reader.find(EXPECTATIONS, {"type": [kind.value for kind in FileType]})
    waivers = reader.find(WAIVERS, {"until": Between(first, date.max)})
    return Rules(
        expectations=[*built_in, *sorted(own, key=lambda one: one.number)],
        waivers=[one for one in waivers if one.first <= last],
    )
