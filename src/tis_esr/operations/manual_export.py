"""Manual exports: write the files of one kind, report what they would contain, or request them from services."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import uuid4

from tis_esr.counted import counted
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.files.file_store import FileStore
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.planned_files import PlannedFile, files_of_day, planned, records_of
from tis_esr.services.contracts.commands import NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter.deadline_guard import Unsent, unsent_records
from tis_esr.services.data_exporter.export_commands import EXPORTS
from tis_esr.services.data_exporter.export_gate import unhandled
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, Export, ExportRun
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import ApplicantRecord, OutboundFile, RecordState
from tis_esr.services.data_exporter.region_starts import refuse_while_starting, sendable
from tis_esr.services.flow import INBOUND


class Left(StrEnum):
    """Why a run does not export a pending record."""

    NOT_DUE = "not due yet"
    TOO_LATE = "too late for ESR"
    LATER_FILE = "left for a later file"
    HELD_BACK = "held back, see tis-esr why"


@dataclass(frozen=True)
class Difference:
    """How a dry run differs from what was: the files of the day that were sent, and by deanery the records that would be."""

    sent: list[PlannedFile]
    records: dict[str, list[str]]


@dataclass(frozen=True)
class Made:
    """The outcome of a run: the files sent, what was left by deanery, and how many rows were stale.

    ``unsent`` are the applicants left who can't wait for a file of another day. ``lacks`` says by deanery what of its
    inbound is not handled yet, where there is something.
    """

    files: list[OutboundFile]
    left: dict[str, Counter[Left]]
    stale: int
    unsent: list[Unsent] = field(default_factory=list)
    lacks: dict[str, str] = field(default_factory=dict)


async def made_files(
    begin: Callable[[], Work],
    out: FileStore,
    export: Export,
    open_: ApplicantWindow,
    day: date,
    deaneries: Sequence[str],
    advance: Callable[[], None],
) -> Made:
    """Run the export, or with a dry run report what it would do, without storing or writing anything.

    ``advance`` is called after each deanery.
    """
    run = ExportRun(begin, out, export, window=open_, only_compared=False)
    going = await sendable(begin(), deaneries, export.file_type)
    stale = len(await run.stale(day, going))
    files: list[OutboundFile] = []
    unsent: list[Unsent] = []
    occasion, left, lacks = uuid4().hex, {}, {}
    for deanery in going:
        run.lacks = await unhandled(begin(), deanery, INBOUND)
        if run.lacks:
            lacks[deanery] = run.lacks
        files += await run.run(day, [deanery], occasion=occasion)
        if export is APPLICANT_EXPORT:
            unsent += await unsent_records(begin(), deanery, day, open_)
        advance()
    for deanery in deaneries:
        left[deanery] = await left_after(begin(), export, open_, day, deanery)
        left[deanery][Left.HELD_BACK] = sum(file.held_back for file in files if file.deanery == deanery)
    return Made([file for file in files if file.rows], left, stale, unsent, lacks)


async def difference(
    begin: Callable[[], Work], export: Export, day: date, deaneries: Sequence[str], made: Made
) -> Difference:
    """Return how a dry run, which ``begin`` reads, differs from what was sent for the day."""
    new = {file.name for file in made.files}
    of_day = await files_of_day(begin, [export.file_type], day, deaneries)
    records: dict[str, list[str]] = {}
    for file in made.files:
        records.setdefault(file.deanery, []).extend(await records_of(begin, export, file))
    return Difference(planned(file for file in of_day if file.name not in new), records)


async def left_after(
    work: Work, export: Export, open_: ApplicantWindow, day: date, deanery: str
) -> Counter[Left]:
    """Return how many records of a deanery an export has left, by the reason."""
    where = {"state": RecordState.TO_EXPORT.value, "deanery": deanery}
    return Counter(_waits(record, open_, day) for record in await work.find(export.collection, where))


def _waits(record: object, open_: ApplicantWindow, day: date) -> Left:
    """Return why a run does not export a record."""
    if isinstance(record, ApplicantRecord):
        first, end = open_.edges(day)
        if record.date_from >= end:
            return Left.NOT_DUE
        if record.date_from < first:
            return Left.TOO_LATE
    return Left.LATER_FILE


def files_in_words(files: Iterable[OutboundFile]) -> str:
    """Return the names of files with their rows, for the audit."""
    return "; ".join(f"{file.name}: {counted(file.rows, 'row')}" for file in files if file.rows) or "no file"


async def request_files(
    runner: Runner, person: Person, command: str, day: date, deaneries: Sequence[str]
) -> None:
    """Request the files of these deaneries from the running DataExporters, with an entry in the audit."""
    work = runner.work()
    ask(work, command, day, await sendable(work, deaneries, EXPORTS[command].file_type), uuid4().hex)
    await record(
        work,
        person,
        "export.files",
        deaneries,
        why=f"{EXPORTS[command].file_type} of {day}",
        result="requested",
    )
    await work.commit()


async def full_file(
    begin: Callable[[], Work], out: FileStore, day: date, deanery: str, *, again: bool, occasion: str = ""
) -> OutboundFile | None:
    """Create the DNF of a deanery; return None if nothing is new since the last one. The same occasion creates one."""
    await refuse_while_starting(begin(), deanery)
    run = FullExport(begin, out, FULL_EXPORT)
    return await run.full(day, deanery, occasion=occasion or uuid4().hex, again=again)


async def request_full_file(
    runner: Runner, person: Person, day: date, deanery: str, *, again: bool, occasion: str = ""
) -> None:
    """Request the DNF of a deanery from a running DataExporter, with an entry in the audit; the same occasion requests one."""
    work = runner.work()
    await refuse_while_starting(work, deanery)
    ask(work, NOTIFICATION_COMMAND, day, [deanery], occasion or uuid4().hex, full=True, again=again)
    await record(work, person, "export.full", [deanery], why=f"DNF of {day}", result="requested")
    await work.commit()
