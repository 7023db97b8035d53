"""What the commands share: the program, common options, and the parsing of days and folders."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tis_esr import wall_clock
from tis_esr.commands.help_pages import Command, Group
from tis_esr.errors import UsageError
from tis_esr.operations.moments import YEARS
from tis_esr.records.file_names import DEANERIES
from tis_esr.settings import Settings

app = typer.Typer(
    name="tis-esr",
    cls=Group,
    help="Keep TIS and the NHS Electronic Staff Record (ESR) in step for every doctor in training.",
    epilog="tis-esr demo\ntis-esr day --help\ntis-esr --install-completion",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Typed = Callable[..., None]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="FILE",
        help="The embedded engine's state file.",
        show_default="the configured engine",
    ),
]
DayOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="Treat DATE as today, YYYY-MM-DD.", show_default="today in London"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
StepsDryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Store, write and send nothing; print what the steps would do.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before each step.")]
InOption = Annotated[Path, typer.Option("--in", metavar="FOLDER", help="The folder with the files from ESR.")]
OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder for the files to ESR.")]
TcsOption = Annotated[
    str, typer.Option("--tcs", metavar="URL", help="TCS with its context path, e.g. http://host:8093/tcs")
]
TcsIfSetOption = Annotated[
    str | None,
    typer.Option(
        "--tcs",
        metavar="URL",
        help="TCS with its context path, e.g. http://host:8093/tcs",
        show_default="TIS_ESR_TCS_URL",
    ),
]


def deaneries_beginning(incomplete: str) -> list[str]:
    """Return the deaneries that complete what was typed."""
    return [name for name in DEANERIES if name.startswith(incomplete.upper())]


DeaneryOption = Annotated[
    str | None,
    typer.Option(
        "--deanery",
        metavar="CODE",
        help="Only this deanery, e.g. EOE.",
        show_default="all 13",
        autocompletion=deaneries_beginning,
    ),
]


def command(*examples: str, name: str | None = None) -> Callable[[Typed], Typed]:
    """Register a function as a command whose help ends with these examples."""
    return app.command(name, cls=Command, epilog="\n".join(examples), options_metavar="[OPTIONS]")


def day_of(text: str | None, option: str = "--as-of") -> date:
    """Parse a day; the default is today in London. Raises UsageError that names the option."""
    if text is None:
        return wall_clock.today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(option, f"{text!r} is not a valid date; write it as 2026-11-24") from None
    if day.year not in YEARS:
        raise UsageError(option, f"{text} is not a day from {YEARS[0]} to {YEARS[-1]}; check the year")
    return day


def folder_of(option: str, path: Path, *, there: bool = False) -> Path:
    """Return a folder's path. Raises UsageError if it is a file, or if it must be ``there`` and does not exist."""
    for place in (path, *path.parents):
        if place.exists() and not place.is_dir():
            raise UsageError(option, f"{place} is a file, not a folder; name a folder")
    if there and not path.is_dir():
        raise UsageError(option, f"{path}: no such folder; create it, or correct its name")
    return path


def confirmed(text: str) -> bool:
    """Ask a question; the end of the input is a no."""
    try:
        return typer.confirm(text)
    except typer.Abort:  # nobody is there to answer
        return False


def deaneries_of(code: str | None) -> list[str]:
    """Return the deanery named, all by default. Raises UsageError."""
    if code is None:
        return list(DEANERIES)
    if code not in DEANERIES:
        raise UsageError("--deanery", f"{code!r} must be one of {', '.join(DEANERIES)}")
    return [code]


def check_state(settings: Settings, state: Path | None) -> None:
    """Raise UsageError if the command is to use a state file that does not exist."""
    place = state or settings.state
    if (state or settings.engine == "embedded") and not place.exists():
        raise UsageError("--state", f"{place}: no such state file; tis-esr day --state FILE creates it")
