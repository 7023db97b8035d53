"""The protocol of file stores."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from tis_esr.errors import Exit, TisEsrError

BLOCK = 1 << 20
NOT_THERE = "it was announced, but the store has no such file"


class StoreUnavailableError(TisEsrError, OSError):
    """A file store is unavailable or denies access: says which one, by its setting, and why. It may be transient."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(f"{store}: {reason}")
        self.store = store
        self.reason = reason


class NoSuchFileError(TisEsrError):
    """The store has no file of this name (any more)."""

    def __init__(self, store: str, name: str) -> None:
        super().__init__(f"{store} has no file {name}")
        self.store = store
        self.name = name
        self.reason = NOT_THERE


class UnreadableFileError(TisEsrError):
    """One file can't be opened or read, while others may be; says why."""

    def __init__(self, store: str, name: str, reason: str) -> None:
        super().__init__(f"{store}: {name}: {reason}")
        self.store = store
        self.name = name
        self.reason = reason


class ContentMismatchError(TisEsrError):
    """A file of this name exists with other content; nothing was overwritten."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, store: str, name: str) -> None:
        super().__init__(f"{store} has a file {name} with other content; find out who wrote it, then move it")
        self.store = store
        self.name = name


@dataclass(frozen=True)
class Listing:
    """The content of a store: complete files by name, each with its stamp, and unusable entries, with the reason.

    A stamp changes when the file does; it is "" if the store does not report one. ``odd`` is by printable name, which
    may differ from the name to open. ``unfinished`` may not be complete yet.
    """

    stamps: Mapping[str, str] = field(default_factory=dict)
    odd: Mapping[str, str] = field(default_factory=dict)
    unfinished: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Return whether anything of this name exists."""
        return name in self.stamps or name in self.odd or name in self.unfinished

    @property
    def names(self) -> list[str]:
        """Return the names of the usable files, sorted."""
        return sorted(self.stamps)


class FileStore(Protocol):
    """Files by name. A file appears in one step, with all its bytes, or not at all."""

    async def listing(self) -> Listing:
        """Return the listing, without hidden files and those being written.

        Raises OSError if the store fails, never because of one entry.
        """
        ...

    def open(self, name: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file for reading, seekable. Raises NoSuchFileError, UnreadableFileError and OSError."""
        ...

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file; writing the same bytes again changes nothing. Raises ContentMismatchError and OSError."""
        ...


class Nowhere:
    """No file store, for a process that neither reads nor writes files."""

    async def listing(self) -> Listing:
        """Return nothing."""
        return Listing()

    def open(self, name: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Raise NoSuchFileError."""
        raise NoSuchFileError("this process", name)

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:  # noqa: ARG002 - the protocol's
        """Raise StoreUnavailableError."""
        raise StoreUnavailableError(
            "this process", f"no outbound store is configured, so {name} is not written"
        )


def name_fault(name: str) -> str:
    """Return why a file name is unusable; "" if it is not. Undecoded bytes are lone surrogates."""
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "its name is not UTF-8"
    if not name.isprintable():
        return "its name has a control character or an unusual blank"
    return "its name has a slash" if "/" in name else ""


def printable(name: str) -> str:
    """Return a name with unprintable and undecoded characters as escapes."""
    return "".join(
        character
        if character.isprintable()
        else f"\\x{ord(character) - 0xDC00:02x}"
        if "\udc80" <= character <= "\udcff"
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in name
    )


async def blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in blocks of BLOCK or a little more, so that each can be written in one step."""
    gathered, size = [], 0
    async for chunk in chunks:
        gathered.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


class Discarding(Nowhere):
    """A store for dry runs: each file is created and discarded."""

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:  # noqa: ARG002 - the protocol's
        """Create all of the file's content."""
        async for _ in chunks:
            pass
