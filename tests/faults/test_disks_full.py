"""The disk is full: the day stops with code 3 and one plain line; with room again it ends as if there always was.

No file may grow beyond a size that the process is held to, which needs no rights. Where we may mount, a real
file system of a few kilobytes is filled as well: SQLite is told of that in other words.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.days import Days, Ground

PARKED_TOO = 1
"""What a generated day ends with: it has rows that a person must look at."""


def stops_plainly(ground: Ground, what: str, **job: object) -> None:
    """Run the day as the program does: it must stop with code 3 and one line that says ``what``."""
    said = ground.folder / "said"
    settings = {**ground.settings, "patience_seconds": 0.5}
    code = ground.run(do="program", said=str(said), settings=settings, **job)
    assert (code, [what in line for line in said.read_text().splitlines()]) == (3, [True]), said.read_text()
    assert said.read_text().startswith("tis-esr: ")


def ends_as_undisturbed(days: Days, ground: Ground) -> None:
    assert ground.run(do="program") == PARKED_TOO
    assert ground.found() == days.undisturbed


@pytest.mark.parametrize("size", [0, 2_000, 300_000, 600_000, 900_000])
def test_a_disk_that_is_full_from_the_start_stops_the_day_plainly(embedded_days: Days, size: int) -> None:
    with embedded_days.ground("full from the start") as ground:
        stops_plainly(ground, "state", disk_full=[["start", size]])
        ends_as_undisturbed(embedded_days, ground)


@pytest.mark.parametrize("number", [1, 2, 5, 20, 40, 60])
def test_a_disk_that_fills_up_in_the_middle_stops_the_day_plainly(embedded_days: Days, number: int) -> None:
    with embedded_days.ground("fills up") as ground:
        stops_plainly(ground, "/", disk_full=[["commit", number, "before", 1]])
        ends_as_undisturbed(embedded_days, ground)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("size", [0, 3_000])
def test_an_outbound_disk_that_is_full_stops_the_day_plainly(
    embedded_days: Days, number: int, size: int
) -> None:
    with embedded_days.ground("outbound full") as ground:
        stops_plainly(ground, ".DAT: File too large", disk_full=[["write file", number, "before", size]])
        ends_as_undisturbed(embedded_days, ground)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Mount a file system of so many kilobytes at a folder; skips the test where we may not."""
    folder.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def grow(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=20m", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [4, 300, 700, 1100])
def test_a_real_disk_that_is_full_stops_the_day_plainly(embedded_days: Days, kilobytes: int) -> None:
    with embedded_days.ground("a small disk") as ground, small_disk(ground.folder / "disk", kilobytes):
        ground.state_file = ground.folder / "disk" / "state"
        stops_plainly(ground, "state")
        grow(ground.folder / "disk")
        ends_as_undisturbed(embedded_days, ground)


def test_a_real_outbound_disk_that_is_full_stops_the_day_plainly(embedded_days: Days) -> None:
    with embedded_days.ground("a small disk out") as ground, small_disk(ground.out, 8):
        stops_plainly(ground, ".DAT: No space left on device")
        grow(ground.out)
        ends_as_undisturbed(embedded_days, ground)
