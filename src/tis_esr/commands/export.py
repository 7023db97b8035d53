"""``tis-esr export``: writes the day's files manually, or prints what they would contain."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from tis_esr.commands.as_of_day import refuse_impossible_day
from tis_esr.commands.person import person_of
from tis_esr.commands.printing_deadlines import show_unsent
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.engine.dry_run import DryRun
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.files.file_store import Discarding, FileStore
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.composition import engine_for_operation, window
from tis_esr.operations.manual_export import (
    Difference,
    Left,
    Made,
    difference,
    files_in_words,
    made_files,
    request_files,
)
from tis_esr.operations.states import words
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.export_commands import EXPORTS
from tis_esr.settings import Settings

_SHOWN = 5
_COMMANDS = {"applicants": APPLICANT_COMMAND, "notifications": NOTIFICATION_COMMAND}


async def export(
    settings: Settings,
    what: str,
    out: Path,
    deaneries: Sequence[str],
    day: date,
    state: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the day's files of one kind, or print what would be sent.

    On the production engine the files are requested from the running services.
    """
    command, differs = _COMMANDS[what], Difference([], {})
    async with engine_for_operation(settings, state, day, traces=not dry_run) as runner:
        refuse_impossible_day(settings, state, day, dry_run=dry_run)
        asked = settings.engine == "production" and state is None
        if asked and not dry_run:
            await request_files(runner, person_of(settings), command, day, deaneries)
            made = Made([], {deanery: Counter() for deanery in deaneries}, 0)
        elif dry_run:
            begin = Runner(DryRun(runner.engine), runner.handlers, today=lambda: day).work
            made = await _made(settings, begin, Discarding(), command, day, deaneries)
            differs = await difference(begin, EXPORTS[command], day, deaneries, made)
        else:
            why = f"{EXPORTS[command].file_type} of {day}"
            async with audited(runner, person_of(settings), "export.files", deaneries, why=why) as act:
                to = Folder(out, make=True)
                made = await _made(settings, runner.work, to, command, day, deaneries)
                act.result = files_in_words(made.files)
    requested = asked and not dry_run
    if as_json:
        print_json(_as_json(what, day, made, differs, deaneries, dry_run=dry_run, requested=requested))
    elif requested:
        say(f"requested {counted(len(deaneries), 'file')} for {day}; a running DataExporter creates them")
    elif dry_run:
        _show_planned(made, differs, deaneries, compared=asked)
    else:
        _show(made, deaneries)
    if not as_json:
        show_unsent(made.unsent)


async def _made(
    settings: Settings,
    begin: Callable[[], Work],
    to: FileStore,
    command: str,
    day: date,
    deaneries: Sequence[str],
) -> Made:
    export_ = EXPORTS[command]
    with progress() as bars:
        bar = bars.stage(f"Writing {export_.file_type} files", "deaneries", total=len(deaneries))
        return await made_files(begin, to, export_, window(settings), day, deaneries, bar.advance)


def _as_json(
    what: str,
    day: date,
    made: Made,
    differs: Difference,
    deaneries: Sequence[str],
    *,
    dry_run: bool,
    requested: bool,
) -> dict[str, object]:
    """Return the result with every deanery and every reason for which a record is left, with 0 where there is none."""
    rows: Counter[str] = Counter()
    for file in made.files:
        rows[file.deanery] += file.rows
    return {
        "kind": what,
        "day": day,
        "dry_run": dry_run,
        "requested": requested,
        "files": [
            {"name": file.name, "deanery": file.deanery, "rows": file.rows, "state": file.state.name}
            for file in made.files
        ],
        "deaneries": [
            {
                "deanery": deanery,
                "rows": rows[deanery],
                "left": {why.name: made.left[deanery][why] for why in Left},
                "lacks": made.lacks.get(deanery, ""),
                "sent": [
                    {"name": file.name, "rows": file.rows} for file in differs.sent if file.deanery == deanery
                ],
                "records": differs.records.get(deanery, []),
            }
            for deanery in deaneries
        ],
        "stale": made.stale,
        "unsent": made.unsent,
    }


def _show(made: Made, deaneries: Sequence[str]) -> None:
    if made.stale:
        say(
            f"{counted(made.stale, 'row')} may be outdated: they are sent as they were built; tis-esr day compares them with TIS first"
        )
    for file in made.files:
        held_back = f"; {file.held_back} {Left.HELD_BACK.value}" if file.held_back else ""
        say(f"{file.name}: {counted(file.rows, 'row')}, {words(file.state.name)}{held_back}")
    _show_lacking(made)
    gone = {file.deanery for file in made.files}
    for deanery in deaneries:
        if deanery not in gone:
            say(f"{deanery}: nothing new to send{_and(made.left[deanery])}")


def _show_planned(made: Made, differs: Difference, deaneries: Sequence[str], *, compared: bool) -> None:
    going: dict[str, list[str]] = {}
    for file in made.files:
        going.setdefault(file.deanery, []).append(
            f"{counted(file.rows, 'row')} would be exported in {file.name}"
        )
    for deanery in deaneries:
        rows = "; ".join(going.get(deanery, ["0 rows would be exported"]))
        say(f"{deanery}: {rows}{_and(made.left[deanery])}")
        _show_difference(differs, deanery)
    _show_lacking(made)
    if compared and made.stale:
        say(f"{counted(made.stale, 'row')} will be compared with TIS before they are sent")


def _show_difference(differs: Difference, deanery: str) -> None:
    sent = [file for file in differs.sent if file.deanery == deanery]
    for file in sent:
        say(f"{counted(file.rows, 'row was', 'rows were')} already sent in {file.name}", indent=2)
    more = differs.records.get(deanery, [])
    if sent and more:
        others = f" and {len(more) - _SHOWN} more, see --json" if len(more) > _SHOWN else ""
        say(f"in addition: {', '.join(more[:_SHOWN])}{others}", indent=2)


def _show_lacking(made: Made) -> None:
    for deanery, lacks in made.lacks.items():
        say(f"{deanery}: {lacks}")


def _and(left: Counter[Left]) -> str:
    return "".join(f"; {number} {why.value}" for why, number in sorted(left.items()) if number)
