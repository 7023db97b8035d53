"""Progress of long work on standard error: a bar with total, rate and time left; on a dumb terminal a periodic line."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from tis_esr.commands.terminal import Terminal, errors

_NARROW: Final = 100
_LINE_SECONDS: Final = 10.0


class Bars:
    """Bars of one command, one a stage. Nothing is shown in a pipe, a file or a log."""

    def __init__(self, terminal: Terminal, rich: Progress | None, clock: Callable[[], float]) -> None:
        self._terminal, self._rich, self._clock = terminal, rich, clock

    @property
    def is_shown(self) -> bool:
        """Return whether they are shown."""
        return self._terminal.is_terminal

    def stage(self, name: str, unit: str, *, total: int | None, done: int = 0) -> "Bar":
        """Begin a stage of ``total`` units, of which an earlier run of the command finished ``done``."""
        return Bar(self._terminal, self._rich, self._clock, name, unit, total, done)


class Bar:
    """One stage: ``done`` of ``total`` units; the total may increase meanwhile."""

    def __init__(
        self,
        terminal: Terminal,
        rich: Progress | None,
        clock: Callable[[], float],
        name: str,
        unit: str,
        total: int | None,
        done: int,
    ) -> None:
        self._terminal, self._rich, self._clock = terminal, rich, clock
        self.name, self.unit, self.total, self.done = name, unit, total, done
        self._said = clock()
        self._task = rich.add_task(name, total=total, completed=done, unit=unit) if rich else None
        if self._rich is None and terminal.is_terminal:
            terminal.say(f"{name}: {amount(done, total)} {unit}")

    def advance(self, by: int = 1) -> None:
        """Count units that are finished."""
        self.update(self.done + by)

    def update(self, done: int, total: int | None = None, name: str | None = None) -> None:
        """Show how many units are finished, and the total if it has changed."""
        self.done = done
        self.total = self.total if total is None else total
        self.name = name or self.name
        if self._rich is not None and self._task is not None:
            self._rich.update(self._task, completed=done, total=self.total, description=self.name)
        elif self._terminal.is_terminal and self._clock() - self._said >= _LINE_SECONDS:
            self._said = self._clock()
            self._terminal.say(f"{self.name}: {amount(done, self.total)} {self.unit}")

    def finish(self) -> None:
        """End the stage: the units counted so far are the total."""
        self.update(self.done, total=self.done)


class _Amount(ProgressColumn):
    def render(self, task: Task) -> Text:
        total = None if task.total is None else int(task.total)
        return Text(f"{amount(int(task.completed), total)} {task.fields['unit']}")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed and not task.finished else "")


class _TimeLeft(ProgressColumn):
    def render(self, task: Task) -> Text:
        if task.finished:
            return Text("done")
        return Text(time_left(task.time_remaining))


@contextmanager
def progress(terminal: Terminal = errors, clock: Callable[[], float] = time.monotonic) -> Iterator[Bars]:
    """Show bars during the block; they are removed at its end, and the result is printed in their place."""
    if not terminal.is_interactive_terminal:
        yield Bars(terminal, None, clock)
        return
    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=10 if terminal.width < _NARROW else 40),
        _Amount(),
        _Rate(),
        _TimeLeft(),
    ]
    with Progress(*columns, console=terminal, transient=True) as shown:
        yield Bars(terminal, shown, clock)


def amount(done: int, total: int | None) -> str:
    """Return ``1,200 of 47,000``."""
    return f"{done:,}" if total is None else f"{done:,} of {total:,}"


def time_left(seconds: float | None) -> str:
    """Return ``1:05 left`` in minutes and seconds or hours, minutes and seconds; "" while it is unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"
