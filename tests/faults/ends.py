"""What two days ended in, in whatever engine, judged as the simulation judges its runs."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.faults.two_days import TwoDays
from tests.journeys.outcome import files
from tests.simulation.invariants import Ends, violations
from tests.simulation.outcome import Outcome, outcome

from tis_esr.engine.collection import Collection
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import Row
from tis_esr.simulation.tcs.server import Running


class _Left:
    """What a reader finds, in the form in which the simulation's store tells of it."""

    def __init__(self, reader: Reader, contents: dict[str, bytes]) -> None:
        self._reader = reader
        self._places = [
            (name, row)
            for name, content in contents.items()
            for row in range(1, len(content.splitlines()) + 1)
        ]

    def rows(self) -> dict[tuple[str, int], Row]:
        return {(row.file, row.row): row for row in self._reader.rows(self._places)}

    def everything(self, collection: Collection[Any]) -> list[Any]:
        return self._reader.find(collection, {})

    def parked(self) -> Sequence[Any]:
        return [SimpleNamespace(message=trace, reason=trace.reason) for trace in self._reader.parked()]


def end_of(days: TwoDays, reader: Reader, tcs: Running, out: Path) -> Outcome:
    """Return what was left: documents, files, and what TCS holds; closes the reader."""
    try:
        left: Any = _Left(reader, days.files)
        return outcome(left, tcs, SimpleNamespace(files=files(out)))  # type: ignore[arg-type]  # the same by other means
    finally:
        reader.close()


def differences(days: TwoDays, ordered: Outcome, found: Outcome) -> list[str]:
    """Say where an end breaks a promise, or is not that of the ordered run."""
    scenario: Any = days
    return [
        f"{v.kind}: {v.sentence}"
        for v in violations(Ends(scenario=scenario, ordered=ordered, disturbed=found, early=False))
    ]
