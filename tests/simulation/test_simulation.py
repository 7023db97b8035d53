"""However files, messages, calls and processes are disturbed, a seed ends in what the ordered run ends in."""

import json
import subprocess
import sys

import pytest

SEEDS = 60
_A_TEST = 12


@pytest.mark.timeout(180)
@pytest.mark.parametrize("first", range(0, SEEDS, _A_TEST))
def test_seeds_end_as_the_ordered_run_does(first: int) -> None:
    """In a process of its own, in which the order of sets is fixed: so a seed that fails here can be replayed."""
    command = [sys.executable, "-m", "tests.simulation", "--seeds", f"{first}-{first + _A_TEST - 1}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    broken = [json.loads(line) for line in done.stdout.splitlines()]
    told = [f"python -m tests.simulation {b['seed']}: {b['violations'][0][1][:300]}" for b in broken]
    assert done.returncode in (0, 1), done.stderr
    assert not broken, "\n".join(told)
