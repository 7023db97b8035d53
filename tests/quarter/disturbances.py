"""What goes wrong on a day, by seed and day: each day's draw is its own, so that one more change moves no other."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_SHARES = {
    "outage": 0.03,
    "tcs_down": 0.04,
    "few_failures": 0.08,
    "no_file": 0.06,
    "late": 0.06,
    "twice": 0.1,
}
_OF_FILES = {"quarantined": 0.06, "loaded_late": 0.06, "lost": 0.05}
LONGEST_OUTAGE = 7
LONGEST_DELAY = 3


@dataclass(frozen=True)
class Day:
    """``tcs_answers`` calls are answered before TCS goes down for the run, None where it stays up.

    ``runs_again`` says that the day is run once more after a failure; ``late`` by how many days ESR's files come.
    """

    runs: bool = True
    tcs_answers: int | None = None
    runs_again: bool = False
    few_failures: bool = False
    no_file: bool = False
    late: int = 0
    twice: bool = False


class Disturbances:
    """Draws the disturbances of each day of a quarter; none on the first day, and none from ``calm`` on."""

    def __init__(self, seed: int, first: date, calm: date, off: frozenset[str] = frozenset()) -> None:
        self._seed, self._first, self._calm, self._off = seed, first, calm, off

    def of(self, day: date) -> Day:
        """Return what goes wrong on a day."""
        if not self._first < day < self._calm:
            return Day()
        random = Random(f"{self._seed} {day}")
        drawn = {name: random.random() < share for name, share in _SHARES.items()}
        happens = {name for name, is_drawn in drawn.items() if is_drawn and name not in self._off}
        return Day(
            runs=not self._is_out(day),
            tcs_answers=random.choice((0, 5, 20, 60)) if "tcs_down" in happens else None,
            runs_again=random.random() < 0.5,
            few_failures="few_failures" in happens,
            no_file="no_file" in happens,
            late=random.randint(1, LONGEST_DELAY) if "late" in happens else 0,
            twice="twice" in happens,
        )

    def happens(self, name: str, day: date, file: str) -> bool:
        """Say whether a disturbance of files happens to one on a day: quarantined, loaded_late, lost."""
        random = Random(f"{self._seed} {name} {file}")
        return name not in self._off and self._first < day < self._calm and random.random() < _OF_FILES[name]

    def _is_out(self, day: date) -> bool:
        """Return whether an outage of up to a week that began on a day before lasts."""
        if "outage" in self._off:
            return False
        for back in range(LONGEST_OUTAGE):
            begun = day - timedelta(days=back)
            random = Random(f"{self._seed} outage {begun}")
            if (
                begun > self._first
                and random.random() < _SHARES["outage"]
                and random.randint(1, LONGEST_OUTAGE) > back
            ):
                return True
        return False
