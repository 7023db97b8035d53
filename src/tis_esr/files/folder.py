"""A folder as file store: files appear in one step, with all their bytes."""

import asyncio
import filecmp
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import BinaryIO

from tis_esr.files.store import NoSuchFile, OtherContent, StoreUnavailable
from tis_esr.private_files import make_folder, open_private


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
                make_folder(path)
            if not path.is_dir():
                raise BadFolder(path, "there is no such folder")
        except OSError as error:
            raise BadFolder(path, error.strerror or str(error)) from error
        self.path = path
        self._settled = settled_seconds
        self._seen: dict[str, tuple[tuple[int, int] | None, float]] = {}

    async def names(self) -> list[str]:
        """Return the names of the files, sorted; hidden ones and those being written are left out."""
        return sorted(
            entry.name
            for entry in self.path.iterdir()
            if not entry.name.startswith(".")
            and entry.is_file()
            and self._is_settled(entry.name, entry.stat())
        )

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        """Open a copy of a file, so that nobody changes it while it is read.

        Raises NoSuchFile, StoreUnavailable while somebody is writing it, and OSError.
        """
        with TemporaryFile() as copy:
            await asyncio.to_thread(self._copy, name, copy)
            copy.seek(0)
            yield copy

    def _copy(self, name: str, copy: BinaryIO) -> None:
        try:
            with (self.path / name).open("rb") as stream:
                before = os.fstat(stream.fileno())
                with _named(Path(gettempdir())):
                    shutil.copyfileobj(stream, copy)
                after = os.fstat(stream.fileno())
        except FileNotFoundError as error:
            raise NoSuchFile(str(self.path), name) from error
        if _stamp(before) != _stamp(after) or not self._is_settled(name, after):
            raise StoreUnavailable(str(self.path), f"{name} is being written just now")

    def _is_settled(self, name: str, found: os.stat_result) -> bool:
        """Say whether a file was left alone for long enough: by its own time, or by what we saw of it.

        The latter counts where its time lies ahead of our clock, which may have been set back.
        """
        if time.time() - found.st_mtime >= self._settled:
            self._seen.pop(name, None)
            return True
        now = time.monotonic()
        stamp, since = self._seen.get(name, (None, now))
        if stamp != _stamp(found):
            since = now
        self._seen[name] = (_stamp(found), since)
        return now - since >= self._settled

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file under a temporary name, flush it to disk and put it in place in one step.

        The same bytes written again change nothing, so a restart may repeat it. The file is readable by its owner
        alone, and no link, FIFO or device is written to. Raises OtherContent, and then nothing was overwritten, and
        OSError.
        """
        temporary, final = self.path / f".{name}.part", self.path / name
        temporary.unlink(missing_ok=True)
        with _named(final), open_private(temporary, "xb") as file:
            async for chunk in chunks:
                file.write(chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        if await asyncio.to_thread(_is_other, temporary, final):
            temporary.unlink()
            raise OtherContent(str(self.path), name)
        await asyncio.to_thread(put_in_place, temporary, final)


def _is_other(temporary: Path, final: Path) -> bool:
    """Return whether something stands under the final name that is not a file of the same bytes."""
    try:
        there = final.lstat()
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(there.st_mode) and filecmp.cmp(temporary, final, shallow=False))


def _stamp(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Have an error of writing say where it was."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a finished file its name, and make that survive a power cut."""
    temporary.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
