"""Every seed of the fuzz target, and every input that once broke a promise, keeps to all of them."""

from pathlib import Path

import pytest
from tests.fuzz.promises import check_reading

SEEDS = sorted((Path(__file__).parent / "seeds").iterdir())


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_a_seed_keeps_every_promise(seed: Path) -> None:
    check_reading(seed.read_bytes())


def test_there_are_seeds() -> None:
    assert len(SEEDS) >= 10
