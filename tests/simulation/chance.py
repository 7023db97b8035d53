"""What happens by chance, so that one decision can be taken back without changing the others.

Each decision has a name, the kind of occasion and its number (``tcs.PATCH.personal:3``), and is drawn from
the seed and that name alone. What came of it is kept under the name: that is a run's schedule.
"""

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b

_SCALE = 1 << 64


@dataclass(frozen=True)
class Draw:
    """Four numbers from 0 to below 1 that belong to one decision."""

    name: str
    numbers: tuple[float, float, float, float]

    def between(self, low: float, high: float, which: int = 1) -> float:
        """Return a number between two."""
        return low + (high - low) * self.numbers[which]

    def one_of(self, *choices: str, which: int = 2) -> str:
        """Return one of the choices."""
        return choices[int(self.numbers[which] * len(choices))]


class Chance:
    """The disturbances of one run. ``off`` names those that are not to happen, each or by kind (``tcs``)."""

    def __init__(self, seed: int, off: frozenset[str] = frozenset()) -> None:
        self.seed = seed
        self.off = off
        self.happened: dict[str, str] = {}
        self._occasions: Counter[str] = Counter()

    def draw(self, kind: str) -> Draw:
        """Return the numbers of the next occasion of a kind."""
        number = self._occasions[kind]
        self._occasions[kind] += 1
        return self.drawn(f"{kind}:{number}")

    def drawn(self, name: str) -> Draw:
        """Return the numbers of the occasion of this name."""
        digest = blake2b(f"{self.seed}|{name}".encode(), digest_size=32).digest()
        numbers = tuple(int.from_bytes(digest[at : at + 8], "big") / _SCALE for at in (0, 8, 16, 24))
        return Draw(name, numbers)  # type: ignore[arg-type]  # there are four of them

    def strikes(self, kind: str, rate: float) -> Draw | None:
        """Return the draw where something is to happen on this occasion, at ``rate`` of 1."""
        draw = self.draw(kind)
        return draw if draw.numbers[0] < rate and self.allows(draw.name) else None

    def allows(self, name: str) -> bool:
        """Say whether a disturbance of this name may happen."""
        return not self.off or not ({name, name.partition(":")[0], name.partition(".")[0]} & self.off)

    def note(self, name: str, what: str) -> None:
        """Remember that a disturbance happened."""
        self.happened[name] = what
