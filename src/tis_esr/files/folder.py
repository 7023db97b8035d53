"""A folder as file store: files appear in one step, with all their bytes."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO


class BadFolder(Exception):  # noqa: N818 - says what the matter is
    """A folder that is missing, not a folder, or can't be read or written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Folder:
    """Files of one folder, by name."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        """Raise BadFolder when the path is no usable folder; ``make`` it first where it is missing."""
        try:
            if make:
                path.mkdir(parents=True, exist_ok=True)
            if not path.is_dir():
                raise BadFolder(path, "there is no such folder")
        except OSError as error:
            raise BadFolder(path, error.strerror or str(error)) from error
        self.path = path

    def names(self) -> list[str]:
        """Return the names of the files, sorted; hidden ones and those being written are left out."""
        return sorted(
            entry.name for entry in self.path.iterdir() if entry.is_file() and not entry.name.startswith(".")
        )

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; raises OSError."""
        return (self.path / name).open("rb")

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file under a temporary name, flush it to disk and put it in place in one step.

        The same bytes written again change nothing, so a restart may repeat it. Raises OSError.
        """
        temporary = self.path / f".{name}.part"
        with temporary.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, self.path / name)


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a finished file its name, and make that survive a power cut."""
    temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
