"""A world being generated: TCS's data, ESR's rows, and the expected outcome of each row and placement."""

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

from tis_esr.records.values import Value
from tis_esr.simulation.days.expected import Expected
from tis_esr.simulation.days.inbound_files import Line, por_values, pos_values, row
from tis_esr.simulation.days.invented_people import Dto, person_dto
from tis_esr.simulation.days.npn import post_number
from tis_esr.simulation.days.tcs_data import placement_dto, post_dto


class NextDay:
    """What happens on the day after: rows, changes in TIS, and the expected outcome.

    ``older`` are rows of a file of the day before that arrives late.
    """

    def __init__(self, deanery_of: dict[int, str]) -> None:
        self.lines: dict[str, list[Line]] = {}
        self.older: dict[str, list[Line]] = {}
        self.changes: list[Dto] = []
        self.expected = Expected(deanery_of)

    def por(self, deanery: str, position: int, npn: str, *, indicator: str = "C") -> None:
        """Add a position's POR row, as it is sent on the next day, to be applied."""
        line = row("applied", "POR", por_values(position, npn, deanery, indicator=indicator))
        self.lines.setdefault(deanery, []).append(line)

    def change(self, method: str, path: str, body: Dto | None = None) -> None:
        """Add a change made in TIS, as a call of TCS below its base address."""
        self.changes.append({"method": method, "path": path, "body": body})


class World:
    """The world that scenarios add to. ``today`` is the day that the files are for."""

    def __init__(self, today: date, random: Random) -> None:
        self.today = today
        self.random = random
        self.posts: list[Dto] = []
        self.placements: list[Dto] = []
        self.people: list[Dto] = []
        self.absences: list[Dto] = []
        self.lines: dict[str, list[Line]] = {}
        self.posts_made = 0
        self.scenarios: Counter[str] = Counter()
        self._deanery_of: dict[int, str] = {}
        self.expected = Expected(self._deanery_of)
        self.next_day = NextDay(self._deanery_of)
        self._ids: dict[str, int] = {}

    def day(self, offset: int) -> str:
        """Return the day ``offset`` days from today, as TCS writes it."""
        return (self.today + timedelta(days=offset)).isoformat()

    def number(self, kind: str, first: int) -> int:
        """Return the next number of its kind."""
        self._ids[kind] = self._ids.get(kind, first - 1) + 1
        return self._ids[kind]

    def post(self, deanery: str, *, npn: str | None = None, status: str = "CURRENT") -> Dto:
        """Add a post of TIS."""
        post = self.post_to_be(deanery, npn=npn, status=status)
        self.posts.append(post)
        self.posts_made += 1
        return post

    def post_to_be(self, deanery: str, *, npn: str | None = None, status: str = "CURRENT") -> Dto:
        """Return a post that TIS does not have yet."""
        number = self.number("post", 100_001)
        return post_dto(number, deanery, npn or post_number(deanery, number), funded=status == "CURRENT")

    def person(self, **changes: Any) -> Dto:
        """Add an obviously invented person of TIS; ``changes`` go into contact, personal, GMC or GDC details."""
        person = person_dto(self.number("person", 200_001), changes)
        self.people.append(person)
        return person

    def placement(self, post: Dto, person: Dto, start: int | None, end: int | None, **changes: Any) -> Dto:
        """Add a placement from ``start`` to ``end``, in days from today."""
        placement = self.placement_to_be(post, person, start, end, **changes)
        self.placements.append(placement)
        return placement

    def placement_to_be(
        self, post: Dto, person: Dto, start: int | None, end: int | None, **changes: Any
    ) -> Dto:
        """Return a placement that TIS does not have yet."""
        dates = {
            "dateFrom": None if start is None else self.day(start),
            "dateTo": None if end is None else self.day(end),
            "status": _status(start, end),
        }
        return placement_dto(self.number("placement", 1_900_001), post, person, {**dates, **changes})

    def row(
        self,
        deanery: str,
        state: str,
        record_type: str,
        values: dict[str, Value],
        *,
        encoding: str = "utf-8",
    ) -> None:
        """Add a well-formed row to a deanery's file, with its expected state."""
        self._add(deanery, row(state, record_type, values, encoding))

    def raw(self, deanery: str, state: str, line: bytes) -> None:
        """Add a line unchanged."""
        self._add(deanery, Line(line, state))

    def position(
        self,
        deanery: str,
        npn: str,
        *,
        post: Dto | None,
        host: bool = False,
        deleted: bool = False,
        pos: bool = True,
        numbered: bool = True,
    ) -> int:
        """Add a position of ESR by its POR and POS rows; ``post`` is the one that it should be matched to."""
        number = self.number("position", 6_000_001)
        self._deanery_of[number] = deanery
        indicator = "D" if deleted else "C"
        state = "applied" if post or deleted else "unmatched"
        por = por_values(number, npn, deanery, indicator=indicator, host=host, numbered=numbered)
        self.row(deanery, state, "POR", por)
        if pos:
            self.row(
                deanery,
                state,
                "POS",
                pos_values(number, npn, deanery, indicator=indicator, numbered=numbered),
            )
        self.expected.position(number, post, deleted=deleted)
        if post and numbered and not deleted:
            self.expected.esr_changed.append([post["id"], number, "RECONCILED"])
        return number

    def applicant(self, placement: Dto, position: int, state: str, *, next_day: str | None = None) -> None:
        """Expect an applicant record; ``next_day`` is its state after the day after, where that is another."""
        self.expected.applicant(placement, position, state)
        if next_day:
            self.next_day.expected.applicant(placement, position, next_day)

    def incumbents(self, position: int, *pairs: tuple[Dto | None, Dto | None]) -> None:
        """Expect type 1 notifications of a position: who is now, who is next."""
        self.expected.incumbents(position, *pairs)

    def _add(self, deanery: str, line: Line) -> None:
        self.lines.setdefault(deanery, []).append(line)


def _status(start: int | None, end: int | None) -> str | None:
    """Return the status that TCS derives from the dates."""
    if start is None or end is None:
        return None
    if start > 0:
        return "FUTURE"
    return "PAST" if end < 0 else "CURRENT"
