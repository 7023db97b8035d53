"""``tis-esr export applicants --resend FILE``: resends the rows of an APP file that ESR rejected or lost."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.as_of_day import refuse_day
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted, plural
from tis_esr.engine.dry_run import DryRun
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import Discarding
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.composition import engine_for_operation, reader_of, window
from tis_esr.operations.manual_export import files_in_words
from tis_esr.operations.resending import Plan, plan, request_resent_file, resent_files
from tis_esr.operations.states import words
from tis_esr.services.data_exporter.outbound import OutboundFile
from tis_esr.settings import Settings

_SHOWN = 20


async def resend(
    settings: Settings,
    name: str,
    only: Sequence[int] | None,
    out: Path,
    day: date,
    state: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Resend rows of a file, or print which rows it would be. On the production engine a running DataExporter writes them.

    Raises UsageError if rows can't be resent.
    """
    open_ = window(settings)
    with closing(reader_of(settings, state)) as reader:
        is_live = settings.engine == "production" and state is None
        refuse_day(reader, day, is_live=is_live, dry_run=dry_run)
        found = plan(reader, name, only, day=day, window=open_, due_days=settings.confirmation_due_days)
    is_requested = is_live and not dry_run and bool(found.rows)
    files: list[OutboundFile] = []
    if found.rows:
        async with engine_for_operation(settings, state, day, traces=not dry_run) as runner:
            if dry_run:
                begin = Runner(DryRun(runner.engine), runner.handlers, today=lambda: day).work
                files = await resent_files(begin, Discarding(), open_, day, found)
            else:
                rows = f"rows {', '.join(map(str, found.rows))}"
                async with audited(runner, person_of(settings), "export.resend", [name], why=rows) as act:
                    if is_requested:
                        request = partial(request_resent_file, runner.work, day, found)
                        await runner.patiently("resend", request)
                        act.result = "requested"
                    else:
                        files = await resent_files(runner.work, Folder(out, make=True), open_, day, found)
                        act.result = files_in_words(files)
    if as_json:
        print_json(result_of("applicants", found, files, day, dry_run=dry_run, requested=is_requested))
    else:
        _show(found, files, dry_run=dry_run, requested=is_requested)


def _show(found: Plan, files: Sequence[OutboundFile], *, dry_run: bool, requested: bool) -> None:
    show_plan(found, "would be resent" if dry_run else "is resent", "placement:position")
    if requested:
        say("requested a file for these rows; a running DataExporter compares them with TIS and creates it")
    for file in files:
        state = "would be exported" if dry_run else words(file.state.name)
        say(f"{file.name}: {counted(file.rows, 'row')}, {state}")
    held_back = len(found.rows) - sum(file.rows for file in files)
    if found.rows and not requested and held_back > 0:
        say(
            f"{counted(held_back, 'row waits', 'rows wait')} for a later file or {plural(held_back, 'is', 'are')} held back; see tis-esr why"
        )


def show_plan(found: Plan, outcome: str, key_is: str) -> None:
    """Print the ``outcome`` of each row, and which are not resent and why; ``key_is`` says what the records' keys are."""
    for row, key in list(found.rows.items())[:_SHOWN]:
        say(f"row {row}: {outcome} ({key_is} {key})")
    if len(found.rows) > _SHOWN:
        say(f"and {counted(len(found.rows) - _SHOWN, 'more row')}: see --json")
    for left in found.left[:_SHOWN]:
        say(f"row {left.row} is not resent: {left.reason}")
    if len(found.left) > _SHOWN:
        say(
            f"and {counted(len(found.left) - _SHOWN, 'more row that is', 'more rows that are')} not resent: see --json"
        )
    if not found.rows:
        say(f"{found.file}: nothing to resend")


def result_of(
    kind: str, found: Plan, files: Sequence[OutboundFile], day: date, *, dry_run: bool, requested: bool
) -> dict[str, object]:
    """Return the result as ``--json`` prints it; ``kind`` is applicants or notifications."""
    return {
        "kind": kind,
        "day": day,
        "dry_run": dry_run,
        "requested": requested,
        "resent": found.file,
        "rows": [{"row": row, "record": key} for row, key in found.rows.items()],
        "left": found.left,
        "files": [
            {"name": file.name, "deanery": file.deanery, "rows": file.rows, "state": file.state.name}
            for file in files
        ],
        "deaneries": [],
        "stale": 0,
    }
