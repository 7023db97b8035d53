"""A line to RabbitMQ that behaves as its memory alarm does: who publishes is blocked, and is told so."""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.faults.wire import Wire

_HEADER = struct.Struct(">BHI")
_GREETING = 8
_METHOD_FRAME, _END = 1, 0xCE
_PUBLISH = struct.pack(">HH", 60, 40)
_BLOCKED = struct.pack(">HH", 10, 60) + b"\x0alow memory"
_UNBLOCKED = struct.pack(">HH", 10, 61)


@dataclass(eq=False)
class _Ends:
    to_client: asyncio.StreamWriter
    to_server: asyncio.StreamWriter
    is_blocked: bool = False


class RabbitmqWire(Wire):
    """A line on which ``raise_alarm`` blocks each connection from its next publishing on, until ``clear_alarm``.

    ``published`` counts the messages that a client has sent on this line.
    """

    def __init__(self, to: int) -> None:
        super().__init__(to, ())
        self.published = 0
        self._calm = asyncio.Event()
        self._calm.set()
        self._lines: set[_Ends] = set()

    def raise_alarm(self) -> None:
        """Block whoever publishes from now on."""
        self._loop.call_soon_threadsafe(self._calm.clear)

    def clear_alarm(self) -> None:
        """Read what was published meanwhile."""
        self._do(self._clear())

    async def _clear(self) -> None:
        self._calm.set()
        for ends in self._lines:
            if ends.is_blocked:
                ends.is_blocked = False
                _tell(ends, _UNBLOCKED)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        ends = _Ends(writer, far_writer)
        self._open |= {writer, far_writer}
        self._lines.add(ends)
        await asyncio.gather(self._up_frames(reader, ends), self._down_frames(far_reader, ends))
        self._lines.discard(ends)

    async def _up_frames(self, reader: asyncio.StreamReader, ends: _Ends) -> None:
        frame = await _read(reader, _GREETING)
        while frame:
            if frame[0] == _METHOD_FRAME and frame[_HEADER.size :].startswith(_PUBLISH):
                self.published += 1
                if not (self._calm.is_set() or ends.is_blocked):
                    ends.is_blocked = True
                    _tell(ends, _BLOCKED)
            if ends.is_blocked:
                await self._calm.wait()
            await self._passing.wait()
            ends.to_server.write(frame)
            frame = await _frame(reader)
        ends.to_server.close()

    async def _down_frames(self, reader: asyncio.StreamReader, ends: _Ends) -> None:
        while frame := await _frame(reader):
            await self._passing.wait()
            ends.to_client.write(frame)
        ends.to_client.close()


def _tell(ends: _Ends, method: bytes) -> None:
    ends.to_client.write(_HEADER.pack(_METHOD_FRAME, 0, len(method)) + method + bytes([_END]))


async def _frame(reader: asyncio.StreamReader) -> bytes:
    header = await _read(reader, _HEADER.size)
    if not header:
        return b""
    return header + await _read(reader, _HEADER.unpack(header)[2] + 1)


async def _read(reader: asyncio.StreamReader, length: int) -> bytes:
    """Return so many bytes, nothing at the end of the connection."""
    try:
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@contextmanager
def rabbitmq_wire(to: int) -> Iterator[RabbitmqWire]:
    """Lay such a line for as long as the block lasts."""
    laid = RabbitmqWire(to)
    laid.up()
    try:
        yield laid
    finally:
        laid.close()
