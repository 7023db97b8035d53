"""A line to MongoDB on which the answers to some commands are lost, or the commands themselves arrive late."""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import bson
from tests.faults.wire import Wire

_HEADER = struct.Struct("<iiii")
_MESSAGE = 2013
_BODY = 16 + 4 + 1
"""Behind the header, the flags and the kind of the first section."""


class MongodbWire(Wire):
    """Each command named as ``insert engine.leases`` loses one answer, or is kept back until ``arrive``."""

    def __init__(self, to: int) -> None:
        super().__init__(to, ())
        self.lost: list[str] = []
        self._to_lose: list[str] = []
        self._to_keep: list[str] = []
        self._kept: list[tuple[asyncio.StreamWriter, bytes, asyncio.Event]] = []

    def lose_answer(self, command: str, times: int = 2) -> None:
        """MongoDB acts, and its answer never comes; PyMongo itself repeats a write or a read once."""
        self._to_lose += [command] * times

    def keep_back(self, command: str, times: int = 2) -> None:
        """MongoDB gets the command when ``arrive`` is called, long after nobody waits for its answer."""
        self._to_keep += [command] * times

    def arrive(self) -> None:
        """Pass on what was kept back, and return when MongoDB has acted on it."""
        self._do(self._arrive())

    async def _arrive(self) -> None:
        for writer, message, answered in self._kept:
            writer.write(message)
            await writer.drain()
            await answered.wait()
        self._kept.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        self._open |= {writer, far_writer}
        unanswered: dict[int, asyncio.Event] = {}
        answering = asyncio.create_task(self._answers(far_reader, writer, unanswered))
        try:
            while message := await _message(reader):
                await self._pass_command(message, far_writer, unanswered)
        finally:
            if not any(kept is far_writer for kept, *_ in self._kept):
                far_writer.close()
            await answering

    async def _pass_command(
        self, message: bytes, far_writer: asyncio.StreamWriter, unanswered: dict[int, asyncio.Event]
    ) -> None:
        _, number, _, kind = _HEADER.unpack_from(message)
        name = _command(message) if kind == _MESSAGE else ""
        if name in self._to_keep:
            self._to_keep.remove(name)
            unanswered[number] = asyncio.Event()
            self._kept.append((far_writer, message, unanswered[number]))
            return
        if name in self._to_lose:
            self._to_lose.remove(name)
            self.lost.append(name)
            unanswered[number] = asyncio.Event()
        await self._passing.wait()
        far_writer.write(message)
        await far_writer.drain()

    async def _answers(
        self,
        far_reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        unanswered: dict[int, asyncio.Event],
    ) -> None:
        while message := await _message(far_reader):
            _, _, answered, _ = _HEADER.unpack_from(message)
            await self._passing.wait()
            if answered in unanswered:
                unanswered[answered].set()
            else:
                writer.write(message)
                await writer.drain()
        writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Return the next message, nothing at the end of the connection."""
    try:
        header = await reader.readexactly(_HEADER.size)
        length, *_ = _HEADER.unpack(header)
        return header + await reader.readexactly(length - _HEADER.size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _command(message: bytes) -> str:
    """Return a command with the collection that it is about, or its name alone."""
    (length,) = struct.unpack_from("<i", message, _BODY)
    body = bson.decode(message[_BODY : _BODY + length])
    name, about = next(iter(body.items()))
    return f"{name} {about}" if isinstance(about, str) else name


@contextmanager
def mongodb_wire(to: int) -> Iterator[MongodbWire]:
    """Lay such a line for as long as the block lasts."""
    laid = MongodbWire(to)
    laid.up()
    try:
        yield laid
    finally:
        laid.close()
