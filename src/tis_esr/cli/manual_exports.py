"""The command that writes files for ESR manually: what is due, a resend, or a full file."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import (
    DayOption,
    DeaneryOption,
    JsonOption,
    StateOption,
    check_state,
    command,
    day_of,
    deaneries_of,
    folder_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


class Exported(StrEnum):
    """What can be exported."""

    APPLICANTS = "applicants"
    NOTIFICATIONS = "notifications"


@command(
    "tis-esr export applicants --dry-run",
    "tis-esr export notifications --deanery EOE",
    "tis-esr export notifications --full --deanery EOE",
    "tis-esr export applicants --resend DE_EOE_APP_20261124_00000008.DAT",
    "tis-esr export notifications --resend DE_EOE_DNC_20261124_00000008.DAT",
)
def export(
    what: Annotated[
        Exported, typer.Argument(metavar="applicants|notifications", help="What to export: APP or DNC files.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FOLDER", help="The folder for the files to ESR.", show_default=True),
    ] = Path("out"),
    deanery: DeaneryOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write and store nothing; print what would be exported.")
    ] = False,
    resend: Annotated[
        str | None,
        typer.Option(
            "--resend",
            metavar="FILE",
            help="Resend the rows of this APP, DNC or DNF file that ESR rejected or did not confirm in time.",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="ROWS", help="Only these rows of FILE, e.g. 3,5-7.")
    ] = None,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Write a DNF: who is in every live position of the deanery now and next."
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --full: even if nothing is new since the last DNF.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the day's applicant or notification files from the records that are to be exported."""
    with user_errors_reported():
        from tis_esr.commands.export import export as run
        from tis_esr.commands.full_file import export_full
        from tis_esr.commands.resend import resend as send_again
        from tis_esr.commands.resend_notifications import resend_notifications as generate_again
        from tis_esr.operations.resending import rows_of

        settings, how = load(), {"dry_run": dry_run, "as_json": as_json}
        folder_of("--out", out)
        check_state(settings, state)
        _check_combination(what, deanery, resend, only, full=full, again=again)
        if resend is not None:
            rows = None if only is None else rows_of(only)
            if what is Exported.APPLICANTS:
                asyncio.run(send_again(settings, resend, rows, out, day_of(as_of), state, **how))
            else:
                asyncio.run(generate_again(settings, resend, rows, day_of(as_of), state, **how))
        elif full:
            asyncio.run(export_full(settings, deanery, out, day_of(as_of), state, again=again, **how))
        else:
            asyncio.run(run(settings, what.value, out, deaneries_of(deanery), day_of(as_of), state, **how))


def _check_combination(
    what: Exported, deanery: str | None, resend: str | None, only: str | None, *, full: bool, again: bool
) -> None:
    """Raise UsageError for options that exclude or need each other."""
    if only is not None and resend is None:
        raise UsageError("--only", "needs --resend: name the file of the rows")
    if resend is not None and deanery is not None:
        raise UsageError("--resend", "is without --deanery: the file's name has the deanery")
    if resend is not None and full:
        raise UsageError(
            "--resend", "is without --full: a DNF repeats who is now and next, whatever was sent"
        )
    if full and what is not Exported.NOTIFICATIONS:
        raise UsageError("--full", "is for notifications")
    if again and not full:
        raise UsageError("--again", "needs --full")
