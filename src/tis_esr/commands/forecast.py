"""``tis-esr forecast``: prints the coming wave of applicants by day, or week, and deanery."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec

from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import HEADING, console, print_json, say
from tis_esr.counted import counted
from tis_esr.operations.coming_applicants import Horizon
from tis_esr.operations.composition import reader_of, window
from tis_esr.operations.dates import day as written
from tis_esr.operations.forecast import Forecast, Line, Step
from tis_esr.operations.forecast import forecast as foresee
from tis_esr.settings import Settings

_COUNTED = ("applicants", "sound", "held_back", "sent")


def forecast(
    settings: Settings,
    deaneries: Sequence[str],
    day: date,
    weeks: int,
    by: str,
    state: Path | None,
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print the forecast as a table, JSON or CSV."""
    horizon = Horizon(day, weeks, window(settings))
    with closing(reader_of(settings, state)) as reader, progress() as bars:
        bar = bars.stage("Reading applicant records", "deaneries", total=len(deaneries))
        found = foresee(reader, deaneries, horizon, Step(by), bar.advance)
    if as_json:
        print_json(found)
    elif as_csv:
        _csv(found)
    else:
        _show(found)


def _csv(found: Forecast) -> None:
    """Print dates, codes and numbers only: no cell can be taken for a formula."""
    say(",".join(Line.__struct_fields__))
    for line in found.lines:
        say(",".join("" if value is None else str(value) for value in msgspec.structs.astuple(line)))


def _show(found: Forecast) -> None:
    until = f"{counted(found.weeks, 'week')} from {written(found.day)}"
    if not found.lines:
        say(f"No applicant is in the window or reaches it within {until}.")
    else:
        say(f"Applicants in the window, and those who reach it within {until}", style=HEADING)
        headers = "Reaches window", "Deanery", "Applicants", "Sound", "Held back", "Sent"
        rows = [(_reached(line, found.by), line.deanery, *_counts([line])) for line in found.lines]
        rows.append(("Total", "", *_counts(found.lines)))
        columns = [[header, *column] for header, column in zip(headers, zip(*rows, strict=True), strict=True)]
        right = [[cell.rjust(max(map(len, column))) for cell in column] for column in columns[2:]]
        first, *others = zip(*columns[:2], *right, strict=True)
        console.table(first, others)
        say("tis-esr lint lists what holds applicants back.")
    if found.data_from is not None:
        say(f"as of {written(found.data_from)}, or later", label="Data from TIS:", style=HEADING)
    say(found.not_counted, label="Not counted:", style=HEADING)


def _reached(line: Line, by: Step) -> str:
    if line.reaches_window is None:
        return "already in it"
    if by is Step.WEEK:
        return f"week from {written(line.reaches_window)}"
    return f"{line.reaches_window:%a} {written(line.reaches_window)}"


def _counts(lines: Sequence[Line]) -> list[str]:
    return [f"{sum(getattr(line, name) for line in lines):,}" for name in _COUNTED]
