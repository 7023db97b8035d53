"""Both file stores: there, listed, and readable or writable as far as can be tried without writing a file."""

import os
from collections.abc import Callable

from tis_esr.engine.production.server_checks import Finding
from tis_esr.files.file_store import FileStore, NoSuchFileError
from tis_esr.files.folder import BadFolderError
from tis_esr.operations.configured_stores import inbound_store, outbound_store, same_place
from tis_esr.settings import BadSettingsError, Settings


async def check_inbound(settings: Settings) -> list[Finding]:
    """Check that ESR's files can be listed, and the newest one read."""
    return await _store(
        lambda: inbound_store(settings), "TIS_ESR_FILES_IN", "TIS_ESR_INBOUND", try_to_read=True
    )


async def check_outbound(settings: Settings) -> list[Finding]:
    """Check that files for ESR can be listed and, in a folder, written."""
    if same_place(settings):
        return [
            Finding("TIS_ESR_OUTBOUND", "is the same place as TIS_ESR_INBOUND", "use two different places")
        ]
    found = await _store(
        lambda: outbound_store(settings, make=False), "TIS_ESR_FILES_OUT", "TIS_ESR_OUTBOUND"
    )
    if not found and settings.files_out == "folder" and not os.access(settings.outbound, os.W_OK):
        return [Finding("TIS_ESR_OUTBOUND", f"{settings.outbound} can't be written", "grant the permission")]
    return found


async def _store(
    make: Callable[[], FileStore], setting: str, place: str, *, try_to_read: bool = False
) -> list[Finding]:
    try:
        store = make()
        names = (await store.listing()).names
        if try_to_read and names:
            await _read_a_byte(store, names[-1])
    except BadSettingsError as error:
        return [Finding(setting, str(error), "set it")]
    except BadFolderError as error:
        return [Finding(place, str(error), "create the folder, or correct its name")]
    except OSError as error:
        return [Finding(setting, str(error), "fix that and try again")]
    return []


async def _read_a_byte(store: FileStore, name: str) -> None:
    try:
        async with store.open(name) as stream:
            stream.read(1)
    except NoSuchFileError:
        return  # it was fetched or removed meanwhile
