"""Commands about parked messages: list and show them, retry or discard them, and follow batches of retries."""

import asyncio
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tis_esr.commands.command_line import (
    JsonOption,
    StateOption,
    command,
    deaneries_beginning,
    deaneries_of,
)
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.operations.parked.kinds import AgeBand, Grouping
from tis_esr.parking_causes import ParkingCause
from tis_esr.reading_settings import load


class ParkedAct(StrEnum):
    """What to do with parked messages."""

    LIST = "list"
    SHOW = "show"
    RETRY = "retry"
    DISCARD = "discard"
    EXPORT = "export"
    EDIT = "edit"


class BatchActs(StrEnum):
    """What to do with batches."""

    LIST = "list"
    SHOW = "show"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


WhyOption = Annotated[
    str, typer.Option("--why", metavar="TEXT", help="Why; recorded in the audit. No personal data.")
]

TicketOption = Annotated[
    str, typer.Option("--ticket", metavar="TEXT", help="discard: the ticket.", show_default=False)
]
ReviewOption = Annotated[
    str | None, typer.Option("--review", metavar="DATE", help="discard: when the outcome is checked.")
]
_IN_FLIGHT = 100


@command(
    "tis-esr parked",
    "tis-esr parked list --by age",
    "tis-esr parked show 5c009d8c",
    "tis-esr parked retry --cause tcs-failed --dry-run",
    "tis-esr parked discard 5c009d8c --why 'resent' --ticket T1 --review 2026-12-24",
)
def parked(
    act: Annotated[
        ParkedAct, typer.Argument(metavar="[list|show|retry|discard|export|edit]", help="What to do.")
    ] = ParkedAct.LIST,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of messages, or their beginnings.")
    ] = None,
    cause: Annotated[
        ParkingCause | None, typer.Option("--cause", metavar="CAUSE", help="Only messages of this cause.")
    ] = None,
    deanery: Annotated[
        str | None,
        typer.Option(
            "--deanery",
            metavar="CODE",
            help="Only this deanery, e.g. EOE; none: only messages without one.",
            autocompletion=deaneries_beginning,
        ),
    ] = None,
    file: Annotated[
        str,
        typer.Option("--file", metavar="NAME", help="Only messages of this inbound file; none: of no file."),
    ] = "",
    age: Annotated[AgeBand | None, typer.Option("--age", help="Only those parked that long ago.")] = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="AGE", help="Only those parked for longer: 30m, 12h or 3d."),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Only messages whose reason contains TEXT.")
    ] = "",
    by: Annotated[
        Grouping | None,
        typer.Option("--by", help="list: how messages are grouped.", show_default="cause"),
    ] = None,
    discarded: Annotated[
        bool, typer.Option("--discarded", help="list: the discarded messages, by day of review.")
    ] = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="show: with personal data; needs --why, and is audited.")
    ] = False,
    why: WhyOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="retry, discard: change nothing; print what would be done.")
    ] = False,
    expect: Annotated[
        str, typer.Option("--expect", metavar="TOKEN", help="retry: only the set of this dry run.")
    ] = "",
    in_flight: Annotated[
        int, typer.Option("--in-flight", min=1, max=5000, help="retry: messages of the batch at once.")
    ] = _IN_FLIGHT,
    ticket: TicketOption = "",
    review: ReviewOption = None,
    body: Annotated[
        Path | None, typer.Option("--body", metavar="FILE", help="edit: the corrected body, as JSON.")
    ] = None,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List parked messages by cause, age, office or file; show, retry, discard, export or edit them.

    A retry of several messages is a batch: see tis-esr batch.
    """
    with user_errors_reported():
        from tis_esr.commands.parked_desk import discarding, editing, exporting, listing, retrying, showing
        from tis_esr.operations.parked.discarding import Remark
        from tis_esr.operations.parked.listing import NONE, Choice

        if by and (discarded or act is not ParkedAct.LIST):
            raise UsageError("--by", "groups parked messages: it goes with list, without --discarded")
        settings = load()
        choice = Choice(
            ids=ids or [],
            cause=cause,
            deanery=deanery if deanery == NONE else deaneries_of(deanery)[0] if deanery else "",
            file=file,
            reason=reason,
            older_than=_seconds(older_than),
            age=age,
        )
        if act is ParkedAct.SHOW:
            done = asyncio.run(
                showing.show(settings, choice, state, unmask=unmask, why=why.strip(), as_json=as_json)
            )
        elif act is ParkedAct.RETRY:
            done = asyncio.run(
                retrying.retry(
                    settings,
                    choice,
                    state,
                    why=why.strip(),
                    expect=expect,
                    cap=in_flight,
                    dry_run=dry_run,
                    as_json=as_json,
                )
            )
        elif act is ParkedAct.DISCARD:
            remark = Remark(why=why.strip(), ticket=ticket.strip(), review_on=discarding.review_day(review))
            done = asyncio.run(
                discarding.discard(settings, choice, state, remark, dry_run=dry_run, as_json=as_json)
            )
        elif act is ParkedAct.EDIT:
            done = asyncio.run(editing.edit(settings, choice, state, body, why.strip(), as_json=as_json))
        elif act is ParkedAct.EXPORT:
            done = exporting.export(settings, choice, state, as_json=as_json)
        elif discarded:
            done = listing.list_discarded(settings, state, as_json=as_json)
        else:
            done = listing.list_parked(settings, choice, state, by, as_json=as_json)
        raise typer.Exit(int(done))


def _seconds(age: str | None) -> float:
    """Return an age in seconds. Raises UsageError."""
    if age is None:
        return 0.0
    found = re.fullmatch(r"(\d{1,4})([mhd])", age.strip())
    if found is None or not int(found[1]):
        raise UsageError("--older-than", f"{age!r} is not a valid age; write it as 30m, 12h or 3d")
    return float(found[1]) * {"m": 60, "h": 3600, "d": 86400}[found[2]]


@command(
    "tis-esr batch",
    "tis-esr batch show B7",
    "tis-esr batch pause B7 --why 'TCS is slow'",
)
def batch(
    act: Annotated[
        BatchActs, typer.Argument(metavar="[list|show|pause|resume|stop]", help="What to do.")
    ] = BatchActs.LIST,
    batch_id: Annotated[str | None, typer.Argument(metavar="[BATCH]", help="The batch, e.g. B7.")] = None,
    why: WhyOption = "",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List batches of retries with their verdicts; show, pause, resume or stop one.

    A batch goes on while tis-esr run runs, and with tis-esr day.
    """
    with user_errors_reported():
        from tis_esr.commands import batch as run
        from tis_esr.operations.batches.control import BatchAct

        if act is BatchActs.LIST:
            raise typer.Exit(int(run.list_batches(load(), state, as_json=as_json)))
        if batch_id is None:
            raise UsageError("BATCH", "name the batch, e.g. B7; tis-esr batch list names them")
        if act is BatchActs.SHOW:
            raise typer.Exit(int(run.show(load(), batch_id, state, as_json=as_json)))
        if not why.strip():
            raise UsageError("--why", "say why; it is recorded in the audit")
        done = run.act(load(), batch_id, BatchAct(act.value), why.strip(), state, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))


