"""What a file store must do, wherever the files lie."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from tis_esr.errors import Exit, TisEsrError

BLOCK = 1 << 20
NOT_THERE = "it was announced, but the store has no such file"


class StoreUnavailableError(TisEsrError, OSError):
    """A file store can't be reached or refuses: says which one, by its setting, and why. It may pass."""

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
    """One file can't be opened or read, whatever the store's other files do; says why."""

    def __init__(self, store: str, name: str, reason: str) -> None:
        super().__init__(f"{store}: {name}: {reason}")
        self.store = store
        self.name = name
        self.reason = reason


class ContentMismatchError(TisEsrError):
    """A file of this name is there with other bytes; nothing was overwritten."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, store: str, name: str) -> None:
        super().__init__(f"{store} has a file {name} with other content; find out who wrote it, then move it")
        self.store = store
        self.name = name


@dataclass(frozen=True)
class Listing:
    """What lies in a store: whole files by name, each with its stamp, and what can't be taken, with the reason.

    A stamp changes when the file does; it is "" where the store doesn't report one. ``odd`` is by a name that can be
    printed, which need not be one that the file can be opened by. ``unfinished`` may not be whole yet.
    """

    stamps: Mapping[str, str] = field(default_factory=dict)
    odd: Mapping[str, str] = field(default_factory=dict)
    unfinished: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Say whether anything lies there by this name."""
        return name in self.stamps or name in self.odd or name in self.unfinished

    @property
    def names(self) -> list[str]:
        """Return the names of the files that may be taken, sorted."""
        return sorted(self.stamps)


class FileStore(Protocol):
    """Files by name. A file appears in one step, with all its bytes, or not at all."""

    async def listing(self) -> Listing:
        """Return what is there; hidden files, and those being written, are left out.

        Raises OSError where the store fails; what is odd about one entry never does.
        """
        ...

    def open(self, name: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file for reading, seekable. Raises NoSuchFileError, UnreadableFileError and OSError."""
        ...

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file; the same bytes written again change nothing. Raises ContentMismatchError and OSError."""
        ...


class Nowhere:
    """No file store at all, for a process that neither takes files nor writes any."""

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
    """Return why a file can't be taken by this name; "" where it can. Undecoded bytes are lone surrogates."""
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "its name is not UTF-8"
    if not name.isprintable():
        return "its name has a control character or an unusual blank"
    return "its name has a slash" if "/" in name else ""


def printable(name: str) -> str:
    """Return a name with what can't be printed, or was not decoded, as escapes."""
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
    """A place where files could be written, for a dry run: each one is created and discarded."""

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:  # noqa: ARG002 - the protocol's
        """Make all of the file."""
        async for _ in chunks:
            pass
