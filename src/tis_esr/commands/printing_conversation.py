"""How a conversation of some days with ESR is printed: a few lines a day, and what each side believes in the end."""

from collections.abc import Mapping

from rich.table import Table

from tis_esr.commands.beliefs import Beliefs
from tis_esr.commands.outcome import console
from tis_esr.desk.summary import Summary

_SHOWN = 12


def show_later_day(number: int, summary: Summary) -> None:
    """Print the files in and out of a later day, and the records as they stand after it."""
    console.print(f"\n[bold]Day {number}, {summary.day}[/]", highlight=False)
    out = _said(summary.sent) if summary.sent else "nothing to send"
    _line("  Files from ESR", f"{len(summary.files_in)}; rows to ESR: {out}")
    _line("  Applicant records", _said(summary.applicants))
    _line("  Notifications", _said(summary.notifications))
    if summary.rejected:
        _line("  Rejected by ESR", f"{len(summary.rejected)} applicant records; ask tis-esr why")


def show_beliefs(found: Beliefs) -> None:
    """Print what each side believes, why trainees are not in ESR, and where this system and ESR differ."""
    table = Table("What each side believes", box=None, pad_edge=False, header_style="bold")
    for side in ("TIS", "this system", "ESR"):
        table.add_column(side, justify="right")
    for line in found.lines:
        table.add_row(line.what, *("-" if n is None else f"{n:,}" for n in (line.tis, line.us, line.esr)))
    console.print()
    console.print(table, highlight=False)
    _line("Trainees to come who are not in ESR", _said(found.not_in_esr))
    _line("Records that ESR holds otherwise", f"{len(found.differences)}")
    for difference in found.differences[:_SHOWN]:
        console.print(f"  {difference}", highlight=False, soft_wrap=True)


def _line(title: str, text: str) -> None:
    console.print(f"[bold]{title}:[/] {text}", highlight=False, soft_wrap=True)


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items()) or "none"
