"""``tis-esr outage --from TIME --to TIME``: prints what an outage delayed and dropped, and what is still open."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.decisions.who import Who
from tis_esr.errors import Exit
from tis_esr.operations.composition import crons, reader_of, window
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.outage import Outage, refuse_impossible
from tis_esr.operations.outage import outage as find_outage
from tis_esr.operations.outage_effects import Effect
from tis_esr.settings import Settings

_NAMED = 12


def outage(
    settings: Settings, start: datetime, end: datetime, today: date, state: Path | None, *, as_json: bool
) -> Exit:
    """Print the effects of an outage; DONE_WITH_PARKED while something is still open. Raises UsageError."""
    refuse_impossible(start, end, today, wall_clock.now())
    with closing(reader_of(settings, state)) as reader:
        found = find_outage(reader, start, end, today=today, window=window(settings), crons=crons(settings))
    if as_json:
        print_json(found)
    else:
        show_effects(found)
    return Exit.DONE_WITH_PARKED if found.open else Exit.DONE


def show_effects(found: Outage) -> None:
    """Print what an outage delayed and dropped, with who must act, and how much is still open."""
    say(f"From {_said(found.start)} to {_said(found.end)}", style=HEADING)
    _effects("Delayed", found.delayed)
    _effects("Dropped (not sent any more)", found.dropped)
    said = "; ".join(one.text for one in found.open)
    say(said or "nothing", label="Still open:", style=NOTICE if found.open else HEADING)


def _effects(title: str, effects: Sequence[Effect]) -> None:
    if not effects:
        say("nothing", label=f"{title}:", style=HEADING)
        return
    say(title, style=HEADING)
    for one in effects:
        say(f"{one.text}: {one.why}.", indent=2, style=NOTICE if one.is_open else "")
        if one.names and one.number:
            more = f" and {one.number - _NAMED:,} more (--json)" if len(one.names) > _NAMED else ""
            say(", ".join(one.names[:_NAMED]) + more, indent=4)
        if one.who is not Who.NOBODY:
            say(f"{one.who.value}: {one.action}", label="Who must act:", indent=4)


def _said(at: datetime) -> str:
    return readable(iso(at.timestamp()))
