"""A disk that is slow holds up no other work of the process: whatever touches it does so beside the event loop."""

import asyncio
import filecmp
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tis_esr.files.folder import Folder

NAME = "DE_EOE_APP_20261124_00000001.DAT"
SLOW, LONGEST_STALL = 0.6, 0.3


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def slowed(call: Callable[..., Any]) -> Callable[..., Any]:
    def slow(*words: Any, **options: Any) -> Any:
        time.sleep(SLOW)
        return call(*words, **options)

    return slow


class Watch:
    """Measures for how long the event loop did nothing else."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _tick(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            self.longest = max(self.longest, time.monotonic() - before)


async def read(folder: Folder) -> None:
    async with folder.open(NAME):
        pass


@pytest.mark.parametrize(
    ("module", "slow", "use"),
    [
        (os, "scandir", lambda folder: folder.listing()),
        (shutil, "copyfileobj", read),
        (os, "fsync", lambda folder: folder.write("other.DAT", chunks(b"x"))),
        (filecmp, "cmp", lambda folder: folder.write(NAME, chunks(b"HDR\n"))),
    ],
    ids=["listing", "reading", "flushing", "comparing"],
)
async def test_a_slow_disk_stalls_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, slow: str, use: Callable[[Folder], Any]
) -> None:
    folder = Folder(tmp_path / "files", make=True)
    (folder.path / NAME).write_bytes(b"HDR\n")
    monkeypatch.setattr(module, slow, slowed(getattr(module, slow)))
    began = time.monotonic()
    async with Watch() as watch:
        await use(folder)
    assert time.monotonic() - began >= SLOW
    assert watch.longest < LONGEST_STALL
