"""What trusts do with their positions in ESR on a day, by seed."""

from collections.abc import Iterator
from datetime import date
from random import Random

from tests.quarter.initial_world import DEANERIES, position

from tis_esr.simulation.esr.esr_state import Holdings, Position
from tis_esr.simulation.tcs.dto_store import Store


class ChangesInEsr:
    """Makes seeded changes of positions; each is in the day's RMC of its local office."""

    def __init__(self, holdings: Holdings, tis: Store, random: Random, off: frozenset[str]) -> None:
        self._holdings, self._tis, self._random, self._off = holdings, tis, random, off

    def some(self, day: date, number: int) -> Iterator[str]:
        """Make changes; yield the story of each."""
        acts = (
            self._new,
            self._renumbered,
            self._deleted,
            self._back,
            self._moved,
            self._detail,
            self._repeated,
        )
        for act in self._random.choices(acts, (2, 1, 2, 2, 1, 2, 4), k=number):
            one, story = act()
            if one is not None:
                one.touched = day
                yield f"position {one.id}: {story}"

    def settle(self, day: date) -> Iterator[str]:
        """Bring every position back that was deleted."""
        for one in self._holdings.positions.values():
            if one.deleted:
                one.deleted, one.touched = False, day
                yield f"position {one.id}: back"

    def _new(self) -> tuple[Position | None, str]:
        post = self._random.choice(list(self._tis.posts.values()))
        deanery = post["nationalPostNumber"].partition("/")[0]
        if deanery not in DEANERIES:
            return None, ""
        host = self._random.random() < 0.5
        one = position(len(self._holdings.positions), post["nationalPostNumber"], deanery, host=host)
        self._holdings.positions[one.id] = one
        return one, f"new, of {one.post}"

    def _renumbered(self) -> tuple[Position | None, str]:
        one = self._live()
        one.number = (one.number or 0) + 1_000_000
        return one, f"position number {one.number}"

    def _deleted(self) -> tuple[Position | None, str]:
        one = self._live()
        one.deleted = True
        return one, "deleted"

    def _back(self) -> tuple[Position | None, str]:
        gone = [one for one in self._holdings.positions.values() if one.deleted]
        if not gone:
            return None, ""
        one = self._random.choice(gone)
        one.deleted = False
        return one, "back"

    def _moved(self) -> tuple[Position | None, str]:
        one = self._live()
        one.post = self._random.choice(list(self._tis.posts.values()))["nationalPostNumber"]
        return one, f"moved to {one.post}"

    def _other_office(self) -> tuple[Position | None, str]:
        one = self._live()
        one.deanery = self._random.choice(DEANERIES)
        return one, f"of local office {one.deanery}"

    def _detail(self) -> tuple[Position | None, str]:
        one = self._live()
        one.title += "*"
        return one, "title"

    def _repeated(self) -> tuple[Position | None, str]:
        return self._live(), "sent again"

    def _live(self) -> Position:
        return self._random.choice([one for one in self._holdings.positions.values() if not one.deleted])
