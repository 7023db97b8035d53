"""The comparison of all positions with TIS on request, and how far it is."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from uuid import uuid4

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.services.day import request_comparison
from tis_esr.services.flow import STAGES, TELLING
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

_END_OF_TIME = 1e12
_QUEUES = frozenset({*(queue for stage in STAGES for queue in stage), *TELLING})
ACT = "reconcile"
"""The act in the audit."""


class Comparison:
    """A comparison that was requested at ``asked_at``, the engine's time."""

    def __init__(self, open_reader: Callable[[], Reader], deaneries: Sequence[str], asked_at: float) -> None:
        self._open, self._deaneries, self._asked_at = open_reader, list(deaneries), asked_at

    def progress(self) -> tuple[int, int]:
        """Return how many positions were compared since, and how many there are."""
        with closing(self._open()) as reader:
            left, done = (
                reader.count(POSITIONS, {"deanery": self._deaneries, "reconciled_at": times})
                for times in (Between(0.0, self._asked_at), Between(self._asked_at, _END_OF_TIME))
            )
        return done, done + left

    def parked(self) -> int:
        """Return how many messages of the comparison, and of what follows from it, were parked since."""
        with closing(self._open()) as reader:
            return parked_since(reader, self._asked_at)

    def left(self) -> int:
        """Return how many positions were not compared since."""
        done, total = self.progress()
        return total - done


def comparable(reader: Reader, deaneries: Sequence[str]) -> int:
    """Return how many positions of some offices a comparison covers: those that ESR has sent with a row of their own."""
    return reader.count(POSITIONS, {"deanery": list(deaneries), "reconciled_at": Between(0.0, _END_OF_TIME)})


def parked_since(reader: Reader, asked_at: float) -> int:
    """Return how many messages that a comparison leads to were parked since a moment of the engine's clock."""
    return sum(one.queue in _QUEUES and one.parked_since >= asked_at for one in reader.parked())


async def request(
    runner: Runner, open_reader: Callable[[], Reader], day: date, deaneries: Sequence[str]
) -> Comparison:
    """Request the comparison and the daily rules from the services; each request is a new one."""
    asked_at = runner.engine.time()
    await request_comparison(runner, day, deaneries, occasion=uuid4().hex)
    return Comparison(open_reader, deaneries, asked_at)


async def compare(runner: Runner) -> None:
    """Handle what was requested, and all that follows from it. Raises PatienceExhaustedError."""
    async with runner.beside(TELLING):
        for stage in STAGES:
            await runner.drain(stage)
