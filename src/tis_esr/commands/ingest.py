"""``tis-esr ingest``: adds files to the ledger manually, on either engine."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tis_esr.commands.day_progress import READING, lines_of
from tis_esr.commands.person import person_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit
from tis_esr.operations.ingesting import Ingested, ingest_files
from tis_esr.operations.states import words
from tis_esr.settings import Settings


async def ingest(settings: Settings, files: Sequence[Path], state: Path | None, *, as_json: bool) -> Exit:
    """Add files to the ledger and split them; print the outcome of each. An open finding sets exit code 1 each time."""
    with progress() as bars:
        total = await asyncio.to_thread(lines_of, files) if bars.is_shown else None
        bar = bars.stage(READING, "rows", total=total)
        done = await ingest_files(settings, person_of(settings), files, state, bar.advance)
    if as_json:
        print_json({"files": done})
    else:
        for file in done:
            say(f"{file.name}: {_described(file)}")
    return Exit.DONE_WITH_PARKED if any(file.findings for file in done) else Exit.DONE


def _described(file: Ingested) -> str:
    if file.findings:
        return "; ".join(filter(None, [*file.findings, file.reason]))
    return f"{words(file.state)}: {file.reason or counted(file.rows, 'row')}"
