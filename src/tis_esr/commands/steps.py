"""``tis-esr ingest`` and ``tis-esr export``: one step by hand, on the embedded engine."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from tis_esr.commands.outcome import Exit, UsageError, console
from tis_esr.commands.system import window
from tis_esr.engine.embedded.store import EmbeddedEngine
from tis_esr.engine.runner import Runner
from tis_esr.files.folder import Folder
from tis_esr.records.filenames import DEANERIES
from tis_esr.services.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, ExportRun
from tis_esr.services.flow import COLLECTIONS, bindings_only
from tis_esr.services.inbound_data_reader import FileState, InboundDataReader
from tis_esr.settings import Settings

_EXPORTS = {"applicants": APPLICANT_EXPORT, "notifications": NOTIFICATION_EXPORT}


async def ingest(files: Sequence[Path], state: Path) -> Exit:
    """Take files into the ledger and split them; say what came of each."""
    engine = EmbeddedEngine(state, COLLECTIONS)
    refused = False
    try:
        runner = _runner(engine, datetime.now(UTC).date())
        for path in files:
            taken = await InboundDataReader(runner.work).take(Folder(path.parent), path.name)
            refused = refused or taken.file.state is FileState.REFUSED
            said = taken.said or taken.file.incomplete or f"{taken.file.rows} rows"
            console.print(f"{path.name}: {taken.file.state.value}: {said}", highlight=False, soft_wrap=True)
    finally:
        engine.close()
    return Exit.DONE_WITH_PARKED if refused else Exit.DONE


async def export(
    settings: Settings, what: str, out: Path, deanery: str | None, day: date, state: Path, *, dry_run: bool
) -> None:
    """Write the day's files of one kind, or say how many rows would go."""
    if deanery is not None and deanery not in DEANERIES:
        raise UsageError("--deanery", f"{deanery!r} is none of {', '.join(DEANERIES)}")
    deaneries = [deanery] if deanery else list(DEANERIES)
    engine = EmbeddedEngine(state, COLLECTIONS)
    try:
        runner = _runner(engine, day)
        run = ExportRun(runner.work, Folder(out, make=True), _EXPORTS[what], window=window(settings))
        if dry_run:
            for each in deaneries:
                console.print(f"{each}: {await run.would_send(day, each)} rows would go", highlight=False)
            return
        for file in await run.run(day, deaneries):
            console.print(f"{file.name}: {file.rows} rows, {file.state.value}", highlight=False)
    finally:
        engine.close()


def _runner(engine: EmbeddedEngine, day: date) -> Runner:
    return Runner(engine, bindings_only(), today=lambda: day)
