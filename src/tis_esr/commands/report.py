"""``tis-esr report``: prints a report's sums and rows, or writes its rows as CSV."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import HEADING, console, errors, print_json, say
from tis_esr.counted import counted
from tis_esr.errors import UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of, tcs_for_operation, window
from tis_esr.operations.reports.csv_reports import csv_of, opening
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.making import audit_personal, make_report
from tis_esr.operations.reports.report import Filters, Report, Sum, Value
from tis_esr.private_files import open_private
from tis_esr.settings import Settings

_ROWS_SHOWN = 20
_SUMS_SHOWN = 8
_ON_SCREEN = (
    "deanery", "post_number", "position_number", "positions", "starts", "file", "row", "state", "reason", "message",
    "who", "gmc_number",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is asked for; ``personal`` is the reason for personal data, ``csv`` a file or ``-``."""

    kind: ReportKind
    filters: Filters
    day: date
    weeks: int
    without_position: bool
    for_trust: bool
    personal: str | None
    csv: str | None


async def report(
    settings: Settings, wanted: Wanted, state: Path | None, tcs_url: str | None, *, as_json: bool
) -> None:
    """Print the report, or write it. One with personal data is audited before it is shown."""
    if wanted.personal is not None and not wanted.personal.strip():
        raise UsageError("--personal", "give the reason for which personal data is needed")
    found = await _made(settings, wanted, state, tcs_url)
    if found.personal and wanted.personal is not None:
        async with engine_for_operation(settings, state) as runner:
            to = "a file" if wanted.csv not in {None, "-"} else "the terminal"
            act = partial(audit_personal, runner, person_of(settings), found, to, wanted.personal.strip())
            await runner.patiently("audit", act)
    if as_json:
        print_json(found)
    elif wanted.csv is None:
        _show(found)
    else:
        _write(found, wanted.csv)


async def _made(settings: Settings, wanted: Wanted, state: Path | None, tcs_url: str | None) -> Report:
    is_posts = wanted.kind is ReportKind.POSTS
    with closing(reader_of(settings, state)) as reader, progress() as bars:
        unit, total = ("posts", None) if is_posts else ("deaneries", len(wanted.filters.deaneries))
        bar = bars.stage("Reading posts from TIS" if is_posts else "Reading", unit, total=total)
        async with tcs_for_operation(settings, tcs_url) as tcs:
            return await make_report(
                reader,
                wanted.kind,
                wanted.filters,
                wanted.day,
                window=window(settings),
                weeks=wanted.weeks,
                tcs=tcs,
                without_position=wanted.without_position,
                for_trust=wanted.for_trust,
                personal=wanted.personal is not None,
                advance=bar.advance,
            )


def _write(found: Report, to: str) -> None:
    text = csv_of(found)
    if to == "-":
        sys.stdout.write(text)
        return
    path = Path(to)
    try:
        with open_private(path, "wb") as file:
            file.write(text.encode("utf-8-sig"))
    except OSError as error:
        raise UsageError(
            "--csv", f"{path}: {error.strerror or error}; name a file that can be written"
        ) from error
    errors.say(f"{counted(len(found.rows), 'row')} written to {path}")


def _show(found: Report) -> None:
    first, *others = opening(found)
    say(first, style=HEADING)
    for line in others:
        say(line)
    counts = ", ".join(f"{number:,} {name}" for name, number in sorted(found.states.items())) or "none"
    say(f"{len(found.rows):,} ({counts})" if found.rows else "none", label="Rows:", style=HEADING)
    for lines in _by_dimension(found.sums):
        _show_sums(lines)
    columns = [name for name in _ON_SCREEN if name in found.columns]
    if found.rows:
        console.table(
            [_heading(name) for name in columns], [_cells(row, columns) for row in found.rows[:_ROWS_SHOWN]]
        )
    if len(found.rows) > _ROWS_SHOWN:
        say(f"and {len(found.rows) - _ROWS_SHOWN:,} more: see --csv FILE or --json")


def _by_dimension(sums: Sequence[Sum]) -> Iterator[list[Sum]]:
    for by in dict.fromkeys(one.by for one in sums):
        yield [one for one in sums if one.by == by]


def _show_sums(lines: Sequence[Sum]) -> None:
    states = list(dict.fromkeys(name for one in lines for name in one.states))
    rows = [
        [one.value, f"{one.rows:,}", *(f"{one.states.get(name, 0):,}" for name in states)] for one in lines
    ]
    console.table([f"By {lines[0].by}", "Rows", *map(_heading, states)], rows[:_SUMS_SHOWN])
    if len(lines) > _SUMS_SHOWN:
        say(f"and {len(lines) - _SUMS_SHOWN:,} more: see --json", indent=2)


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize().replace("Gmc", "GMC")


def _cells(row: dict[str, Value], columns: Sequence[str]) -> list[str]:
    return ["" if row.get(name) is None else str(row.get(name)) for name in columns]