@command(
    "tis-esr redrive --unfinished --dry-run",
    "tis-esr redrive --unfinished --why 'MongoDB is back, ticket 4711'",
    "tis-esr redrive DE_EOE_RMC_20261124_00000101.DAT --why 'ticket 4711'",
    "tis-esr redrive --reason 'other content' --why 'the file was moved'",
    "tis-esr redrive 5c009d8c --discard resent --ticket T1 --review 2026-12-24",
)
def redrive(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID|FILE]...", help="Ids of parked messages, or one file from ESR."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="Only messages whose reason contains TEXT."),
    ] = None,
    discard: Annotated[
        str | None,
        typer.Option(
            "--discard", metavar="TEXT", help="Discard them instead, with TEXT as the rows' reason."
        ),
    ] = None,
    ticket: TicketOption = "",
    review: ReviewOption = None,
    why: WhyOption = "",
    unfinished: Annotated[
        bool,
        typer.Option(
            "--unfinished", help="All files that are not split, and all parked messages of ESR's files."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; print what would be done.")
    ] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Drive again what is unfinished of ESR's files; or retry or discard parked messages, as tis-esr parked does.

    A retry of several messages is a batch: see tis-esr batch.
    """
    with user_errors_reported():
        from tis_esr.commands.parked_desk import discarding, retrying
        from tis_esr.commands.redrive_unfinished import file_in, redrive_unfinished
        from tis_esr.operations.parked.discarding import Remark
        from tis_esr.operations.parked.listing import Choice

        file = file_in(ids or [])
        if unfinished or file is not None:
            if reason is not None or discard is not None or (unfinished and ids):
                raise UsageError("--unfinished", "goes with no ids, --reason or --discard; so does FILE")
            again = redrive_unfinished(load(), file, state, why=why.strip(), dry_run=dry_run, as_json=as_json)
            raise typer.Exit(int(asyncio.run(again)))
        if not ids and reason is None:
            raise UsageError("ID", "name messages by their ids, or give --reason; tis-esr parked lists both")
        settings, choice = load(), Choice(ids=ids or [], reason=reason or "")
        if discard is None:
            done = retrying.retry(
                settings,
                choice,
                state,
                why=why.strip(),
                expect="",
                cap=_IN_FLIGHT,
                dry_run=dry_run,
                as_json=as_json,
            )
        elif not discard.strip():
            raise UsageError("--discard", "say why: the text becomes the reason of the rows")
        elif why:
            raise UsageError(
                "--why", "goes with a retry; the text of --discard says why messages are discarded"
            )
        else:
            review_on = discarding.review_day(review)
            remark = Remark(why=discard.strip(), ticket=ticket.strip(), review_on=review_on)
            done = discarding.discard(settings, choice, state, remark, dry_run=dry_run, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))
