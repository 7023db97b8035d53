"""What goes wrong at present, shared by everything that can."""

from dataclasses import dataclass

from tests.simulation.loop import SimLoop


@dataclass(frozen=True)
class Outage:
    """A while in which every call to TCS ends alike: ``refused``, or with a status. Times are the loop's."""

    name: str
    start: float
    end: float
    how: str


@dataclass(frozen=True)
class Refusal:
    """A while in which TCS answers 400 to every write about one record in ``PARTS``, the one of this number."""

    name: str
    start: float
    end: float
    number: int


PARTS = 5


@dataclass
class Trouble:
    """Shares of calls that fail, of 1, until a time of the loop's clock; none by default."""

    store_rate: float = 0.0
    tcs_rate: float = 0.0
    tcs_slow_rate: float = 0.0
    files_rate: float = 0.0
    outages: tuple[Outage, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    until: float = 0.0

    def is_on(self, loop: SimLoop) -> bool:
        """Say whether anything may fail now."""
        return loop.time() < self.until
