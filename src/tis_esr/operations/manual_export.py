"""Manual exports: the files of one kind made, or what they would hold, or requested from running services."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import uuid4

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.files.file_store import FileStore
from tis_esr.services.data_exporter.export_commands import NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter.export_run import Export, ExportRun
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import ApplicantRecord, OutboundFile, RecordState


class Left(StrEnum):
    """Why a run leaves a record that is to be exported, or was until the run."""

    NOT_DUE = "not due yet"
    TOO_LATE = "too late for ESR"
    LATER_FILE = "left for a later file"
    HELD_BACK = "held back, see tis-esr why"


@dataclass(frozen=True)
class Made:
    """The outcome of a run: the files that went, by deanery what was left, and how many rows were stale."""

    files: list[OutboundFile]
    left: dict[str, Counter[Left]]
    stale: int


async def made_files(
    begin: Callable[[], Work],
    out: FileStore,
    export: Export,
    open_: ApplicantWindow,
    day: date,
    deaneries: Sequence[str],
    advance: Callable[[], None],
) -> Made:
    """Run the export; with nothing stored and nothing written what it says is what a run would do.

    ``advance`` is called after each deanery.
    """
    run = ExportRun(begin, out, export, window=open_, only_compared=False)
    stale = len(await run.stale(day, deaneries))
    files: list[OutboundFile] = []
    occasion, left = uuid4().hex, {}
    for deanery in deaneries:
        files += await run.run(day, [deanery], occasion=occasion)
        advance()
    for deanery in deaneries:
        where = {"state": RecordState.TO_EXPORT.value, "deanery": deanery}
        waiting = await begin().find(export.collection, where)
        left[deanery] = Counter(_waits(record, open_, day) for record in waiting)
        left[deanery][Left.HELD_BACK] = sum(file.held_back for file in files if file.deanery == deanery)
    return Made([file for file in files if file.rows], left, stale)


def _waits(record: object, open_: ApplicantWindow, day: date) -> Left:
    """Say for what a record waits that a run leaves."""
    if isinstance(record, ApplicantRecord):
        first, end = open_.edges(day)
        if record.date_from >= end:
            return Left.NOT_DUE
        if record.date_from < first:
            return Left.TOO_LATE
    return Left.LATER_FILE


async def request_files(runner: Runner, command: str, day: date, deaneries: Sequence[str]) -> None:
    """Have the running DataExporters make the files of these deaneries."""
    work = runner.work()
    ask(work, command, day, deaneries, uuid4().hex)
    await work.commit()


async def full_file(
    begin: Callable[[], Work], out: FileStore, day: date, deanery: str, *, again: bool
) -> OutboundFile | None:
    """Make the DNF of a deanery; None where nothing is new since the last one."""
    run = FullExport(begin, out, FULL_EXPORT)
    return await run.full(day, deanery, occasion=uuid4().hex, again=again)


async def request_full_file(runner: Runner, day: date, deanery: str, *, again: bool) -> None:
    """Have a running DataExporter make the DNF of a deanery."""
    work = runner.work()
    ask(work, NOTIFICATION_COMMAND, day, [deanery], uuid4().hex, full=True, again=again)
    await work.commit()
