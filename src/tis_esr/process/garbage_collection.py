"""Tunes Python's garbage collector, which stops everything while it examines all objects."""

import gc


def collect_less_often() -> None:
    """Exclude what the process has loaded so far, and collect less often; see decision 26."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
