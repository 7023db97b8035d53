"""The command that starts a new region, step by step."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tis_esr.commands.command_line import (
    DayOption,
    JsonOption,
    StateOption,
    StepsDryRunOption,
    TcsIfSetOption,
    YesOption,
    check_state,
    command,
    confirmed,
    day_of,
    deaneries_beginning,
    folder_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load
from tis_esr.records.file_names import DEANERIES
from tis_esr.settings import Settings

if TYPE_CHECKING:
    from tis_esr.files.file_store import FileStore


class Act(StrEnum):
    """What to do about a region's start."""

    START = "start"
    STATUS = "status"


@command(
    "tis-esr region start EOE --dry-run",
    "tis-esr region start EOE --sent sent.csv",
    "tis-esr region status EOE",
)
def region(
    act: Annotated[
        Act, typer.Argument(metavar="start|status", help="Go on with the start, or show how far it is.")
    ],
    deanery: Annotated[
        str, typer.Argument(metavar="CODE", help="The deanery, e.g. EOE.", autocompletion=deaneries_beginning)
    ],
    sent: Annotated[
        Path | None,
        typer.Option(
            "--sent",
            metavar="LIST.csv",
            help="Applicants that the previous interface sent: gmc_number, position_id or deanery_number, start_date.",
        ),
    ] = None,
    skip_unknown: Annotated[
        bool,
        typer.Option("--skip-unknown", help="Skip lines of the list that name no applicant, or several."),
    ] = False,
    inbound: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FOLDER",
            help="The folder with the files from ESR.",
            show_default="the configured inbound store",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="The folder for the files to ESR.",
            show_default="the configured outbound store",
        ),
    ] = None,
    tcs: TcsIfSetOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    dry_run: StepsDryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start a new region: take its RMF, leave out applicants that were sent before, send APP and DNF.

    Each step asks first. Safe to interrupt: the same command goes on.
    """
    with user_errors_reported():
        from tis_esr.commands import region as run
        from tis_esr.files.folder import Folder
        from tis_esr.operations.composition import window
        from tis_esr.operations.configured_stores import outbound_store
        from tis_esr.operations.region.opening import Place
        from tis_esr.operations.region.reports import Region
        from tis_esr.operations.region.sent_list_file import read_sent_list

        settings = load()
        if deanery not in DEANERIES:
            raise UsageError("CODE", f"{deanery!r} must be one of {', '.join(DEANERIES)}")
        if as_json and act is Act.START and not (yes or dry_run):
            raise UsageError("--json", "needs --yes or --dry-run: questions are not JSON")
        lines, problems = read_sent_list(sent) if sent is not None else (None, [])
        if act is Act.STATUS or dry_run:
            check_state(settings, state)
        if out is not None:
            folder_of("--out", out)
        where = Place(
            settings,
            state,
            tcs or settings.tcs_url,
            lambda: Folder(out, make=True) if out is not None else outbound_store(settings),
        )
        about = Region(
            deanery=deanery,
            day=day_of(as_of),
            inbound=_inbound(settings, inbound),
            window=window(settings),
            lines=lines,
            problems=tuple(problems),
            skip_unknown=skip_unknown,
        )
        if act is Act.STATUS:
            code = run.status(where, about, as_json=as_json)
        elif dry_run:
            code = run.dry_run(where, about, as_json=as_json)
        else:
            code = run.start(where, about, lambda text: yes or confirmed(text), as_json=as_json)
        raise typer.Exit(int(code))


def _inbound(settings: Settings, folder: Path | None) -> "FileStore":
    from tis_esr.files.folder import BadFolderError, Folder
    from tis_esr.operations.configured_stores import inbound_store

    if folder is not None:
        return Folder(folder_of("--in", folder, there=True))
    try:
        return inbound_store(settings)
    except BadFolderError as error:
        raise UsageError("--in", f"{error}; name the folder with the files from ESR") from error
