"""Progress of ``tis-esr day``: rows read, rows handled and messages handled, each with its total.

Rows are counted from the ledger, so the progress of a day that was killed is shown at once.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Self

from tis_esr.commands.progress import Bar, Bars
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.services.inbound_data_reader.file_ledger import FILES

_POLL_SECONDS: Final = 1.0
_LOAD: Final = 20
"""A poll that takes this long is followed by a pause of this many times its length."""
READING: Final = "Reading files"


def lines_of(paths: Iterable[Path]) -> int:
    """Return the number of lines in the files, which is close to their rows; 0 for an unreadable file."""
    number = 0
    for path in paths:
        try:
            with path.open("rb") as file:
                last = b""
                while block := file.read(1 << 20):
                    number, last = number + block.count(b"\n"), block[-1:]
                number += last not in {b"", b"\n"}
        except OSError:
            continue
    return number


def ended(counts: Mapping[str, Mapping[RowState, int]], names: Iterable[str]) -> tuple[int, int]:
    """Return how many rows of the files are in a final state, and how many there are."""
    of_day = [counts.get(name, {}) for name in names]
    total = sum(sum(states.values()) for states in of_day)
    return total - sum(states.get(RowState.PENDING, 0) for states in of_day), total


class DayProgress:
    """The progress bars of one day; ``stage`` is called when a stage begins and when rows were read."""

    def __init__(
        self, bars: Bars, open_reader: Callable[[], Reader], inbound: Path, names: Iterable[str]
    ) -> None:
        self._bars, self._open, self._inbound, self._names = bars, open_reader, inbound, list(names)
        self._reading: Bar | None = None
        self._rows: Bar | None = None
        self._messages: Bar | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if not self._bars.is_shown:
            return self
        self._reader = self._open()
        total = await asyncio.to_thread(lines_of, [self._inbound / name for name in self._names])
        before = sum(file.rows for file in self._reader.get(FILES, self._names))
        self._reading = self._bars.stage(READING, "rows", total=max(total, before), done=before)
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._reader.close()

    def stage(self, name: str, rows: int) -> None:
        """Show that a stage has begun, or that it has read more rows."""
        if self._reading is None:
            return
        if name == READING:
            self._reading.advance(rows)
            return
        self._reading.finish()
        if self._rows is None:
            self._rows = self._bars.stage("Handling rows", "rows", total=None)
            self._messages = self._bars.stage(name, "messages", total=None)
        elif self._messages is not None:
            self._messages.update(self._messages.done, name=name)

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        most, begun = 0, clock()
        while True:
            begun = clock()
            try:
                counts, waiting = await asyncio.to_thread(
                    lambda: (self._reader.row_counts(), self._reader.waiting())
                )
            except Exception:  # noqa: BLE001 - what is shown must not end the day
                counts, waiting = {}, {}
            if counts and self._rows is not None and self._messages is not None:
                self._rows.update(*ended(counts, self._names))
                left = sum(waiting.values())
                most = max(most, left)
                self._messages.update(most - left, most)
            await asyncio.sleep(max(_POLL_SECONDS, _LOAD * (clock() - begun)))
