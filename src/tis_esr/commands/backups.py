"""``tis-esr backup`` and ``tis-esr restore``."""

from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit
from tis_esr.operations.backups.making import Progress, make_backup
from tis_esr.operations.backups.restoring import mark_as_restored, restore_backup
from tis_esr.settings import Settings

_NEXT = "Exports are withheld: start the processes, then run tis-esr recover --from (time of the backup) --to (now)."


async def back_up(settings: Settings, state: Path | None, target: Path, *, as_json: bool) -> Exit:
    """Copy the store, and say where."""
    made = await make_backup(settings, state, target, person_of(settings), _progress(as_json=as_json))
    if as_json:
        print_json({"target": str(target), "documents": made.documents, "is_audited": not made.unaudited})
        return Exit.DONE
    what = "the state file" if made.documents is None else counted(made.documents, "document")
    say(f"Copied {what} to {target}.")
    if made.unaudited:
        say(f"It is not in the audit: {made.unaudited}")
    return Exit.DONE


async def restore(settings: Settings, state: Path | None, source: Path | None, *, as_json: bool) -> Exit:
    """Put a backup in the place of the store, or do the rest if that was done with other tools; say what to do next."""
    if source is None:
        await mark_as_restored(settings, state, person_of(settings))
    else:
        await restore_backup(settings, state, source, person_of(settings), _progress(as_json=as_json))
    if as_json:
        print_json({"source": str(source) if source else None})
        return Exit.DONE
    if source is not None:
        say(f"Restored {source}.")
    say(_NEXT)
    return Exit.DONE


def _progress(*, as_json: bool) -> Progress:
    def progress(name: str, documents: int) -> None:
        if not as_json:
            say(f"{name}: {documents:,}")

    return progress
