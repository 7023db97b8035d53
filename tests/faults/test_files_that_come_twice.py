"""Files dropped twice, copied over while they are split, told of twice, late, never or too early: taken once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.drawn import LONG
from tests.faults.days import TODAY, Days, Ground
from tests.faults.parts import CHUNKS, day_of_parts, sweep, tell, the_rest

from tis_esr.files.folder import Folder
from tis_esr.operations.composition import system
from tis_esr.services.inbound_data_reader import file_splitting

Event = tuple[str, str]


@pytest.fixture(params=["embedded_days", "production_days"] if LONG else ["embedded_days"])
def days(request: pytest.FixtureRequest) -> Days:
    """Return days on one engine, or on both: what is tested here lies before either."""
    return request.getfixturevalue(request.param)


@pytest.fixture(autouse=True)
def many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, rows in CHUNKS:
        monkeypatch.setattr(module, "ROWS_A_CHUNK", rows)


@pytest.fixture
def inbound(days: Days, tmp_path: Path) -> Path:
    """An inbound folder of this test's own, to which something can be done."""
    (tmp_path / "in").mkdir()
    for file in (days.folder / "in").iterdir():
        drop(file, tmp_path / "in")
    return tmp_path / "in"


def drop(file: Path, folder: Path) -> None:
    """Copy a file there as a person does: over what is there, byte by byte."""
    (folder / file.name).write_bytes(file.read_bytes())


def run(ground: Ground, inbound: Folder, events: Sequence[Event] = ()) -> None:
    out = Folder(ground.out, make=True)
    asyncio.run(day_of_parts(ground.in_process(), inbound, out, TODAY, ground.state, events))


@pytest.mark.parametrize(
    "arrivals",
    [
        pytest.param([], id="never"),
        pytest.param(["v1:1"], id="once"),
        pytest.param(["v1:1", "v1:1"], id="the same twice"),
        pytest.param(["v1:1", "v2:2"], id="two of one file"),
    ],
)
def test_events_that_come_once_twice_or_never_end_in_the_same_day(
    days: Days, inbound: Path, arrivals: list[str]
) -> None:
    with days.ground("events", inbound) as ground:
        run(ground, Folder(inbound), [(file.name, each) for file in inbound.iterdir() for each in arrivals])
        assert ground.found() == days.undisturbed


def test_a_file_dropped_again_and_told_of_again_after_it_was_taken_changes_nothing(
    days: Days, inbound: Path
) -> None:
    async def day(ground: Ground) -> None:
        store, settings = Folder(inbound), ground.in_process()
        out = Folder(ground.out, make=True)
        async with system(settings, ground.state, ground.url, store, out, TODAY) as opened:
            runner = opened.runner
            await sweep(runner, store)
            for file in (days.folder / "in").iterdir():
                drop(file, inbound)
                await tell(runner, [(file.name, "late"), (file.name, "later")])
            await sweep(runner, store)
            await the_rest(runner, TODAY)
            await sweep(runner, store)

    with days.ground("dropped again", inbound) as ground:
        asyncio.run(day(ground))
        assert ground.found() == days.undisturbed


def at_chunk(monkeypatch: pytest.MonkeyPatch, what: dict[int, Callable[[], object]]) -> None:
    """Have something done just before chunks of these numbers are split."""
    original, numbers = file_splitting._chunk, iter(range(1, 1000))

    def chunk(*args: object) -> object:
        what.get(next(numbers), lambda: None)()
        return original(*args)  # type: ignore[arg-type]  # whatever it is called with is passed on

    monkeypatch.setattr(file_splitting, "_chunk", chunk)


def test_a_file_copied_over_itself_while_it_is_split_changes_nothing(
    days: Days, inbound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [file] = inbound.iterdir()
    content = file.read_bytes()
    half = content[: len(content) // 4]
    at_chunk(monkeypatch, {2: partial(file.write_bytes, half), 3: partial(file.write_bytes, content)})
    with days.ground("copied over", inbound) as ground:
        run(ground, Folder(inbound))
        assert ground.found() == days.undisturbed


def test_a_file_taken_away_while_it_is_split_is_split_to_its_end(
    days: Days, inbound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [file] = inbound.iterdir()
    at_chunk(monkeypatch, {2: file.unlink})
    with days.ground("taken away", inbound) as ground:
        run(ground, Folder(inbound))
        drop(days.folder / "in" / file.name, inbound)
        assert ground.found() == days.undisturbed


class NotYet(Folder):
    """A store in which files can't be read the first few times, or aren't there yet."""

    def __init__(self, path: Path, hidden: Path, times: int) -> None:
        super().__init__(path)
        self.hidden, self.times = hidden, times

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        self.times -= 1
        if self.times == 0:
            (self.hidden / name).rename(self.path / name)
        async with super().open(name) as stream:
            yield stream


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_told_of_before_it_can_be_read_is_taken_when_it_can(
    days: Days, inbound: Path, tmp_path: Path, times: int
) -> None:
    (tmp_path / "hidden").mkdir()
    [file] = inbound.iterdir()
    file.rename(tmp_path / "hidden" / file.name)
    with days.ground("too early", inbound) as ground:
        run(ground, NotYet(inbound, tmp_path / "hidden", times), [(file.name, "v1:1")])
        assert ground.found() == days.undisturbed
