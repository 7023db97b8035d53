"""A line on loopback to a server, and what befalls those who talk over it: a proxy in a thread of its own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """What befalls one connection: cut after so many bytes either way, slowed, or answered by somebody else."""

    cut_up: int | None = None
    cut_down: int | None = None
    seconds_a_block: float = 0.0
    answer: bytes | None = None


FINE = Fault()


class Wire:
    """Passes on to ``to``; each connection takes the next fault. ``befallen`` counts how often one struck."""

    def __init__(self, to: int, faults: Iterable[Fault]) -> None:
        self.to = to
        self.port = 0
        self.befallen = 0
        self._faults = iter(faults)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    def up(self) -> None:
        """Listen, always on the same port."""
        if not self._thread.is_alive():
            self._thread.start()
        self._do(self._up())

    def down(self) -> None:
        """Refuse connections, and break those that are open."""
        self._do(self._down())

    def hold(self) -> None:
        """Pass on nothing, without a word to either end, until ``release``."""
        self._loop.call_soon_threadsafe(self._passing.clear)

    def release(self) -> None:
        """Pass on what was held, and everything after it."""
        self._loop.call_soon_threadsafe(self._passing.set)

    def close(self) -> None:
        """Be no more."""
        self.release()
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result()

    async def _up(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        if self._server is not None:
            self._server.close()
        for end in self._open:
            end.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = next(self._faults, FINE)
        if fault.answer is not None:
            self.befallen += 1
            await reader.read(65536)
            writer.write(fault.answer)
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        ends = {writer, far_writer}
        self._open |= ends
        await asyncio.gather(
            self._pass_on(reader, far_writer, fault.cut_up, fault.seconds_a_block, ends),
            self._pass_on(far_reader, writer, fault.cut_down, fault.seconds_a_block, ends),
        )
        self._open -= ends

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        cut: int | None,
        seconds: float,
        ends: set[asyncio.StreamWriter],
    ) -> None:
        passed = 0
        try:
            while block := await reader.read(2048):
                passed += len(block)
                if cut is not None and passed > cut:
                    self.befallen += 1
                    for end in ends:
                        end.transport.abort()
                    return
                self.befallen += seconds > 0
                await asyncio.sleep(seconds)
                await self._passing.wait()
                writer.write(block)
                await writer.drain()
            writer.close()
        except ConnectionError:
            writer.transport.abort()


@contextmanager
def wire(to: int, faults: Iterable[Fault] = ()) -> Iterator[Wire]:
    """Lay a line for as long as the block lasts."""
    laid = Wire(to, faults)
    laid.up()
    try:
        yield laid
    finally:
        laid.close()
