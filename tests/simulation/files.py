"""A file store in memory, which fails now and then: while it is listed, read, or written, before or after."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO
from zlib import crc32

from tests.simulation.chance import Chance
from tests.simulation.loop import SimLoop
from tests.simulation.trouble import Trouble

from tis_esr.files.file_store import ContentMismatchError, Listing, NoSuchFileError, StoreUnavailableError


class SimFiles:
    """See FileStore. Without ``trouble`` nothing fails."""

    def __init__(self, name: str, loop: SimLoop, chance: Chance, trouble: Trouble | None = None) -> None:
        self.name = name
        self.files: dict[str, bytes] = {}
        self._loop = loop
        self._chance = chance
        self._trouble = trouble

    async def listing(self) -> Listing:
        """See FileStore.listing."""
        self._perhaps_fail("list")
        return Listing({name: f"{len(content)} {crc32(content)}" for name, content in self.files.items()})

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        """See FileStore.open."""
        self._perhaps_fail("open")
        if name not in self.files:
            raise NoSuchFileError(self.name, name)
        yield io.BytesIO(self.files[name])

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """See FileStore.write."""
        content = b"".join([chunk async for chunk in chunks])
        self._perhaps_fail("write")
        if self._trouble is not None:
            await asyncio.sleep(0.05)
        if self.files.get(name, content) != content:
            raise ContentMismatchError(self.name, name)
        self.files[name] = content
        self._loop.note(f"file {name} written")
        self._perhaps_fail("written")

    def _perhaps_fail(self, what: str) -> None:
        if self._trouble is None or not self._trouble.is_on(self._loop):
            return
        draw = self._chance.strikes(f"files.{what}", self._trouble.files_rate)
        if draw is not None:
            self._chance.note(draw.name, f"fails at {what}")
            self._loop.note(f"{draw.name}: fails at {what}")
            raise StoreUnavailableError(self.name, "made to fail")
