"""Commands that repair: generate records again, compare statuses with TIS, recover from an outage."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from tis_esr import wall_clock
from tis_esr.commands.command_line import (
    DayOption,
    DeaneryOption,
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
    deaneries_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.operations.moments import moment_of
from tis_esr.reading_settings import load
from tis_esr.records.file_names import DEANERIES


@command(
    "tis-esr regenerate --person 12345",
    "tis-esr regenerate --post EOE/RX1/800/STR/001 --dry-run",
    "tis-esr regenerate --failed-since 2026-11-24T14:00",
)
def regenerate(
    person: Annotated[int | None, typer.Option("--person", metavar="ID", help="A person, by TIS id.")] = None,
    gmc: Annotated[str | None, typer.Option("--gmc", metavar="N", help="A person, by GMC number.")] = None,
    post: Annotated[
        str | None, typer.Option("--post", metavar="ID", help="A post, by TIS id or national post number.")
    ] = None,
    placement: Annotated[
        int | None, typer.Option("--placement", metavar="ID", help="A placement, by TIS id.")
    ] = None,
    deanery: Annotated[
        str | None,
        typer.Option(
            "--deanery", metavar="CODE", help="A whole deanery.", autocompletion=deaneries_beginning
        ),
    ] = None,
    failed_since: Annotated[
        str | None,
        typer.Option(
            "--failed-since",
            metavar="TIME",
            help="Records with missing data, and messages parked, since TIME (London).",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All 13 deaneries.")] = False,
    tcs: TcsIfSetOption = None,
    as_of: DayOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Store and send nothing; print which records would change.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare with TIS and generate records again, instead of edits in TIS that change nothing. Safe to repeat."""
    with user_errors_reported():
        from tis_esr.commands.regenerate import regenerate as run
        from tis_esr.operations.regeneration.selection import Asked

        settings = load()
        chosen = [person, gmc, post, placement, deanery, failed_since, everything or None]
        if len([one for one in chosen if one is not None]) != 1:
            raise UsageError(
                "--person",
                "give one of --person, --gmc, --post, --placement, --deanery, --failed-since, --all",
            )
        since = moment_of("--failed-since", failed_since).timestamp() if failed_since is not None else None
        if deanery is not None:
            deaneries_of(deanery)
        asked = Asked(
            person=person,
            gmc_number=gmc,
            post=post,
            placement=placement,
            deanery=deanery,
            failed_since=since,
            everything=everything,
        )
        check_state(settings, state)
        url = tcs or settings.tcs_url
        if url is None:
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL")
        done = run(settings, asked, day_of(as_of), state, url, dry_run=dry_run, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))


@command(
    "tis-esr reconcile-status",
    "tis-esr reconcile-status --deanery EOE --repair",
    name="reconcile-status",
)
def reconcile_status(
    repair: Annotated[
        bool, typer.Option("--repair", help="Send TIS the statuses that it lacks, by the InboundDataWriter.")
    ] = False,
    deanery: DeaneryOption = None,
    tcs: TcsIfSetOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the statuses that TIS lists of placements and posts with what was exported and reconciled.

    Safe to repeat and to interrupt: the same command goes on.
    """
    with user_errors_reported():
        from tis_esr.commands.reconcile_status import reconcile_status as run

        settings = load()
        deaneries = deaneries_of(deanery)
        check_state(settings, state)
        url = tcs or settings.tcs_url
        if url is None:
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL")
        done = run(settings, deaneries, day_of(as_of), state, url, repair=repair, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))


@command(
    "tis-esr recover --from 2026-11-24T09:00 --to 2026-11-24T17:30 --dry-run",
    "tis-esr recover --from 2026-11-24T09:00 --to 2026-11-24T17:30",
)
def recover(
    begun: Annotated[
        str,
        typer.Option("--from", metavar="TIME", help="When the outage began, e.g. 2026-11-24T09:00 (London)."),
    ],
    ended: Annotated[str, typer.Option("--to", metavar="TIME", help="When it ended.")],
    dnf: Annotated[
        list[str] | None,
        typer.Option(
            "--dnf",
            metavar="CODE",
            help="Also create the DNF of this deanery, if ESR lost files of it.",
            autocompletion=deaneries_beginning,
        ),
    ] = None,
    sent: Annotated[
        Path | None,
        typer.Option(
            "--sent",
            metavar="FOLDER",
            help="After a restore: copies of the files sent since the backup, if the outbound store no longer has them.",
        ),
    ] = None,
    tcs: TcsIfSetOption = None,
    as_of: DayOption = None,
    state: StateOption = None,
    dry_run: StepsDryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Recover from an outage: say what it delayed and dropped, then catch up step by step.

    Each step asks first. Safe to interrupt: the same command goes on.
    """
    with user_errors_reported():
        from tis_esr.commands import recover as run
        from tis_esr.files.folder import BadFolderError, Folder
        from tis_esr.operations.configured_stores import inbound_store, outbound_store
        from tis_esr.operations.outage import refuse_impossible
        from tis_esr.operations.recovery.reports import Place

        settings = load()
        first, last = moment_of("--from", begun), moment_of("--to", ended)
        refuse_impossible(first, last, day := day_of(as_of), wall_clock.now())
        if as_json and not (yes or dry_run):
            raise UsageError("--json", "needs --yes or --dry-run: questions are not JSON")
        full = dnf or []
        if unknown := [code for code in full if code not in DEANERIES]:
            raise UsageError("--dnf", f"{unknown[0]!r} must be one of {', '.join(DEANERIES)}")
        check_state(settings, state)
        url = tcs or settings.tcs_url
        if url is None:
            raise UsageError("--tcs", "give the URL of TCS, or set TIS_ESR_TCS_URL")
        try:
            copies = Folder(sent) if sent else None
        except BadFolderError as error:
            raise UsageError("--sent", str(error)) from error
        try:
            place = Place(settings, state, url, inbound_store(settings), outbound_store(settings), copies)
        except BadFolderError as error:
            raise UsageError("TIS_ESR_INBOUND", f"{error}; create the folder, or correct its name") from error
        asked = run.Asked(first, last, day if as_of else None, full)
        if dry_run:
            raise typer.Exit(int(run.show(place, asked, as_json=as_json)))
        raise typer.Exit(int(run.recover(place, asked, lambda text: yes or confirmed(text), as_json=as_json)))
