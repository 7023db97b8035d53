"""Prints the applicants who leave the window unless they are sent today, and those who have left it unsent."""

from collections.abc import Sequence

from tis_esr.commands.terminal import NOTICE, say
from tis_esr.counted import counted
from tis_esr.decisions.deadlines import Deadline
from tis_esr.operations.dates import day as written
from tis_esr.services.data_exporter.deadline_guard import Unsent

_TITLES = {
    Deadline.LEAVING.name: "Last day to send",
    Deadline.MISSED.name: "Too late to send",
}
_SHOWN = 12


def show_unsent(found: Sequence[Unsent]) -> None:
    """Print each with the reason, who must act and what to do."""
    for code, title in _TITLES.items():
        some = [one for one in found if one.deadline == code]
        if some:
            say(
                f"{counted(len(some), 'applicant record')} (placement:position)",
                label=f"{title}:",
                style=NOTICE,
            )
        for one in some[:_SHOWN]:
            say(f"{one.record} ({one.deanery}, starts {written(one.starts)}): {one.reason}", indent=2)
            say(f"{one.who.value}: {one.action}", label="Who must act:", indent=4)
        if len(some) > _SHOWN:
            say(f"and {len(some) - _SHOWN:,} more: see --json", indent=2)
