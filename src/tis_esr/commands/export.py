"""``tis-esr export``: the day's files by hand, or what they would hold."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from tis_esr.commands.outcome import UsageError
from tis_esr.commands.printing import say
from tis_esr.commands.system import at_the_desk, window
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.dry_run import DryRun
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.files.folder import Folder
from tis_esr.files.store import Discarding, FileStore
from tis_esr.records.filenames import DEANERIES
from tis_esr.services.export_commands import APPLICANT_COMMAND, EXPORTS, NOTIFICATION_COMMAND, ask
from tis_esr.services.export_run import Export, ExportRun
from tis_esr.services.outbound import (
    ApplicantRecord,
    OutboundFile,
    RecordState,
)
from tis_esr.settings import Settings

_COMMANDS = {"applicants": APPLICANT_COMMAND, "notifications": NOTIFICATION_COMMAND}


@dataclass(frozen=True)
class Made:
    """What came of a run: the files that went, by deanery what was left, and how many rows were stale."""

    files: list[OutboundFile]
    left: dict[str, Counter[str]]
    stale: int


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
    """Make the day's files of one kind, or say what would go.

    On the production engine the running services make them, where they always go: here they are asked to.
    """
    if deanery is not None and deanery not in DEANERIES:
        raise UsageError("--deanery", f"{deanery!r} must be one of {', '.join(DEANERIES)}")
    deaneries = [deanery] if deanery else list(DEANERIES)
    command, open_ = _COMMANDS[what], window(settings)
    async with at_the_desk(settings, state, day) as runner:
        asked = settings.engine == "production" and state is None
        if asked and not dry_run:
            await _ask(runner, command, day, deaneries)
            return
        if dry_run:
            dry = Runner(DryRun(runner.engine), runner.handlers, today=lambda: day)
            made = await _made(dry.work, Discarding(), EXPORTS[command], open_, day, deaneries)
            _show_planned(made, deaneries, compared=asked)
        else:
            folder = Folder(out, make=True)
            made = await _made(runner.work, folder, EXPORTS[command], open_, day, deaneries)
            _show(made, deaneries)


async def _made(
    begin: Callable[[], Work],
    out: FileStore,
    export: Export,
    open_: ApplicantWindow,
    day: date,
    deaneries: Sequence[str],
) -> Made:
    """Run the export; with nothing stored and nothing written what it says is what a run would do."""
    run = ExportRun(begin, out, export, window=open_, only_compared=False)
    stale = len(await run.stale(day, deaneries))
    made = await run.run(day, deaneries, occasion=uuid4().hex)
    files = [file for file in made if file.rows]
    left = {}
    for deanery in deaneries:
        where = {"state": RecordState.TO_EXPORT.value, "deanery": deanery}
        waiting = await begin().find(export.collection, where)
        left[deanery] = Counter(_waits(record, open_, day) for record in waiting)
        left[deanery]["held back, see tis-esr why"] += sum(
            file.held_back for file in made if file.deanery == deanery
        )
    return Made(files, left, stale)


def _waits(record: object, open_: ApplicantWindow, day: date) -> str:
    """Say for what a record waits that a run leaves."""
    if isinstance(record, ApplicantRecord):
        first, end = open_.edges(day)
        if record.date_from >= end:
            return "not due yet"
        if record.date_from < first:
            return "too late for ESR"
    return "left for a later file"


def _show(made: Made, deaneries: Sequence[str]) -> None:
    if made.stale:
        say(f"{made.stale} rows are sent as TIS had them when they were built; tis-esr day compares first")
    for file in made.files:
        held_back = f"; {file.held_back} held back, see tis-esr why" if file.held_back else ""
        say(f"{file.name}: {file.rows} rows, {file.state.value}{held_back}")
    gone = {file.deanery for file in made.files}
    for deanery in deaneries:
        if deanery not in gone:
            say(f"{deanery}: nothing new to send{_and(made.left[deanery])}")


def _show_planned(made: Made, deaneries: Sequence[str], *, compared: bool) -> None:
    going: dict[str, list[str]] = {}
    for file in made.files:
        going.setdefault(file.deanery, []).append(f"{file.rows} rows would go in {file.name}")
    for deanery in deaneries:
        rows = "; ".join(going.get(deanery, ["0 rows would go"]))
        say(f"{deanery}: {rows}{_and(made.left[deanery])}")
    if compared and made.stale:
        say(f"{made.stale} rows are compared with TIS first, and go as TIS has them then")


def _and(left: Counter[str]) -> str:
    return "".join(f"; {number} {why}" for why, number in sorted(left.items()) if number)


async def _ask(runner: Runner, command: str, day: date, deaneries: Sequence[str]) -> None:
    work = runner.work()
    ask(work, command, day, deaneries, uuid4().hex)
    await work.commit()
    say(f"requested {len(deaneries)} files of {day}; a running DataExporter creates them")
