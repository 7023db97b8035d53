"""Other behaviour of a real ESR: it rejects valid rows, warns, answers late, in parts, or twice."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Behaviour:
    """Shares from 0 to 1, of rows (rejected, warned) and of answers (late, cut, twice); all drawn by seed and name.

    A late answer arrives a day later. A cut one arrives as its first half, and complete on the next day, under one
    name. One that arrives twice is repeated on the next day, unchanged. ``escapes_quotes`` is false for an ESR that
    quotes values back in its messages and does not double the quotes.
    """

    rejected: float = 0.0
    warned: float = 0.0
    late: float = 0.0
    cut: float = 0.0
    twice: float = 0.0
    escapes_quotes: bool = True

    def happens(self, share: float, seed: int, *cause: object) -> bool:
        """Say whether something of a share happens to a cause: the same for the same seed and cause."""
        return Random(f"{seed} {cause}").random() < share  # noqa: S311 - a game, no secret
