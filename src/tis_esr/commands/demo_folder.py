"""The folder of a demo: who uses it, and whether the demo in it was run to its end."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from tis_esr import wall_clock
from tis_esr.engine.embedded.schema import lock
from tis_esr.engine.faults import StateInUseError
from tis_esr.errors import Exit, TisEsrError, UsageError
from tis_esr.private_files import open_private
from tis_esr.wall_clock import LONDON

STATE: Final = "state.sqlite"
_MARK: Final = ".tis-esr-demo"
_FILES_COME: Final = time(14, 20)
_UNFINISHED: Final = b"unfinished"


def when_files_come(day: date) -> datetime:
    """Return the moment (UTC) as of which a demo's day is run: 14:20 in London, before the files are due; now if that is to come today."""
    come, now = datetime.combine(day, _FILES_COME, LONDON), wall_clock.now()
    return (min(come, now) if day == wall_clock.today() else come).astimezone(UTC)


class DemoInUseError(TisEsrError):
    """Another process uses the demo in a folder, so it can't be replaced."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"the demo in {folder} is in use by another tis-esr process; stop that one, or name another --dir"
        )
        self.folder = folder


def has_demo(folder: Path) -> bool:
    """Return whether a folder holds a demo that was run to its end."""
    mark = folder / _MARK
    return mark.is_file() and mark.read_bytes() != _UNFINISHED and (folder / STATE).is_file()


@contextmanager
def emptied(folder: Path) -> Iterator[None]:
    """Hold a folder for a new demo: the files of an earlier one are removed, and nobody else may use it meanwhile.

    Raises UsageError for any other folder that is not empty, and DemoInUseError.
    """
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise UsageError(
            "--dir", f"{folder} is not empty and was not created by tis-esr demo; name a new folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder, fcntl.LOCK_EX):
        _refuse_state_in_use(folder)
        _write(mark, _UNFINISHED)
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != mark:
                path.unlink()
        yield
        _write(mark, b"")


def _write(mark: Path, said: bytes) -> None:
    with open_private(mark, "wb") as file:
        file.write(said)


def kept(folder: Path) -> AbstractContextManager[None]:
    """Hold a folder while a demo in it is shown, so that no new demo replaces it; any other folder is as it is.

    Raises DemoInUseError while a new demo is run in it.
    """
    return _locked(folder, fcntl.LOCK_SH) if (folder / _MARK).is_file() else nullcontext()


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with open_private(folder / _MARK, "ab") as mark:
        try:
            fcntl.flock(mark, how | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoInUseError(folder) from error
        yield


def _refuse_state_in_use(folder: Path) -> None:
    if not (folder / STATE).exists():
        return
    try:
        lock(folder / STATE).close()
    except StateInUseError as error:
        raise DemoInUseError(folder) from error
