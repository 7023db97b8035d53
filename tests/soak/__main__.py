"""``python -m tests.soak``: the long form, for ``make soak``. Exit code 1 if something grows; with ``--write``, the docs get the result."""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.soak.judge import growing
from tests.soak.plot import image, summary
from tests.soak.soak import Soak, soaking

from tis_esr.records.file_names import DEANERIES

ROOT = Path(__file__).parent.parent.parent
PAGE, IMAGE = ROOT / "docs/explanation/performance.md", ROOT / "docs/images/soak.svg"
ACTS: dict[str, tuple[int, Callable[[Soak], None]]] = {
    "calls fail": (3, Soak.fail_calls),
    "connections cut": (5, Soak.drop_connections),
    "certificate": (7, Soak.renew_certificate),
    "clock": (10, Soak.turn_clock_back),
    "secret": (28, Soak.renew_secret),
}
"""What is done, every how many days. The last restarts the process."""
WARM_DAYS = 25
"""Days of a process that are not judged: what is kept longest is kept for 20 days."""


def main() -> int:
    """Live through the weeks."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument(
        "--weeks", type=int, default=18, help="from 24 Nov 2026; the 18th has a change of London's clock"
    )
    parser.add_argument("--deaneries", type=int, default=13)
    parser.add_argument("--write", action="store_true", help="write the result into the docs")
    asked = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, soaking(Path(folder), DEANERIES[: asked.deaneries]) as soak:
        for day in range(7 * asked.weeks):
            for every, act in ACTS.values():
                if day and day % every == 0 and (act is not Soak.renew_secret or len(soak.lives) == 1):
                    act(soak)
            soak.day()
            print(f"day {day}: {soak.samples[-1]}", flush=True)
        soak.stop()
        assert soak.front.refused == 0
    minutes = (time.monotonic() - begun) / 60
    judged_from = soak.lives[-1] + WARM_DAYS
    result = summary(soak.samples, judged_from)
    print(result)
    if asked.write:
        _write(
            soak,
            judged_from,
            f"{asked.weeks} weeks of {asked.deaneries} deaneries in {minutes:.0f} minutes:\n\n{result}",
        )
    if found := growing(soak.samples[judged_from:], earlier=soak.samples[:judged_from]):
        print(
            f"These grow: {', '.join(f'{name} by {one.grown:.0f}' for name, one in found.items())}",
            file=sys.stderr,
        )
    return 1 if found else 0


def _write(soak: Soak, judged_from: int, text: str) -> None:
    IMAGE.write_text(image(soak.samples, soak.events, judged_from))
    page = PAGE.read_text()
    begin, end = "<!-- soak -->", "<!-- end of soak -->"
    PAGE.write_text(re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{text}\n\n{end}", page, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
