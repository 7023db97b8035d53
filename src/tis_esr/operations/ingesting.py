"""Adds files to the ledger manually, on either engine."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tis_esr.counted import counted
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.composition import engine_for_operation
from tis_esr.operations.states import words
from tis_esr.services.inbound_data_reader.file_admission import Taken
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.settings import Settings


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one file: its state as a code, its rows, and why it was not processed or was processed before.

    ``findings`` are those that are open, also from before.
    """

    name: str
    state: str
    incomplete: bool
    rows: int
    findings: list[str]
    reason: str


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


async def ingest_files(
    settings: Settings,
    person: Person,
    files: Sequence[Path],
    state: Path | None,
    advance: Callable[[int], None],
) -> list[Ingested]:
    """Add files to the ledger and split them; ``advance`` is called with the number of rows read."""
    done: list[Ingested] = []
    names = [path.name for path in files]
    async with (
        engine_for_operation(settings, state) as runner,
        audited(runner, person, "file.ingest", names) as act,
    ):
        for path in files:
            reader = InboundDataReader(runner.work, advance, acknowledges=settings.send_rtc)
            done.append(_of(path.name, await reader.take(Folder(path.parent), path.name)))
        act.result = "; ".join(
            f"{file.name}: {words(file.state)}, {counted(file.rows, 'row')}" for file in done
        )
    return done
