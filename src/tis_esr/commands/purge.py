"""``tis-esr purge``: remove what is older than the retention now, print what would be removed, or list past purges."""

from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, print_json, say
from tis_esr.counted import counted
from tis_esr.decisions.retention_periods import FILES_COME_WITHIN
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.composition import engine_for_operation, purge_of, reader_of
from tis_esr.operations.dates import day as written
from tis_esr.services.retention.audit import PURGES, PurgeOfDay
from tis_esr.settings import Settings


async def purge(settings: Settings, as_of: date, state: Path | None, *, dry_run: bool, as_json: bool) -> Exit:
    """Purge as of a day, or count what would be removed; UNAVAILABLE if another process is purging.

    Raises UsageError if no file arrived in the days before that day.
    """
    async with engine_for_operation(settings, state, as_of) as runner:
        task = purge_of(settings, runner, None, embedded=state is not None)
        if not await runner.patiently("the purge", partial(task.is_plausible, as_of)):
            days = FILES_COME_WITHIN.days
            raise UsageError(
                "--as-of",
                f"no file arrived in the {counted(days, 'day')} before {written(as_of)}: nothing is purged as of that day",
            )
        done: PurgeOfDay | None
        if dry_run:
            done = await runner.patiently("the purge", partial(task.dry_run, as_of))
        else:
            async with audited(runner, person_of(settings), "purge", why=f"as of {as_of}") as act:
                done = await runner.patiently("the purge", partial(task.again, as_of))
                act.result = _result(done)
    if done is None:
        say('Another process is purging; tis-esr run logs "purged" when it has finished.')
        return Exit.UNAVAILABLE
    if as_json:
        print_json(done)
    else:
        _show(done, dry_run=dry_run)
    return Exit.DONE


def past(settings: Settings, state: Path | None, *, as_json: bool) -> Exit:
    """Print what was purged on each day, newest first."""
    with closing(reader_of(settings, state)) as reader:
        found = sorted(reader.find(PURGES, {}), key=lambda purge: purge.day, reverse=True)
    if as_json:
        print_json(found)
        return Exit.DONE
    for done in found:
        counts = ", ".join(f"{name}: {number:,}" for name, number in sorted(done.removed.items()))
        say(f"{written(done.day)}{'' if done.finished else ', not finished'}: {counts or 'nothing'}")
    if not found:
        say("Nothing has been purged yet.")
    return Exit.DONE


def _result(done: PurgeOfDay | None) -> str:
    if done is None:
        return "failed: another process is purging"
    return ", ".join(f"{number} {name}" for name, number in sorted(done.removed.items())) or "nothing"


def _show(done: PurgeOfDay, *, dry_run: bool) -> None:
    said = "Would be removed" if dry_run else "Removed"
    say(f"as of {written(done.day)}:", label=said, style=HEADING)
    for name, number in sorted(done.removed.items()):
        say(f"{name}: {number:,}", indent=2)
    if not done.removed:
        say("nothing", indent=2)
    say(
        f"rows and handled messages from {written(done.messages)}, personal data from {written(done.personal)},"
        f" history from {written(done.history)}, {_guards(done)}",
        label="Kept:",
    )


def _guards(done: PurgeOfDay) -> str:
    if done.guards == date.min:
        return "all that protects against older files, because a message has been waiting or parked for very long"
    return f"guards against older files from {written(done.guards)}"
