"""The wall clock jumps in the middle of a day: leases and pauses go by MongoDB's clock and by monotonic time."""

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.drawn import LONG
from tests.faults.days import Days

from tis_esr.files.file_store import UnreadableFileError
from tis_esr.files.folder import Folder
from tis_esr.simulation.tcs.switches import Switches

JUMPS = [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)]
JUMPS_TRIED = JUMPS if LONG else [JUMPS[0], JUMPS[3]]
WHERE = ["commit", "claim", "tell changed", "tell exported"] if LONG else ["claim"]


@pytest.mark.parametrize("jump", JUMPS_TRIED, ids=lambda jump: f"{jump.total_seconds() / 3600:+g} h")
@pytest.mark.parametrize("boundary", WHERE)
def test_a_clock_that_jumps_in_the_middle_changes_nothing(days: Days, boundary: str, jump: timedelta) -> None:
    with days.ground(f"{boundary} {jump}") as ground:
        jumps = [[boundary, days.counts[boundary] // 2, "after", jump.total_seconds()]]
        assert ground.run(jumps=jumps) == 0
        assert ground.found() == days.undisturbed


@pytest.mark.parametrize("jump", JUMPS_TRIED, ids=lambda jump: f"{jump.total_seconds() / 3600:+g} h")
def test_a_clock_that_jumps_while_work_waits_for_tcs_makes_it_wait_no_longer(
    days: Days, jump: timedelta
) -> None:
    with days.ground(f"waiting {jump}") as ground:
        ground.tcs.simulator.misbehaviour.switches = Switches(fail_next=12, fail_status=503)
        jumps = [["release", 1, "after", jump.total_seconds()]]
        assert ground.run(jumps=jumps) == 0
        assert ground.found() == days.undisturbed


def test_a_clock_that_jumps_to_and_fro_between_any_two_steps_changes_nothing(days: Days) -> None:
    with days.ground("to and fro") as ground:
        numbers = range(1, days.counts["commit"], 5)
        seconds = [jump.total_seconds() for jump in JUMPS]
        jumps = [["commit", n, "after", seconds[n % len(seconds)]] for n in numbers]
        assert ground.run(jumps=jumps) == 0
        assert ground.found() == days.undisturbed


async def test_a_file_dropped_before_the_clock_was_set_back_is_found_once_it_was_left_alone(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, settled_seconds=0.1)
    (tmp_path / "a file").write_text("from what is now tomorrow")
    tomorrow = time.time() + 86400
    os.utime(tmp_path / "a file", (tomorrow, tomorrow))
    assert (await folder.listing()).names == []
    for _ in range(500):
        if (await folder.listing()).names:
            break
        await asyncio.sleep(0.02)
    async with folder.open("a file") as found:
        assert found.read() == b"from what is now tomorrow"
    (tmp_path / "a file").write_text("being written")
    os.utime(tmp_path / "a file", (tomorrow, tomorrow))
    with pytest.raises(UnreadableFileError, match="a file: it is being written at the moment"):
        async with folder.open("a file"):
            pass
