"""A fault that is put back into the product is found within a few seeds; all of them: ``--put-back all``."""

import subprocess
import sys

import pytest


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("fault", "seeds"), [("as-it-comes", 16), ("whole-group", 4), ("whole-batch", 8), ("rows-pending", 8)]
)
def test_a_fault_that_is_put_back_is_found(fault: str, seeds: int) -> None:
    command = [sys.executable, "-m", "tests.simulation", "--put-back", fault, "--count", str(seeds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
