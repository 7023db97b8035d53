"""``tis-esr ingest``: enters files in the ledger manually, on either engine."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tis_esr.commands.day_progress import READING, lines_of
from tis_esr.commands.outcome import Exit
from tis_esr.commands.progress import progress
from tis_esr.commands.system import at_the_desk
from tis_esr.commands.terminal import print_json, say
from tis_esr.desk.states import words
from tis_esr.files.folder import Folder
from tis_esr.files.store import name_fault, printable
from tis_esr.services.file_admission import Taken
from tis_esr.services.inbound_data_reader import InboundDataReader
from tis_esr.settings import Settings


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one file: its state as a code, its rows, and why it was not taken or was taken before."""

    name: str
    state: str
    incomplete: bool
    rows: int
    findings: list[str]
    reason: str


async def ingest(settings: Settings, files: Sequence[Path], state: Path | None, *, as_json: bool) -> Exit:
    """Take files into the ledger and split them; print the outcome of each."""
    done: list[Ingested] = []
    async with at_the_desk(settings, state) as runner:
        with progress() as bars:
            total = await asyncio.to_thread(lines_of, files) if bars.is_shown else None
            bar = bars.stage(READING, "rows", total=total)
            for path in files:
                reader, name = InboundDataReader(runner.work, bar.advance), printable(path.name)
                if fault := name_fault(path.name):
                    taken = await reader.hold(name, fault)
                else:
                    taken = await reader.take(Folder(path.parent), name)
                done.append(_of(name, taken))
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
        findings=list(taken.findings),
        reason=taken.said,
    )


def _described(file: Ingested) -> str:
    if file.findings:
        return "; ".join(file.findings)
    return f"{words(file.state)}: {file.reason or f'{file.rows} rows'}"
