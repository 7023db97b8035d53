"""``tis-esr deadlines``: prints who misses the deadline if nothing is done, and who has missed it."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.decisions.who import Who
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of, window
from tis_esr.operations.dates import day as written
from tis_esr.operations.deadlines import AtRisk, Deadlines
from tis_esr.operations.deadlines import deadlines as find_deadlines
from tis_esr.settings import Settings

_SHOWN = 50


def deadlines(
    settings: Settings, deaneries: Sequence[str], day: date, days: int, state: Path | None, *, as_json: bool
) -> Exit:
    """Print the applicants at risk; DONE_WITH_PARKED if there are any."""
    with closing(reader_of(settings, state)) as reader:
        found = find_deadlines(reader, day, window(settings), deaneries, days=days)
    if as_json:
        print_json(found)
    else:
        _show(found)
    return Exit.DONE_WITH_PARKED if found.at_risk or found.missed else Exit.DONE


def _show(found: Deadlines) -> None:
    until = "today" if found.days == 1 else f"within {counted(found.days, 'day')}"
    _list(f"At risk {until} ({written(found.day)})", found.at_risk)
    _list("Too late to send (starts of the last 30 days)", found.missed)
    say(found.not_counted, label="Not counted:", style=HEADING)


def _list(title: str, some: Sequence[AtRisk]) -> None:
    say(counted(len(some), "applicant record"), label=f"{title}:", style=NOTICE if some else HEADING)
    for one in some[:_SHOWN]:
        dates = f"starts {written(one.starts)}, last day to send {written(one.last_day)}"
        say(
            f"placement {one.placement_id}, position {one.position_id} ({one.deanery_number}), {dates}",
            indent=2,
        )
        acts = "" if one.who is Who.NOBODY or not one.action else f": {one.action}"
        say(f"{one.reason}. Who must act: {one.who.value}{acts}", indent=4)
    if len(some) > _SHOWN:
        say(f"and {len(some) - _SHOWN:,} more: see --json", indent=2)
