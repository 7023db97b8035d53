"""``tis-esr ingest`` and ``tis-esr export``: one step by hand, on either engine."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import uuid4

from tis_esr.commands.outcome import Exit, UsageError
from tis_esr.commands.printing import say
from tis_esr.commands.system import at_the_desk, window
from tis_esr.engine.runner import Runner
from tis_esr.files.folder import Folder
from tis_esr.files.store import FileStore, Nowhere
from tis_esr.records.filenames import DEANERIES
from tis_esr.services.export_commands import APPLICANT_COMMAND, EXPORTS, NOTIFICATION_COMMAND, ask
from tis_esr.services.export_run import ExportRun
from tis_esr.services.inbound_data_reader import FileState, InboundDataReader
from tis_esr.settings import Settings

_COMMANDS = {"applicants": APPLICANT_COMMAND, "notifications": NOTIFICATION_COMMAND}


async def ingest(settings: Settings, files: Sequence[Path], state: Path | None) -> Exit:
    """Take files into the ledger and split them; say what came of each."""
    refused = False
    async with at_the_desk(settings, state) as runner:
        for path in files:
            taken = await InboundDataReader(runner.work).take(Folder(path.parent), path.name)
            refused = refused or taken.file.state is FileState.REFUSED
            said = taken.said or taken.file.incomplete or f"{taken.file.rows} rows"
            say(f"{path.name}: {taken.file.state.value}: {said}")
    return Exit.DONE_WITH_PARKED if refused else Exit.DONE


async def export(
    settings: Settings,
    what: str,
    out: Path,
    deanery: str | None,
    day: date,
    state: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Make the day's files of one kind, or say how many rows would go.

    On the production engine the running services make them, where they always go: here they are asked to.
    """
    if deanery is not None and deanery not in DEANERIES:
        raise UsageError("--deanery", f"{deanery!r} is none of {', '.join(DEANERIES)}")
    deaneries = [deanery] if deanery else list(DEANERIES)
    command = _COMMANDS[what]
    async with at_the_desk(settings, state, day) as runner:
        if settings.engine == "production" and state is None and not dry_run:
            await _ask(runner, command, day, deaneries)
            return
        store: FileStore = Nowhere() if dry_run else Folder(out, make=True)
        run = ExportRun(runner.work, store, EXPORTS[command], window=window(settings), only_compared=False)
        if dry_run:
            for each in deaneries:
                say(f"{each}: {await run.would_send(day, each)} rows would go")
            return
        if stale := await run.stale(day, deaneries):
            say(
                f"{len(stale)} rows are sent as TIS had them when they were built; tis-esr day compares first"
            )
        for file in await run.run(day, deaneries):
            say(f"{file.name}: {file.rows} rows, {file.state.value}")


async def _ask(runner: Runner, command: str, day: date, deaneries: Sequence[str]) -> None:
    work = runner.work()
    ask(work, command, day, deaneries, uuid4().hex)
    await work.commit()
    say(f"asked for {len(deaneries)} files of {day}; a running DataExporter makes them")
