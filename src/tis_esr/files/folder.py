"""A folder as a file store: files appear in one step, with all their bytes."""

import asyncio
import errno
import filecmp
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import BinaryIO

from tis_esr.errors import Exit, TisEsrError
from tis_esr.files.file_store import (
    ContentMismatchError,
    Listing,
    NoSuchFileError,
    StoreUnavailableError,
    UnreadableFileError,
    blocks,
    name_fault,
    printable,
)
from tis_esr.private_files import make_folder, open_private, put_in_place

_KINDS = {
    stat.S_IFDIR: "it is a folder",
    stat.S_IFLNK: "it is a link; links are not followed",
    stat.S_IFIFO: "it is a FIFO",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}
_OF_THE_FILE = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EISDIR: _KINDS[stat.S_IFDIR],
    errno.ELOOP: _KINDS[stat.S_IFLNK],
    errno.ENXIO: "it is a socket or a device",
    errno.ENODEV: "it is a device",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EILSEQ: "its name can't be encoded",
    errno.EINVAL: "its name is not valid here",
    errno.ETXTBSY: "another program has it open",
    errno.EIO: "the disk fails to read it",
}
"""Errors of opening or reading one file while the folder itself is available."""


class BadFolderError(TisEsrError):
    """A folder that is missing, not a folder, or can't be read or written."""

    exit_code = Exit.USAGE

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Folder:
    """Files of one folder, by name; see FileStore. Disk access is in threads."""

    def __init__(self, path: Path, *, make: bool = False, settled_seconds: float = 0.0) -> None:
        """Raise BadFolderError if the path is not a usable folder; ``make`` it first if it is missing.

        For a folder that others copy files into: a file that changed less than ``settled_seconds`` ago may be
        incomplete and is not listed.
        """
        try:
            if make:
                make_folder(path)
            if not path.is_dir():
                raise BadFolderError(path, "no such folder")
        except OSError as error:
            raise BadFolderError(path, error.strerror or str(error)) from error
        self.path = path
        self._settled = settled_seconds
        self._seen: dict[str, tuple[tuple[int, int] | None, float]] = {}

    async def listing(self) -> Listing:
        """Return what is there; hidden files, and those being written, are left out. Raises OSError."""
        return await asyncio.to_thread(self._list)

    def _list(self) -> Listing:
        stamps, odd, unfinished = {}, {}, set()
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    odd[printable(entry.name)] = _OF_THE_FILE.get(error.errno or 0, error.strerror or "")
                    continue
                fault = name_fault(entry.name) or _KINDS.get(stat.S_IFMT(found.st_mode), "")
                if fault:
                    odd[printable(entry.name)] = fault
                elif self._is_settled(entry.name, found):
                    stamps[entry.name] = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
                else:
                    unfinished.add(entry.name)
        return Listing(stamps, odd, frozenset(unfinished))

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        """Open a copy of a file, so that it cannot change while it is read.

        Only a regular file is opened, never a link. Raises NoSuchFileError, UnreadableFileError (also while it is being
        written) and OSError.
        """
        with TemporaryFile() as copy:
            await asyncio.to_thread(self._copy, name, copy)
            copy.seek(0)
            yield copy

    def _copy(self, name: str, copy: BinaryIO) -> None:
        try:
            with self._opened(name) as stream:
                before = os.fstat(stream.fileno())
                if fault := _KINDS.get(stat.S_IFMT(before.st_mode), ""):
                    raise UnreadableFileError(str(self.path), name, fault)
                shutil.copyfileobj(stream, _Copying(copy), 1 << 20)
                after = os.fstat(stream.fileno())
        except OSError as error:
            raise self._fault(name, error) from error
        if _stamp(before) != _stamp(after) or not self._is_settled(name, after):
            raise UnreadableFileError(str(self.path), name, "it is being written at the moment")

    def _opened(self, name: str) -> BinaryIO:
        if name_fault(name) or name in {"", ".", ".."}:
            raise NoSuchFileError(str(self.path), printable(name))
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.fdopen(os.open(self.path / name, flags), "rb")

    def _fault(self, name: str, error: OSError) -> Exception:
        """Return whether an error of opening or reading concerns the file, the folder or the copy."""
        if isinstance(error, _CopyFailedError):
            return error
        if not self.path.is_dir():
            return StoreUnavailableError(
                str(self.path), "the folder no longer exists, or access to it is denied"
            )
        if isinstance(error, FileNotFoundError):
            return NoSuchFileError(str(self.path), name)
        reason = _OF_THE_FILE.get(error.errno or 0)
        return error if reason is None else UnreadableFileError(str(self.path), name, reason)

    def _is_settled(self, name: str, found: os.stat_result) -> bool:
        """Return whether a file has been unchanged for long enough: by its own time, or by our observation if its time is ahead of our clock, which may have been set back."""
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

        Writing the same bytes again changes nothing, so a restart may repeat it. The file is readable by its owner
        only, and no link, FIFO or device is written to. Raises ContentMismatchError, and then nothing was overwritten,
        and OSError.
        """
        temporary, final = self.path / f".{name}.part", self.path / name
        with _named(final):
            file = await asyncio.to_thread(_begun, temporary)
        try:
            async for block in blocks(chunks):
                with _named(final):
                    await asyncio.to_thread(file.write, block)
            with _named(final):
                await asyncio.to_thread(self._put_in_place, file, temporary, final)
        except BaseException:
            with suppress(OSError):
                file.close()
            raise

    def _put_in_place(self, file: BinaryIO, temporary: Path, final: Path) -> None:
        file.flush()
        os.fsync(file.fileno())
        written = os.fstat(file.fileno())
        file.close()
        if not os.path.samestat(written, temporary.lstat()):
            raise OSError(errno.EAGAIN, "another process is writing it", str(final))
        if _is_other(temporary, final):
            temporary.unlink()
            raise ContentMismatchError(str(self.path), final.name)
        put_in_place(temporary, final)


def _begun(temporary: Path) -> BinaryIO:
    """Begin a file again, whatever an earlier attempt has left."""
    temporary.unlink(missing_ok=True)
    return open_private(temporary, "xb")


def _is_other(temporary: Path, final: Path) -> bool:
    """Return whether the final name exists and is not a file of the same bytes."""
    try:
        there = final.lstat()
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(there.st_mode) and filecmp.cmp(temporary, final, shallow=False))


class _CopyFailedError(OSError):
    """Writing the copy failed, not reading the file."""


class _Copying:
    """Writes the copy; its failures are distinguished from those of the file that is read."""

    def __init__(self, copy: BinaryIO) -> None:
        self._copy = copy

    def write(self, block: bytes) -> int:
        try:
            return self._copy.write(block)
        except OSError as error:
            raise _CopyFailedError(error.errno, error.strerror, gettempdir()) from error


def _stamp(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Add the path to an error of writing."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise
