"""``tis-esr backup`` and ``tis-esr restore``."""

from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit
from tis_esr.operations.backups.making import Progress, make_backup, restore_backup
from tis_esr.settings import Settings

_NEXT = "Exports are withheld: start the processes, then run tis-esr recover --from (time of the backup) --to (now)."


async def back_up(settings: Settings, state: Path | None, target: Path, *, as_json: bool) -> Exit:
    """Copy the store, and say where."""
    documents = await make_backup(settings, state, target, _progress(as_json=as_json))
    if as_json:
        print_json({"target": str(target), "documents": documents})
    elif documents is None:
        say(f"Copied the state file to {target}.")
    else:
        say(f"Copied {counted(documents, 'document')} to {target}.")
    return Exit.DONE


async def restore(settings: Settings, state: Path | None, source: Path, *, as_json: bool) -> Exit:
    """Put a backup in the place of the store, and say what to do next."""
    await restore_backup(settings, state, source, person_of(settings), _progress(as_json=as_json))
    if as_json:
        print_json({"source": str(source)})
    else:
        say(f"Restored {source}.")
        say(_NEXT)
    return Exit.DONE


def _progress(*, as_json: bool) -> Progress:
    def progress(name: str, documents: int) -> None:
        if not as_json:
            say(f"{name}: {documents:,}")

    return progress
