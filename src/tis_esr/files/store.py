"""What a file store must do, wherever the files lie."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, Protocol


class StoreUnavailable(OSError):  # noqa: N818 - says what the matter is
    """A file store can't be reached or refuses: says which one, by its setting, and why. It may pass."""

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(f"{store}: {reason}")
        self.store = store
        self.reason = reason


class NoSuchFile(Exception):  # noqa: N818 - says what the matter is
    """The store has no file of this name (any more)."""

    def __init__(self, store: str, name: str) -> None:
        super().__init__(f"{store} has no file {name}")
        self.store = store
        self.name = name


class OtherContent(Exception):  # noqa: N818 - says what the matter is
    """A file of this name is there with other bytes; nothing was overwritten."""

    def __init__(self, store: str, name: str) -> None:
        super().__init__(f"{store} has a file {name} with other content; look who wrote it, and move it away")
        self.store = store
        self.name = name


class FileStore(Protocol):
    """Files by name. A file appears in one step, with all its bytes, or not at all."""

    async def names(self) -> list[str]:
        """Return the names of the files that are whole, sorted. Raises OSError."""
        ...

    def open(self, name: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file for reading, seekable. Raises NoSuchFile and OSError."""
        ...

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file; the same bytes written again change nothing. Raises OtherContent and OSError."""
        ...


class Nowhere:
    """No file store at all, for a process that neither takes files nor writes any."""

    async def names(self) -> list[str]:
        """Return no names."""
        return []

    def open(self, name: str) -> AbstractAsyncContextManager[BinaryIO]:
        """Raise NoSuchFile."""
        raise NoSuchFile("this process", name)

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:  # noqa: ARG002 - the protocol's
        """Raise StoreUnavailable."""
        raise StoreUnavailable("this process", f"it was not told where files go, so {name} is not written")


class Discarding(Nowhere):
    """A place where files could be written, for a dry run: each one is made and thrown away."""

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:  # noqa: ARG002 - the protocol's
        """Make all of the file."""
        async for _ in chunks:
            pass
