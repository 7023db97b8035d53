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
from tests.soak.stores import EngineName

from tis_esr.records.file_names import DEANERIES

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/explanation/performance.md"
ENGINES: tuple[EngineName, ...] = "embedded", "production"
IMAGES = {engine: ROOT / f"docs/images/soak-{engine}.svg" for engine in ENGINES}
SIZES = {"embedded": (18, 13), "production": (10, 3)}
"""Weeks from 24 Nov 2026, of which the 18th has a change of London's clock, and deaneries."""
ACTS: dict[str, tuple[int, Callable[[Soak], None]]] = {
    "calls fail": (3, Soak.fail_calls),
    "connections to TCS cut": (5, Soak.drop_connections),
    "connections to servers cut": (6, Soak.cut_servers),
    "certificate": (7, Soak.renew_certificate),
    "clock": (10, Soak.turn_clock_back),
    "secret": (28, Soak.renew_secret),
}
"""What is done, every how many days. The last restarts the process."""
WARM_DAYS = 25
"""What is kept longest is kept for 20 days."""
FEWEST_DAYS = 3
"""A slope over fewer days says nothing."""


def judged_days(weeks: int, warm_days: int = WARM_DAYS) -> int:
    """Return how many days are left to judge: those of the last process that are not the first ones of its life."""
    days, (restarted, _) = 7 * weeks, ACTS["secret"]
    return days - warm_days - (restarted if days > restarted else 0)


def main() -> int:
    """Live through the weeks, on one engine after the other."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--engine", choices=ENGINES, help="only this one")
    parser.add_argument("--weeks", type=int, help=f"default: {_defaults(0)}")
    parser.add_argument("--deaneries", type=int, help=f"default: {_defaults(1)}")
    parser.add_argument(
        "--warm-days",
        type=int,
        default=WARM_DAYS,
        help=f"days of a process that are not judged, default {WARM_DAYS}: the store is steady only then",
    )
    parser.add_argument("--write", action="store_true", help="write the result into the docs")
    asked = parser.parse_args()
    engines = [engine for engine in ENGINES if asked.engine in {None, engine}]
    for weeks in [asked.weeks or SIZES[engine][0] for engine in engines]:
        if (days := judged_days(weeks, asked.warm_days)) < FEWEST_DAYS:
            parser.error(
                f"--weeks {weeks} would leave {max(0, days)} days to judge, of {FEWEST_DAYS}: name more, or fewer --warm-days"
            )
    flat = [_is_flat(engine, asked) for engine in engines]
    return 0 if all(flat) else 1


def _defaults(place: int) -> str:
    return ", ".join(f"{sizes[place]} on the {engine} engine" for engine, sizes in SIZES.items())


def _is_flat(engine: EngineName, asked: argparse.Namespace) -> bool:
    """Live through the weeks on one engine; say whether nothing grows."""
    weeks, deaneries = asked.weeks or SIZES[engine][0], asked.deaneries or SIZES[engine][1]
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        soaking(Path(folder), DEANERIES[:deaneries], engine) as soak,
    ):
        for day in range(7 * weeks):
            _act(soak, day)
            soak.day()
            print(f"{engine}, day {day}: {soak.samples[-1]}", flush=True)
        soak.stop()
        assert soak.front.refused == 0
        assert soak.sent() >= {"APP", "DNC"}
    minutes = (time.monotonic() - begun) / 60
    judged_from = soak.lives[-1] + asked.warm_days
    result = summary(soak.samples, judged_from)
    print(result)
    if asked.write:
        text = f"{weeks} weeks of {deaneries} deaneries in {minutes:.0f} minutes, judged from day {judged_from}:\n\n{result}"
        _write(engine, soak, judged_from, text)
    found = growing(soak.samples[judged_from:], earlier=soak.samples[:judged_from])
    for name, one in found.items():
        print(f"{engine}: {name} grows by {one.grown:.0f}", file=sys.stderr)
    return not found


def _act(soak: Soak, day: int) -> None:
    """Do to the process what is due before a day."""
    for every, act in ACTS.values():
        if day and day % every == 0 and (act is not Soak.renew_secret or len(soak.lives) == 1):
            act(soak)


def _write(engine: EngineName, soak: Soak, judged_from: int, text: str) -> None:
    IMAGES[engine].write_text(image(engine, soak.samples, soak.events, judged_from))
    begin, end = f"<!-- soak {engine} -->", f"<!-- end of soak {engine} -->"
    page = PAGE.read_text()
    PAGE.write_text(re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{text}\n\n{end}", page, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
