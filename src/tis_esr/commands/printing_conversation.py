"""Prints several days with a simulated ESR: a few lines a day, and what each system holds at the end."""

from tis_esr.commands.printing import by_state, by_type, named, titled
from tis_esr.commands.terminal import HEADING, console, say
from tis_esr.counted import counted
from tis_esr.operations.beliefs import Beliefs
from tis_esr.operations.dates import day as written
from tis_esr.operations.day_summary import Summary

_SHOWN = 12


def show_later_day(number: int, summary: Summary) -> None:
    """Print the inbound and outbound files of a later day, and the totals of records after it."""
    say("")
    say(f"Day {number}, {written(summary.day)}", style=HEADING)
    out = named(summary.sent) if any(summary.sent.values()) else "nothing to send"
    titled("Files from ESR", f"{len(summary.files_in)}; rows to ESR: {out}", indent=2)
    titled("Applicant records", by_state(summary.applicants), indent=2)
    titled("Notifications", by_type(summary.notifications), indent=2)
    if summary.rejected:
        titled(
            "Rejected by ESR",
            f"{counted(len(summary.rejected), 'applicant record')}; run tis-esr why",
            indent=2,
        )


def show_beliefs(found: Beliefs) -> None:
    """Print what each system holds, why trainees are not in ESR, and where this system and ESR differ."""
    say("")
    columns = [
        ["TIS", *(_number(line.tis) for line in found.lines)],
        ["this system", *(_number(line.us) for line in found.lines)],
        ["ESR", *(_number(line.esr) for line in found.lines)],
    ]
    right = [[cell.rjust(max(map(len, column))) for cell in column] for column in columns]
    names = ["What each system holds", *(line.what for line in found.lines)]
    headers, *rows = zip(names, *right, strict=True)
    console.table(headers, rows)
    titled("Incoming trainees who are not in ESR", named(found.not_in_esr))
    titled("Records that differ in ESR", f"{len(found.differences)}")
    for difference in found.differences[:_SHOWN]:
        say(difference, indent=2)


def _number(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
