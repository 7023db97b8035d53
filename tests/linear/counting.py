"""Work that is counted, not timed: instructions of the program's own Python code, and SQLite's steps."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import tis_esr
from tis_esr.engine.embedded.engine import EmbeddedEngine

_PROGRAM = str(Path(tis_esr.__file__).parent)
_STEPS = 10
MOST_FOR_FOUR_TIMES = 5.0
"""Four times as much work may cost so many times as much: what is quadratic costs 16 times."""


@dataclass
class Counted:
    """Bytecode instructions of the program, on the counting thread; steps of SQLite's machine."""

    instructions: int = 0
    steps: int = 0

    def times(self, less: "Counted") -> tuple[float, float]:
        """Return how many times as much work it was."""
        return self.instructions / less.instructions, self.steps / max(1, less.steps)


@contextmanager
def counted(engine: EmbeddedEngine | None = None) -> Iterator[Counted]:
    """Count what is done within."""
    result = Counted()

    def instruction(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            result.instructions += 1
        return instruction

    def call(frame: FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(_PROGRAM):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return instruction

    def step() -> int:
        result.steps += _STEPS
        return 0

    connection = engine and engine._connection
    if connection is not None:
        connection.set_progress_handler(step, _STEPS)
    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield result
    finally:
        sys.settrace(before)
        if connection is not None:
            connection.set_progress_handler(None, 0)
