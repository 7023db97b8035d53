"""``tis-esr purge``: remove what is older than the retention now, or say what would go."""

from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.outcome import Exit, UsageError
from tis_esr.commands.printing import print_json, say
from tis_esr.commands.system import at_the_desk, purge_of
from tis_esr.decisions.retention import FILES_COME_WITHIN
from tis_esr.services.retention.audit import PurgeOfDay
from tis_esr.settings import Settings


async def purge(settings: Settings, as_of: date, state: Path | None, *, dry_run: bool, as_json: bool) -> Exit:
    """Purge as of a day, or count what would go; UNAVAILABLE where another process is purging.

    Raises UsageError where no file came in the days before that day.
    """
    async with at_the_desk(settings, state, as_of) as runner:
        task = purge_of(settings, runner, None, embedded=state is not None)
        if not await runner.patiently("the purge", partial(task.is_plausible, as_of)):
            days = FILES_COME_WITHIN.days
            raise UsageError(
                "--as-of", f"no file came in the {days} days before {as_of}: nothing is removed by that day"
            )
        step = task.dry_run if dry_run else task.again
        done = await runner.patiently("the purge", partial(step, as_of))
    if done is None:
        say('Another process is purging; tis-esr run logs "purged" when it has finished.')
        return Exit.UNAVAILABLE
    if as_json:
        print_json(done)
    else:
        _show(done, dry_run=dry_run)
    return Exit.DONE


def _show(done: PurgeOfDay, *, dry_run: bool) -> None:
    said = "Would be removed" if dry_run else "Removed"
    say(f"{said} as of {done.day}:")
    for name, number in sorted(done.removed.items()):
        say(f"  {number:>9,} {name}")
    if not done.removed:
        say("  nothing")
    say(
        f"Kept: rows and handled messages from {done.messages}, personal data from {done.personal}, history from"
        f" {done.history}, what guards against older files from {done.guards}"
    )
