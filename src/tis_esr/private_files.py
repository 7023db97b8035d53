"""Files and folders that hold personal data: readable by their owner only, regardless of the umask."""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Literal

_FILE, _FOLDER = 0o600, 0o700


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents with permissions for the owner only; an existing one is unchanged."""
    for folder in (*reversed(path.parents), path):
        with contextlib.suppress(FileExistsError):
            if not folder.exists():
                folder.mkdir(mode=_FOLDER)
                folder.chmod(_FOLDER)
    path.mkdir(exist_ok=True)


def open_private(path: Path, mode: Literal["ab", "wb", "xb"]) -> BinaryIO:
    """Open a file for writing, with permissions for its owner only, never a link, FIFO or device. Raises OSError."""
    file = open(path, mode, opener=_owner_only)  # noqa: SIM115 - Path.open takes no opener
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    os.fchmod(file.fileno(), _FILE)
    return file


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, _FILE)


def put_in_place(temporary: Path, final: Path) -> None:
    """Rename a finished file or folder, durably. Raises OSError."""
    temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
