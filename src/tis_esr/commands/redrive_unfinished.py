"""``tis-esr redrive --unfinished`` and ``tis-esr redrive FILE``: drives again what is unfinished of ESR's files."""

from contextlib import closing
from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit, UsageError
from tis_esr.files.folder import BadFolderError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.configured_stores import inbound_store
from tis_esr.operations.redriving import Redriven, drive_again, find_unfinished, would_drive
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.settings import Settings

_SHOWN = 12


def file_in(ids: list[str]) -> str | None:
    """Return the one file that is named instead of messages; None if none is."""
    files = [word for word in ids if _is_file_name(word)]
    if files and len(ids) > 1:
        raise UsageError("ID", "name one file, or messages by their ids")
    return files[0] if files else None


async def redrive_unfinished(
    settings: Settings, only: str | None, state: Path | None, *, why: str, dry_run: bool, as_json: bool
) -> Exit:
    """Drive again what is unfinished of all files, or of one."""
    if not dry_run and not why:
        raise UsageError("--why", "say why they are driven again; it is recorded in the audit")
    try:
        store = inbound_store(settings)
    except BadFolderError as error:
        raise UsageError("TIS_ESR_INBOUND", f"{error}; create the folder, or correct its name") from error
    with closing(reader_of(settings, state)) as reader:
        if dry_run:
            done = would_drive(await find_unfinished(reader, store, only))
        else:
            by_services = settings.engine == "production" and state is None
            async with engine_for_operation(settings, state) as runner:
                done = await drive_again(
                    runner,
                    reader,
                    store,
                    person_of(settings),
                    why=why,
                    only=only,
                    by_services=by_services,
                    acknowledges=settings.send_rtc,
                )
    if as_json:
        print_json(done)
    else:
        _print(done)
    return Exit.DONE_WITH_PARKED if done.unreadable or done.absent else Exit.DONE


def _print(done: Redriven) -> None:
    if done.dry_run:
        say("nothing was driven again.", label="Dry run:", style=HEADING)
    for file in done.files[:_SHOWN]:
        reason = f": {file.reason}" if file.reason else ""
        say(f"{file.name}  {file.state.replace('_', ' ').capitalize()}{reason}", indent=2)
    if len(done.files) > _SHOWN:
        say(f"and {len(done.files) - _SHOWN:,} more: see --json", indent=2)
    verb = "to be driven again" if done.dry_run else "driven again"
    say(f"Files {verb}: {len(done.files):,}; parked messages {verb}: {done.requeued:,}")
    _print_rest(done)


def _print_rest(done: Redriven) -> None:
    if done.absent:
        say(
            f"{', '.join(done.absent)}: unfinished, but not in the inbound store. Ask ESR to send it again",
            label="Missing:",
            style=NOTICE,
        )
    if done.unreadable:
        say(
            f"{counted(done.unreadable, 'row is', 'rows are')} unreadable: ask ESR to send them again, then discard them (tis-esr parked"
            " discard ID)",
            label="Left:",
            style=NOTICE,
        )
    if done.waiting:
        say(f"{counted(done.waiting, 'message is', 'messages are')} in progress and need no action.")


def _is_file_name(word: str) -> bool:
    try:
        FileName.parse(word)
    except BadFileNameError:
        return False
    return True
