"""Commands that look ahead: what is wrong with applicants before they are due, and how many are due when."""

from enum import StrEnum
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
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load

WeeksOption = Annotated[
    int,
    typer.Option(
        "--weeks",
        min=1,
        max=52,
        metavar="N",
        help="Applicants who reach the window within N weeks.",
        show_default=True,
    ),
]


class By(StrEnum):
    """What a forecast has a line for."""

    DAY = "day"
    WEEK = "week"


class Per(StrEnum):
    """What the promise has a line for."""

    OFFICE = "office"
    TRUST = "trust"
    START = "start"


class Listed(StrEnum):
    """Which trainees of the promise are listed."""

    MISSES = "misses"
    DUE = "due"


@command(
    "tis-esr promise --weeks 20",
    "tis-esr promise --by trust --deanery EOE",
    "tis-esr promise --list misses --csv",
)
def promise(
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=52, metavar="N", help="Starts within N weeks.")
    ] = 20,
    by: Annotated[
        Per, typer.Option("--by", metavar="office|trust|start", help="A line for each; start: by week.")
    ] = Per.OFFICE,
    listed: Annotated[
        Listed | None,
        typer.Option("--list", metavar="misses|due", help="List these trainees, by placement, instead."),
    ] = None,
    deanery: DeaneryOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the lines as CSV.")] = False,
) -> None:
    """Count the trainees whose data went to ESR 12 weeks before their start, what is due, and why others missed it.

    Every miss has a reason, and whose it is. Reads the stored records; TIS is not asked.
    """
    with user_errors_reported():
        from tis_esr.commands.promise import promise as run

        if as_json and as_csv:
            raise UsageError("--csv", "can't be combined with --json; choose one")
        settings = load()
        check_state(settings, state)
        run(
            settings,
            deaneries_of(deanery),
            day_of(as_of),
            weeks,
            by.value,
            state,
            listed=None if listed is None else listed.value,
            as_json=as_json,
            as_csv=as_csv,
        )


@command("tis-esr lint --weeks 8", "tis-esr lint --deanery EOE --as-of 2026-11-24 --state demo/state.sqlite")
def lint(
    weeks: WeeksOption = 6,
    deanery: DeaneryOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List data faults of applicants before they are due, by deanery and weeks to go, and posts near ESR's limit.

    Checks the stored applicant records. Exit code 1 if a fault keeps an applicant from being sent.
    """
    with user_errors_reported():
        from tis_esr.commands.lint import lint as run

        code = run(load(), deaneries_of(deanery), day_of(as_of), weeks, state, as_json=as_json)
        raise typer.Exit(int(code))


@command("tis-esr forecast --weeks 20", "tis-esr forecast --by week --deanery EOE", "tis-esr forecast --csv")
def forecast(
    weeks: WeeksOption = 13,
    by: Annotated[
        By, typer.Option("--by", metavar="day|week", help="A line for each day or week.", show_default=True)
    ] = By.DAY,
    deanery: DeaneryOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the lines as CSV.")] = False,
) -> None:
    """Count the applicants who reach the 13-week window, by day and deanery: sound, held back by data, sent."""
    with user_errors_reported():
        from tis_esr.commands.forecast import forecast as run

        if as_json and as_csv:
            raise UsageError("--csv", "can't be combined with --json; choose one")
        run(
            load(),
            deaneries_of(deanery),
            day_of(as_of),
            weeks,
            by.value,
            state,
            as_json=as_json,
            as_csv=as_csv,
        )


@command("tis-esr deadlines", "tis-esr deadlines --days 7 --deanery EOE", "tis-esr deadlines --json")
def deadlines(
    days: Annotated[
        int,
        typer.Option(
            "--days",
            min=1,
            max=91,
            metavar="N",
            help="Also those with faulty data who leave the window within N days.",
            show_default=True,
        ),
    ] = 1,
    deanery: DeaneryOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the applicants who miss the deadline if nothing is done, with starts, reasons and who must act.

    Exit code 1 if there are any.
    """
    with user_errors_reported():
        from tis_esr.commands.deadlines import deadlines as run_

        code = run_(load(), deaneries_of(deanery), day_of(as_of), days, state, as_json=as_json)
        raise typer.Exit(int(code))
