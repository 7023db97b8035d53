"""``tis-esr ingest``: enters files in the ledger manually, on either engine."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tis_esr.commands.day_progress import READING, lines_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import print_json, say
from tis_esr.errors import Exit
from tis_esr.files.folder import Folder
from tis_esr.operations.composition import engine_for_operation
from tis_esr.operations.states import words
from tis_esr.services.inbound_data_reader.file_admission import Taken
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.settings import Settings


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one file: its state as a code, its rows, and why it was not taken or was taken before.

    ``findings`` are those that are open, also from before.
    """

    name: str
    state: str
    incomplete: bool
    rows: int
    findings: list[str]
    reason: str


async def ingest(settings: Settings, files: Sequence[Path], state: Path | None, *, as_json: bool) -> Exit:
    """Take files into the ledger and split them; print the outcome of each. A finding that is open ends with 1 each time."""
    done: list[Ingested] = []
    async with engine_for_operation(settings, state) as runner:
        with progress() as bars:
            total = await asyncio.to_thread(lines_of, files) if bars.is_shown else None
            bar = bars.stage(READING, "rows", total=total)
            for path in files:
                reader = InboundDataReader(runner.work, bar.advance)
                done.append(_of(path.name, await reader.take(Folder(path.parent), path.name)))
    if as_json:
        print_json({"files": done})
    else:
        for file in done:
            say(f"{file.name}: {_described(file)}")
    return Exit.DONE_WITH_PARKED if any(file.findings for file in done) else Exit.DONE


def _of(name: str, taken: Taken) -> Ingested:
    file = taken.file
    return Ingested(
        name=name,
        state=file.state.name,
        incomplete=bool(file.incomplete),
        rows=file.rows,
        findings=file.open_findings,
        reason="" if taken.fresh and file.open_findings else taken.said,
    )


def _described(file: Ingested) -> str:
    if file.findings:
        return "; ".join(filter(None, [*file.findings, file.reason]))
    return f"{words(file.state)}: {file.reason or f'{file.rows} rows'}"
