"""Python's garbage collector, which stops everything while it looks at all objects that there are."""

import gc


def collect_less_often() -> None:
    """Leave out what a process has loaded by now, and look less often; see decision 26."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
