"""Commands that report: rows for spreadsheets and for trusts, with sums."""

import asyncio
from typing import Annotated

import typer

from tis_esr.commands.command_line import (
    DayOption,
    DeaneryOption,
    JsonOption,
    StateOption,
    TcsIfSetOption,
    command,
    day_of,
    deaneries_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.reading_settings import load


@command(
    "tis-esr report posts --trust RGT00 --without-position",
    "tis-esr report positions --deanery EOE --csv positions.csv",
    "tis-esr report invalid --trust RGT00 --for-trust --csv -",
    "tis-esr report rejections --personal 'ticket 4711' --csv rejections.csv",
)
def report(
    kind: Annotated[ReportKind, typer.Argument(help="What the report is about.")],
    trust: Annotated[
        str,
        typer.Option(
            "--trust",
            metavar="CODE",
            help="Only this trust, by its code in the post number.",
            show_default="all",
        ),
    ] = "",
    deanery: DeaneryOption = None,
    specialty: Annotated[
        str,
        typer.Option(
            "--specialty",
            metavar="CODE",
            help="Only this specialty, by its code in the post number.",
            show_default="all",
        ),
    ] = "",
    grade: Annotated[
        str,
        typer.Option(
            "--grade",
            metavar="CODE",
            help="Only this grade, by its code in the post number.",
            show_default="all",
        ),
    ] = "",
    without_position: Annotated[
        bool, typer.Option("--without-position", help="Posts: only those without a position in ESR.")
    ] = False,
    weeks: Annotated[
        int,
        typer.Option(
            "--weeks",
            min=1,
            max=52,
            metavar="N",
            help="Forecast: who reaches the window within N weeks.",
            show_default=True,
        ),
    ] = 13,
    csv: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE", help="Write the rows as CSV to FILE; - prints them."),
    ] = None,
    for_trust: Annotated[
        bool,
        typer.Option(
            "--for-trust",
            help="Fit to give to the trust: no personal data or internal ids; with day, version and limits.",
        ),
    ] = False,
    personal: Annotated[
        str | None,
        typer.Option(
            "--personal",
            metavar="TEXT",
            help="With GMC numbers and ESR's messages; TEXT is the reason, which is audited.",
        ),
    ] = None,
    tcs: TcsIfSetOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report posts, positions, invalid records, person updates, the coming wave, or rejections, with sums by trust, office, specialty and grade."""
    with user_errors_reported():
        if as_json and csv is not None:
            raise UsageError("--csv", "can't be combined with --json; choose one")
        if without_position and kind is not ReportKind.POSTS:
            raise UsageError("--without-position", f"is for tis-esr report posts, not for {kind.value}")
        from tis_esr.commands.report import Wanted
        from tis_esr.commands.report import report as run
        from tis_esr.operations.reports.report import Filters

        filters = Filters(
            deaneries=deaneries_of(deanery),
            trust=trust.strip(),
            specialty=specialty.strip(),
            grade=grade.strip(),
        )
        wanted = Wanted(kind, filters, day_of(as_of), weeks, without_position, for_trust, personal, csv)
        asyncio.run(run(load(), wanted, state, tcs, as_json=as_json))
