"""How results are printed: lines and JSON, and a day's summary."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from tis_esr.commands.outcome import console
from tis_esr.desk.summary import Summary
from tis_esr.services.day import DayDone

_ROW_STATES = ("applied", "superseded", "unmatched", "parked", "ignored")
_REASONS_SHOWN = 12


def say(text: str) -> None:
    """Print one line as it stands; what a terminal would obey instead of showing is written as an escape."""
    console.print(text, highlight=False, soft_wrap=True, markup=False)


def print_json(value: object) -> None:
    """Print a result as JSON."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def show(done: DayDone, summary: Summary) -> None:
    """Print what the day did, what it left for a person, and what stands after it."""
    refused = {taken.file.name: taken.said for taken in done.taken if taken.said and not taken.fresh}
    if done.taken:
        _files_in(summary, refused)
    else:
        console.print(
            "[bold]Files in[/]: none; the folder has no files. Check --in, or whether ESR has sent any.",
            soft_wrap=True,
        )
    _files_out(summary)
    _counts("Person updates in TIS", {name.lower(): number for name, number in summary.tis_updates.items()})
    _parked(summary)
    _records("Applicant records with missing data", summary.invalid)
    _records("Records held back: ESR would not load them", summary.held_back)
    _records("Applicant records that ESR rejected", summary.rejected)
    if summary.earlier:
        _counts("Left by earlier days", summary.earlier)
    console.print("[bold]After this day, all days together[/]")
    _counts("  Positions", summary.positions)
    _counts("  Applicant records", summary.applicants)
    _counts("  Notifications", summary.notifications)
    _counts("  Fields left blank: no matching ESR code", summary.unmapped)
    if summary.waiting:
        _counts("Still waiting", summary.waiting)


def _records(title: str, keys: Sequence[str]) -> None:
    if keys:
        shown = ", ".join(keys[:_REASONS_SHOWN]) + (" ..." if len(keys) > _REASONS_SHOWN else "")
        console.print(
            f"[bold]{title}:[/] {len(keys)} (placement:position {shown}); ask tis-esr why",
            highlight=False,
            soft_wrap=True,
        )


def _files_in(summary: Summary, refused: Mapping[str, str]) -> None:
    console.print("[bold]Files in[/]")
    for file in summary.files_in:
        states = ", ".join(f"{file[state]:,} {state}" for state in _ROW_STATES if file.get(state))
        console.print(
            f"  {file['name']}  {file['rows']:,} rows: {states or 'none'}", highlight=False, soft_wrap=True
        )
        noted = (
            [f"{file['notes']} rows or facts noted: tis-esr files {file['name']}"] if file["notes"] else []
        )
        for text in (*file["findings"], *filter(None, [refused.get(file["name"])]), *noted):
            console.print(f"    {text}", highlight=False, soft_wrap=True, markup=False)
    for gap in summary.gaps:
        console.print(f"  Missing: {gap.text}", highlight=False, soft_wrap=True, markup=False)


def _files_out(summary: Summary) -> None:
    console.print("[bold]Files out[/]")
    for file in summary.files_out:
        console.print(
            f"  {file['name']}  {file['rows']:,} rows, {file['state']}", highlight=False, soft_wrap=True
        )


def _counts(title: str, counts: Mapping[str, int]) -> None:
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items()) or "none"
    console.print(f"[bold]{title}:[/] {said}", highlight=False, soft_wrap=True)


def _parked(summary: Summary) -> None:
    reasons = Counter(parked.reason for parked in summary.parked)
    places = {parked.reason: f"{parked.file} row {parked.row}" for parked in reversed(summary.parked)}
    console.print(f"[bold]Parked, for a person to look at:[/] {len(summary.parked)}", highlight=False)
    for reason, number in reasons.most_common(_REASONS_SHOWN):
        console.print(f"  {number} × {reason} (first: {places[reason]})", highlight=False, soft_wrap=True)
    if len(reasons) > _REASONS_SHOWN:
        console.print(f"  and {len(reasons) - _REASONS_SHOWN} other reasons: see --json")
