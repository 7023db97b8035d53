"""``tis-esr export``: the day's files by hand, or what they would hold."""

from collections import Counter
from collections.abc import Sequence
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
from tis_esr.files.folder import Folder
from tis_esr.files.store import Discarding
from tis_esr.records.filenames import DEANERIES
from tis_esr.services.export_commands import APPLICANT_COMMAND, EXPORTS, NOTIFICATION_COMMAND, ask
from tis_esr.services.export_run import Export, ExportRun
from tis_esr.services.outbound import (
    OUTBOUND_FILES,
    ApplicantRecord,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.settings import Settings

_COMMANDS = {"applicants": APPLICANT_COMMAND, "notifications": NOTIFICATION_COMMAND}
_OVER = {OutboundState.SENT, OutboundState.NOTHING_TO_SEND}


@dataclass(frozen=True)
class Plan:
    """What a run would do: the files as they would end, those that were over before, and what would be left."""

    files: list[OutboundFile]
    over: set[str]
    left: dict[str, Counter[str]]
    stale: int

    def new(self) -> list[OutboundFile]:
        """Return the files that would go."""
        return [file for file in self.files if file.name not in self.over and file.rows]


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
        plan = await planned(runner, EXPORTS[command], open_, day, deaneries)
        if dry_run:
            _show(plan, deaneries, compared=asked)
            return
        run = ExportRun(
            runner.work, Folder(out, make=True), EXPORTS[command], window=open_, only_compared=False
        )
        if plan.stale:
            say(
                f"{plan.stale} rows are sent as TIS had them when they were built; tis-esr day compares first"
            )
        for file in await run.run(day, deaneries):
            if file.name in plan.over:
                say(_before(file))
            elif file.rows:
                say(f"{file.name}: {file.rows} rows, {file.state.value}")
            else:
                say(f"{file.deanery}: {_nothing(plan.left[file.deanery])}")


async def planned(
    runner: Runner, export: Export, open_: ApplicantWindow, day: date, deaneries: Sequence[str]
) -> Plan:
    """Run the export with nothing stored and nothing written, so that what it says is what a run does."""
    dry = Runner(DryRun(runner.engine), runner.handlers, today=lambda: day)
    run = ExportRun(dry.work, Discarding(), export, window=open_, only_compared=False)
    stale = len(await run.stale(day, deaneries))
    files = await run.run(day, deaneries)
    before = await runner.work().get(OUTBOUND_FILES, [file.name for file in files])
    left = {}
    for deanery in deaneries:
        where = {"state": RecordState.TO_EXPORT.value, "deanery": deanery}
        waiting = await dry.work().find(export.collection, where)
        left[deanery] = Counter(_waits(record, open_, day) for record in waiting)
    over = {name for name, file in before.items() if file.state in _OVER}
    return Plan(files, over, left, stale)


def _waits(record: object, open_: ApplicantWindow, day: date) -> str:
    """Say for what a record waits that a run leaves."""
    if isinstance(record, ApplicantRecord):
        first, end = open_.edges(day)
        if record.date_from >= end:
            return "not due yet"
        if record.date_from < first:
            return "too late for ESR"
    return "left for a later file"


def _show(plan: Plan, deaneries: Sequence[str], *, compared: bool) -> None:
    new = {file.deanery: file for file in plan.new()}
    for file in plan.files:
        if file.name in plan.over and file.rows:
            say(_before(file))
    for deanery in deaneries:
        rows = (
            f"{new[deanery].rows} rows would go in {new[deanery].name}"
            if deanery in new
            else "0 rows would go"
        )
        say(f"{deanery}: {rows}{_and(plan.left[deanery])}")
    if compared and plan.stale:
        say(f"{plan.stale} rows are compared with TIS first, and go as TIS has them then")


def _before(file: OutboundFile) -> str:
    if not file.rows:
        return f"{file.deanery}: the file of {file.day} had nothing to send before; nothing is sent now"
    return f"{file.name}: was sent before with {file.rows} rows; not sent again"


def _nothing(left: Counter[str]) -> str:
    return f"nothing to send{_and(left)}"


def _and(left: Counter[str]) -> str:
    return "".join(f"; {number} {why}" for why, number in sorted(left.items()))


async def _ask(runner: Runner, command: str, day: date, deaneries: Sequence[str]) -> None:
    work = runner.work()
    ask(work, command, day, deaneries, uuid4().hex)
    await work.commit()
    say(f"requested {len(deaneries)} files of {day}; a running DataExporter creates them")
