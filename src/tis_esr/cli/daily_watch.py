"""Commands that watch the day: which files are expected, here or late, and what is expected when."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from tis_esr.commands.command_line import (
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

ShownDayOption = Annotated[
    str | None,
    typer.Option(
        "--day",
        metavar="DATE",
        help="The day, YYYY-MM-DD.",
        show_default="today in London; after tis-esr day: its day",
    ),
]


class FileTypeName(StrEnum):
    """A file type that is expected."""

    RMC = "RMC"
    APP = "APP"
    DNC = "DNC"
    RTC = "RTC"
    APC = "APC"
    DCC = "DCC"


@command("tis-esr board", "tis-esr board --deanery YHD", "tis-esr board --history")
def board(
    day: ShownDayOption = None,
    deanery: DeaneryOption = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show 30 days of each office and file type instead.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which files of a day are expected, here, late or missing, whom that affects, and who must act.

    Exit code 1 if somebody must act.
    """
    with user_errors_reported():
        from tis_esr.commands.board import board as run

        settings = load()
        deaneries_of(deanery)
        check_state(settings, state)
        shown = None if day is None else day_of(day, "--day")
        code = run(settings, shown, deanery, state, history=history, as_json=as_json)
        raise typer.Exit(int(code))


@command("tis-esr digest", "tis-esr digest --deanery YHD", "tis-esr digest --day 2026-11-24")
def digest(
    day: ShownDayOption = None,
    deanery: DeaneryOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell the day's exchange with ESR in plain words: what came, what went, what is late, and who must act.

    Exit code 1 if somebody must act.
    """
    with user_errors_reported():
        from tis_esr.commands.digest import digest as run

        settings = load()
        deaneries_of(deanery)
        check_state(settings, state)
        shown = None if day is None else day_of(day, "--day")
        raise typer.Exit(int(run(settings, shown, deanery, state, as_json=as_json)))


class Act(StrEnum):
    """What to do about expectations."""

    LIST = "list"
    SET = "set"
    WAIVE = "waive"
    WITHDRAW = "withdraw"


@command(
    "tis-esr expectations list",
    "tis-esr expectations set --type RMC --due 15:00 --why 'ESR moved it'",
    "tis-esr expectations set --type RMC --deanery PEN --due never --why closed",
    "tis-esr expectations waive --type RMC --until 2026-12-28 --why closed",
    "tis-esr expectations withdraw W3 --why 'ESR is back'",
)
def expectations(
    act: Annotated[
        Act,
        typer.Argument(metavar="list|set|waive|withdraw", help="Show them, or make a change."),
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="What to withdraw, e.g. E3 or W3.")
    ] = None,
    type_: Annotated[
        FileTypeName | None,
        typer.Option("--type", metavar="RMC|APP|DNC|RTC|APC|DCC", help="The file type."),
    ] = None,
    deanery: DeaneryOption = None,
    due: Annotated[
        str | None,
        typer.Option(
            "--due",
            metavar="TIME",
            help="When it is due in London: 14:30, a cron expression of five fields, or never.",
        ),
    ] = None,
    days_after: Annotated[
        int, typer.Option("--days-after", min=0, max=30, help="Due so many days after the file's day.")
    ] = 0,
    grace: Annotated[
        int, typer.Option("--grace", min=0, max=1440, metavar="MIN", help="Late so many minutes after.")
    ] = 30,
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="From the files of this day on.", show_default="today"),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Up to the files of this day; a waiver needs it."),
    ] = None,
    source: Annotated[
        str, typer.Option("--source", metavar="TEXT", help="Where the time comes from.", show_default=False)
    ] = "",
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="Why it is changed.", show_default=False)
    ] = "",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List which file is expected when, set a new version, or waive it for some days; every change is audited.

    A waiver ends by itself. Earlier days are judged by the version of that day.
    """
    with user_errors_reported():
        from tis_esr.commands import expectations as run

        settings = load()
        deaneries_of(deanery)
        check_state(settings, state)
        kind = None if type_ is None else type_.value
        begin = None if first is None else day_of(first, "--from")
        end = None if until is None else day_of(until, "--until")
        if act is Act.SET:
            if kind is None or due is None:
                raise UsageError(
                    "--type" if kind is None else "--due", "is missing; set needs --type and --due"
                )
            change = run.setting(kind, deanery, due, days_after, grace, begin, end, source, why)
        elif act is Act.WAIVE:
            if end is None:
                raise UsageError("--until", "is missing; name the last day whose files are waived")
            change = run.waiving(kind, deanery, begin, end, why)
        elif act is Act.WITHDRAW:
            if name is None:
                raise UsageError("NAME", "name what to withdraw; tis-esr expectations list shows it")
            change = run.withdrawing(name, why)
        else:
            raise typer.Exit(int(run.show(settings, state, as_json=as_json)))
        raise typer.Exit(int(asyncio.run(run.apply(settings, state, change, as_json=as_json))))
