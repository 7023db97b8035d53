"""``tis-esr export notifications --full``: the DNF of a deanery."""

from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.as_of_day import refuse_impossible_day
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.engine.dry_run import DryRun
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.files.file_store import Discarding
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.composition import engine_for_operation
from tis_esr.operations.manual_export import files_in_words, full_file, request_full_file
from tis_esr.operations.states import words
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import OutboundFile
from tis_esr.settings import Settings


async def export_full(
    settings: Settings,
    deanery: str | None,
    out: Path,
    day: date,
    state: Path | None,
    *,
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Create a deanery's DNF, or print what it would be. On the production engine a running DataExporter creates it."""
    if deanery is None:
        raise UsageError("--full", "needs --deanery: a full file is for one deanery")
    if deanery not in DEANERIES:
        raise UsageError("--deanery", f"{deanery!r} must be one of {', '.join(DEANERIES)}")
    is_requested = settings.engine == "production" and state is None and not dry_run
    file: OutboundFile | None = None
    async with engine_for_operation(settings, state, day, traces=not dry_run) as runner:
        refuse_impossible_day(settings, state, day, dry_run=dry_run)
        if is_requested:
            request = partial(request_full_file, runner, person_of(settings), day, deanery, again=again)
            await runner.patiently("full file", request)
        elif dry_run:
            begin = Runner(DryRun(runner.engine), runner.handlers, today=lambda: day).work
            file = await full_file(begin, Discarding(), day, deanery, again=again)
        else:
            why = f"DNF of {day}"
            async with audited(runner, person_of(settings), "export.full", [deanery], why=why) as act:
                file = await full_file(runner.work, Folder(out, make=True), day, deanery, again=again)
                act.result = files_in_words([file] if file else [])
    if as_json:
        print_json(_as_json(file, day, dry_run=dry_run, requested=is_requested))
    else:
        _show(deanery, file, dry_run=dry_run, requested=is_requested)


def _show(deanery: str, file: OutboundFile | None, *, dry_run: bool, requested: bool) -> None:
    if requested:
        say(f"requested the full file of {deanery}; a running DataExporter creates it if anything is new")
    elif file is None:
        say(
            f"{deanery}: nothing is new since the last full file, or no live position has a notification; --again creates one anyway"
        )
    elif not file.rows:
        say(f"{deanery}: no live position has a notification")
    else:
        held_back = f"; {file.held_back} held back, see tis-esr why" if file.held_back else ""
        state = "would be exported" if dry_run else words(file.state.name)
        say(f"{file.name}: {counted(file.rows, 'row')}, {state}{held_back}")


def _as_json(file: OutboundFile | None, day: date, *, dry_run: bool, requested: bool) -> dict[str, object]:
    made = [file] if file is not None and file.rows else []
    return {
        "kind": "full",
        "day": day,
        "dry_run": dry_run,
        "requested": requested,
        "files": [
            {"name": one.name, "deanery": one.deanery, "rows": one.rows, "state": one.state.name}
            for one in made
        ],
        "deaneries": [],
        "stale": 0,
    }
