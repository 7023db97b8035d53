"""``tis-esr export notifications --resend FILE``: generates the rows of a DNC again that ESR rejected or lost."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.as_of_day import refuse_day
from tis_esr.commands.person import person_of
from tis_esr.commands.resend import result_of, show_plan
from tis_esr.commands.terminal import print_json, say
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.resending_notifications import plan_lost, report_lost
from tis_esr.settings import Settings


async def resend_notifications(
    settings: Settings,
    name: str,
    only: Sequence[int] | None,
    day: date,
    state: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Report rows of a file as lost, or print which rows it would be; raises UsageError if rows can't be resent."""
    with closing(reader_of(settings, state)) as reader:
        is_live = settings.engine == "production" and state is None
        refuse_day(reader, day, is_live=is_live, dry_run=dry_run)
        found = plan_lost(reader, name, only, day=day, due_days=settings.confirmation_due_days)
    is_requested = bool(found.rows) and not dry_run
    if not dry_run:
        person = person_of(settings)
        async with engine_for_operation(settings, state, day) as runner:
            await runner.patiently("resend", partial(report_lost, runner.work, found, person, day))
    if as_json:
        print_json(result_of("notifications", found, [], day, dry_run=dry_run, requested=is_requested))
        return
    show_plan(found, "would count as never sent" if dry_run else "counts as never sent", "subject")
    if is_requested:
        say(
            "Running services, or the next tis-esr day, compare the positions with TIS; the next DNC has what is true then."
        )
