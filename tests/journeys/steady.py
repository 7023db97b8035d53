"""Steady traffic: every day the same amount of everything that comes from ESR and TIS, all invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.journeys.small_world import TODAY, Small

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.inbound_files import por_values, pos_values, position_number, row
from tis_esr.simulation.days.invented_people import Dto
from tis_esr.simulation.days.npn import post_number
from tis_esr.simulation.days.scenarios_people import assignment

DEANERY = "EOE"
LIVING = 20
EACH_DAY = 5
LIVES_DAYS = 10
CLEARED_AFTER_DAYS = 3
MOST_DAYS = 140
NEW = 500


def npn(number: int, deanery: str = DEANERY) -> str:
    return post_number(deanery, number)


def build(world: World, deaneries: Sequence[str] = (DEANERY,)) -> None:
    """Make TIS's posts of each deanery, one for each position that will ever come, and its people."""
    for deanery in deaneries:
        for number in [*range(LIVING), *range(NEW, NEW + MOST_DAYS)]:
            world.post(deanery, npn=npn(number, deanery))
        for _ in range(MOST_DAYS):
            world.person()


@dataclass
class Steady:
    """Brings the traffic of a day of a deanery, which has a place among those that ``build`` made."""

    small: Small
    deanery: str = DEANERY
    place: int = 0
    before: Dto | None = None

    def day(self, number: int) -> None:
        """Put a day's changes into TIS, and its files into the inbound folder."""
        self._placement(number)
        lines = [*self._positions(number), *self._assignment(number), b"ABS,no assignment before it"]
        self._file("RMC", number, number + 1, [line.decode() for line in lines])
        self._answers(number)
        self._junk(number)

    def _placement(self, number: int) -> None:
        """Somebody comes to one of the living posts in five days, for a week; of who came before, ESR hears a day more."""
        world = self.small.world
        placement = world.placement_to_be(
            self._post(number), self._person(number), number + 5, number + 11, status="CURRENT"
        )
        self.small.tcs.simulator.store.put_placement(placement)
        if self.before is not None:
            end = date.fromisoformat(self.before["dateTo"]) + timedelta(days=1)
            self.small.tcs.simulator.store.put_placement({**self.before, "dateTo": end.isoformat()})
        self.before = placement

    def _positions(self, number: int) -> list[bytes]:
        """Rows of some living positions, of a new one, and of one that ends."""
        first = number * EACH_DAY
        living = [(n % LIVING, "C") for n in range(first, first + EACH_DAY)]
        ending = [(NEW + number - LIVES_DAYS, "D")] if number >= LIVES_DAYS else []
        lines = []
        for position, indicator in [*living, (NEW + number, "C"), *ending]:
            values = position + 1 + 10_000 * self.place, npn(position, self.deanery), self.deanery
            lines.append(row("applied", "POR", por_values(*values, indicator=indicator)).raw)
            lines.append(row("applied", "POS", pos_values(*values, indicator=indicator)).raw)
        return lines

    def _assignment(self, number: int) -> list[bytes]:
        """Whoever came the day before has another telephone number, and an absence."""
        if number < 6:
            return []
        about = World(TODAY, self.small.world.random)
        start = TODAY + timedelta(days=number)
        absence: dict[str, Any] = {
            "absenceID": f"A{number}",
            "absenceStart": start,
            "absenceEnd": start,
            "absenceDuration": 1,
        }
        person, post = self._person(number - 6), self._post(number - 6)
        changed = {"homeTel": f"01632 96{number:04d}"}
        assignment(
            about, self.deanery, person, post["nationalPostNumber"], "applied", per=changed, absence=absence
        )
        return [line.raw for line in about.lines[self.deanery]]

    def _person(self, number: int) -> Dto:
        return self.small.world.people[self.place * MOST_DAYS + number]

    def _post(self, number: int) -> Dto:
        return self.small.world.posts[self.place * (LIVING + MOST_DAYS) + number % LIVING]

    def _answers(self, number: int) -> None:
        """ESR's answers to yesterday's files."""
        for ours, answer in (("APP", "APC"), ("DNC", "DCC")):
            day = TODAY + timedelta(days=number - 1)
            for path in sorted(
                (self.small.folder / "out").glob(f"DE_{self.deanery}_{ours}_{day:%Y%m%d}_*.DAT")
            ):
                rows = [line.split(",") for line in path.read_text().splitlines()[1:-1]]
                said = [_answer(answer, row, cells) for row, cells in enumerate(rows, 1)]
                sequence = int(path.stem.split("_")[-1])
                self._file(answer, number - 1, sequence, said)

    def _file(self, kind: str, number: int, sequence: int, rows: list[str]) -> None:
        day = TODAY + timedelta(days=number)
        path = self.folder / f"DE_{self.deanery}_{kind}_{day:%Y%m%d}_{sequence:08d}.DAT"
        path.write_text("\n".join([*rows, f"TRL,{len(rows)}"]) + "\n")

    @property
    def folder(self) -> Path:
        """Where files come in."""
        place = self.small.folder / "in"
        place.mkdir(exist_ok=True)
        return place

    def _junk(self, number: int) -> None:
        (self.folder / f"notes {number}.txt").write_text("not a file of the interface")

    def clear(self, number: int) -> None:
        """Clear the inbound folder of what is some days old, as an operator does."""
        for path in self.folder.iterdir():
            if path.name == f"notes {number - CLEARED_AFTER_DAYS}.txt" or _day_of(
                path.name
            ) <= TODAY + timedelta(days=number - CLEARED_AFTER_DAYS):
                path.unlink()


def _answer(kind: str, row: int, cells: list[str]) -> str:
    if kind == "DCC":
        return f'DCC,{row},"{npn(0)}","1","SUCCESS","INFO","",1,1001'
    position, number = cells[30].strip('"'), cells[31].strip('"')
    rejected = f'FAIL,"ERROR","End date not accepted","",,{position},{number},{row}'
    accepted = f'SUCCESS,"INFO","","A{row}",5,{position},{number},{row}'
    return f'APC,"{npn(0)}",{rejected if int(position) % 2 else accepted}'


def _day_of(name: str) -> date:
    parts = name.split("_")
    return date.fromisoformat(parts[3]) if len(parts) == 5 else date.max


__all__ = ["CLEARED_AFTER_DAYS", "LIVING", "Steady", "build", "position_number"]
