"""How a day's summary looks on a terminal."""

from collections import Counter
from collections.abc import Mapping

from rich.table import Table

from tis_esr.commands.outcome import console
from tis_esr.desk.summary import Summary
from tis_esr.services.day import DayDone

_ROW_STATES = ("applied", "superseded", "unmatched", "parked", "ignored")
_REASONS_SHOWN = 12


def show(done: DayDone, summary: Summary) -> None:
    """Print files in and out, counts by state, and what is parked and why."""
    refused = {taken.file.name: taken.said for taken in done.taken if taken.said}
    _files_in(summary, refused)
    _files_out(summary)
    _counts("Positions", summary.positions)
    _counts("Applicant records", summary.applicants)
    _counts("Notifications", summary.notifications)
    _counts(
        "Updates of people in TIS", {name.lower(): number for name, number in summary.tis_updates.items()}
    )
    _counts("Columns left empty: no value of ESR's fits", summary.unmapped)
    _parked(summary)
    if summary.waiting:
        _counts("Still waiting", summary.waiting)


def _files_in(summary: Summary, refused: Mapping[str, str]) -> None:
    table = Table(title="Files in", title_justify="left")
    table.add_column("file", no_wrap=True)
    for heading in ("rows", *_ROW_STATES):
        table.add_column(heading, justify="right")
    table.add_column("remark")
    for file in summary.files_in:
        counts = [str(file.get(state, 0) or "") for state in _ROW_STATES]
        remark = (
            refused.get(file["name"]) or file["reason"] or (f"{file['notes']} notes" if file["notes"] else "")
        )
        table.add_row(file["name"], str(file["rows"]), *counts, remark)
    console.print(table)


def _files_out(summary: Summary) -> None:
    table = Table(title="Files out", title_justify="left")
    table.add_column("file", no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("state")
    for file in summary.files_out:
        table.add_row(file["name"], str(file["rows"]), file["state"])
    console.print(table)


def _counts(title: str, counts: Mapping[str, int]) -> None:
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items()) or "none"
    console.print(f"[bold]{title}:[/] {said}", highlight=False)


def _parked(summary: Summary) -> None:
    reasons = Counter(parked.reason for parked in summary.parked)
    places = {parked.reason: f"{parked.file} row {parked.row}" for parked in reversed(summary.parked)}
    console.print(f"[bold]Parked, for a person to look at:[/] {len(summary.parked)}", highlight=False)
    for reason, number in reasons.most_common(_REASONS_SHOWN):
        console.print(f"  {number} × {reason} (first: {places[reason]})", highlight=False, soft_wrap=True)
    if len(reasons) > _REASONS_SHOWN:
        console.print(f"  and {len(reasons) - _REASONS_SHOWN} other reasons: see --json")
