"""A folder as file store: files appear in one step, with all their bytes."""

import filecmp
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from tis_esr.files.store import NoSuchFile, OtherContent


class BadFolder(Exception):  # noqa: N818 - says what the matter is
    """A folder that is missing, not a folder, or can't be read or written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Folder:
    """Files of one folder, by name; see FileStore."""

    def __init__(self, path: Path, *, make: bool = False, settled_seconds: float = 0.0) -> None:
        """Raise BadFolder when the path is no usable folder; ``make`` it first where it is missing.

        For a folder that others copy files into: one that was changed less than ``settled_seconds`` ago
        may not be whole yet and isn't listed.
        """
        try:
            if make:
                path.mkdir(parents=True, exist_ok=True)
            if not path.is_dir():
                raise BadFolder(path, "there is no such folder")
        except OSError as error:
            raise BadFolder(path, error.strerror or str(error)) from error
        self.path = path
        self._settled = settled_seconds

    async def names(self) -> list[str]:
        """Return the names of the files, sorted; hidden ones and those being written are left out."""
        latest = time.time() - self._settled
        return sorted(
            entry.name
            for entry in self.path.iterdir()
            if not entry.name.startswith(".")
            and entry.is_file()
            and (not self._settled or entry.stat().st_mtime <= latest)
        )

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        """Open a file for reading; raises NoSuchFile and OSError."""
        try:
            stream = (self.path / name).open("rb")
        except FileNotFoundError as error:
            raise NoSuchFile(str(self.path), name) from error
        with stream:
            yield stream

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file under a temporary name, flush it to disk and put it in place in one step.

        The same bytes written again change nothing, so a restart may repeat it. Raises OtherContent, and
        then nothing was overwritten, and OSError.
        """
        temporary = self.path / f".{name}.part"
        with temporary.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        final = self.path / name
        if final.exists() and not filecmp.cmp(temporary, final, shallow=False):
            temporary.unlink()
            raise OtherContent(str(self.path), name)
        put_in_place(temporary, final)


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a finished file its name, and make that survive a power cut."""
    temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
