"""``tis-esr expectations``: lists what is expected when, and changes it in a person's name."""

import re
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, console, print_json, say
from tis_esr.counted import counted
from tis_esr.engine.runner import Runner
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectation_changes import set_expectation, waive, withdraw
from tis_esr.operations.board.expectations import Expectation, Expectations, Waiver, listed
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.dates import day as in_words
from tis_esr.settings import Settings

Change = Callable[[Runner, Person], Awaitable[object]]
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_NEVER = "never"


def setting(
    type_: str,
    deanery: str | None,
    due: str,
    days_after: int,
    grace: int,
    first: date | None,
    until: date | None,
    source: str,
    why: str,
) -> Change:
    """Return the change that stores a new version. Raises UsageError for a time that is not valid."""
    return lambda runner, person: set_expectation(
        runner,
        person,
        type_=FileType(type_),
        deanery=deanery or "",
        schedule=_schedule(due),
        days_after=days_after,
        grace_minutes=grace,
        valid_from=first,
        valid_until=until,
        source=source,
        why=why.strip(),
    )


def waiving(type_: str | None, deanery: str | None, first: date | None, until: date, why: str) -> Change:
    """Return the change that waives files for some days."""
    kind = None if type_ is None else FileType(type_)
    return lambda runner, person: waive(
        runner, person, type_=kind, deanery=deanery or "", first=first, until=until, why=why.strip()
    )


def withdrawing(name: str, why: str) -> Change:
    """Return the change that withdraws a version or a waiver."""
    return lambda runner, person: withdraw(runner, person, name, why.strip())


async def apply(settings: Settings, state: Path | None, change: Change, *, as_json: bool) -> Exit:
    """Make a change, and print what is expected from then on."""
    async with engine_for_operation(settings, state) as runner:
        await runner.patiently("expectations", partial(change, runner, person_of(settings)))
    return show(settings, state, as_json=as_json)


def show(settings: Settings, state: Path | None, *, as_json: bool) -> Exit:
    """Print the expectations, built-in ones first, and the waivers that have not ended."""
    with closing(reader_of(settings, state)) as reader:
        found = listed(reader, terms_of(settings).built_in, wall_clock.today())
    if as_json:
        print_json(found)
    else:
        _show(found)
    return Exit.DONE


def _schedule(due: str) -> str:
    if due.strip() == _NEVER:
        return ""
    if (time := _TIME.fullmatch(due.strip())) is not None:
        return f"{int(time[2])} {int(time[1])} * * *"
    if " " not in due.strip():
        raise UsageError("--due", f"{due!r} is not a time; write 14:30, a cron expression, or never")
    return due.strip()


def _show(found: Expectations) -> None:
    say("Expected files (times in London)", style=HEADING)
    rows = [
        (_name(one), one.type.value, one.deanery or "all", _due(one), _period(one))
        for one in found.expectations
    ]
    console.table(("Name", "Type", "Office", "Due", "For the files of"), rows)
    for one in found.expectations:
        say(f"{one.source}{_by(one)}", label=f"{_name(one)} {one.type}:", style=HEADING)
    if not found.waivers:
        say("No file is waived.")
    for waiver in found.waivers:
        what = f"{waiver.type or 'all files'} of {waiver.deanery or 'all offices'}"
        days = f"{in_words(waiver.first)} to {in_words(waiver.until)}"
        say(f"{what}, {days}, by {waiver.set_by}: {waiver.why}{_gone(waiver)}", label=f"W{waiver.number}:", style=HEADING)  # fmt: skip


def _name(one: Expectation) -> str:
    return f"E{one.number}" if one.number else "built-in"


def _due(one: Expectation) -> str:
    if not one.schedule:
        return "never"
    minute, hour, *rest = one.schedule.split()
    is_daily = rest == ["*", "*", "*"] and minute.isdecimal() and hour.isdecimal()
    at = f"{int(hour):02}:{int(minute):02}" if is_daily else one.schedule
    after = "" if not one.days_after else f" {counted(one.days_after, 'day')} later"
    return f"{at}{after}, late after {one.grace_minutes} min"


def _period(one: Expectation) -> str:
    if one.withdrawn:
        return "withdrawn"
    first = "" if one.valid_from == date.min else f"from {in_words(one.valid_from)}"
    last = "" if one.valid_until is None else f"until {in_words(one.valid_until)}"
    return " ".join(filter(None, (first, last))) or "every day"


def _by(one: Expectation) -> str:
    why = f": {one.why}" if one.why != one.source else ""
    said = f"; set by {one.set_by}{why}" if one.set_by else ""
    return f"{said}{_gone(one)}"


def _gone(one: Expectation | Waiver) -> str:
    return f"; {one.withdrawn}" if one.withdrawn else ""
