"""The plans of the queries that tests issue: each shape is explained once, on the spot, and a bad one is remembered."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.queries.exceptions import WHOLE_READS

import tis_esr

_HERE = Path(__file__).parent
_TESTS = _HERE.parent
_PROGRAM = Path(tis_esr.__file__).parent


@dataclass
class Plans:
    """Shapes of queries with what is wrong with the plan of each, "" where nothing is."""

    faults: dict[str, str] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)
    excepted: set[str] = field(default_factory=set)
    looking: int = 0

    def is_known(self, shape: str) -> bool:
        """Say whether a shape has been explained."""
        return shape in self.faults

    def explained(self, shape: str, fault: str) -> None:
        """Enter a shape with what is wrong with its plan, unless it is a whole read that is meant.

        What a test asks by itself, to see what came of something, may be asked in any way.
        """
        if fault and (self.looking or _is_asked_by_a_test()):
            return
        self.faults[shape] = fault
        if not fault:
            return
        name = next((name for name, (pattern, _) in WHOLE_READS.items() if pattern.search(shape)), "")
        if name:
            self.excepted.add(name)
        else:
            self.fresh.append(f"{shape}\n    {fault}")

    @contextmanager
    def looked_at_by_a_test(self) -> Iterator[None]:
        """Let a test read whatever it likes through a unit of work, to see what came of something."""
        self.looking += 1
        try:
            yield
        finally:
            self.looking -= 1

    def taken(self) -> list[str]:
        """Return the bad plans since this was last asked."""
        found, self.fresh = self.fresh, []
        return found

    @contextmanager
    def apart(self) -> Iterator["Plans"]:
        """Explain again what is issued within, as if nothing was known, and keep what is found apart."""
        before = self.faults, self.fresh, self.excepted
        self.faults, self.fresh, self.excepted = {}, [], set()
        try:
            yield self
        finally:
            self.faults, self.fresh, self.excepted = before


def _is_asked_by_a_test() -> bool:
    """Say whether the code that asks an engine, or a server, is a test's, as far as it is on this thread's stack."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        is_ours = file.is_relative_to(_TESTS) or file.is_relative_to(_PROGRAM)
        if is_ours and not file.is_relative_to(_HERE) and not file.is_relative_to(_PROGRAM / "engine"):
            return file.is_relative_to(_TESTS)
        frame = frame.f_back
    return False


PLANS = Plans()
"""Of this test process."""
