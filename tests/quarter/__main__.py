"""``python -m tests.quarter``: simulated quarters by seed, and every difference that no rule explains."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.quarter.differences import Difference
from tests.quarter.faults_put_back import FAULTS, put_back
from tests.quarter.quarter import Report, Size, quarter

ENGINES = {"embedded": ("embedded",), "production": ("production",), "both": ("embedded", "production")}


def main(arguments: Sequence[str]) -> int:
    """Run the quarters; return 1 where a difference is unexplained."""
    parser = argparse.ArgumentParser(prog="python -m tests.quarter", description=__doc__)
    parser.add_argument("--seeds", default="0", help="one seed, or the first and last of several: 0-19")
    parser.add_argument("--engine", choices=ENGINES, default="embedded")
    parser.add_argument("--weeks", type=int, default=13)
    parser.add_argument("--posts", type=int, default=60)
    parser.add_argument(
        "--off", default="", help="disturbances and changes to leave out, by name: outage,swapped"
    )
    parser.add_argument("--stories", action="store_true", help="print what happened on each day")
    parser.add_argument(
        "--put-back", choices=["all", *FAULTS], help="put faults back and see that they are found"
    )
    chosen = parser.parse_args(arguments)
    if chosen.put_back:
        return _put_back(list(FAULTS) if chosen.put_back == "all" else [chosen.put_back])
    first, _, last = chosen.seeds.partition("-")
    off = frozenset(filter(None, chosen.off.split(",")))
    size = Size(chosen.weeks * 7, chosen.posts, off=off)
    explained: Counter[str] = Counter()
    failed = 0
    for engine in ENGINES[chosen.engine]:
        for seed in range(int(first), int(last or first) + 1):
            report, seconds = _one(seed, engine, size)
            explained += report.explained
            failed += bool(report.unexplained)
            _print(seed, engine, report, seconds, stories=chosen.stories)
            if report.unexplained:
                again = f"python -m tests.quarter --seeds {seed} --engine {engine} --weeks {chosen.weeks} --posts {chosen.posts}"
                sys.stdout.write(f"  again: {again} --stories\n")
    sys.stdout.write(
        f"{failed} quarters with unexplained differences; explained: {dict(explained.most_common())}\n"
    )
    return int(failed > 0)


def _one(seed: int, engine: str, size: Size) -> tuple[Report, float]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, quarter(seed, engine, size, Path(folder)) as one:
        return one.days(), time.monotonic() - started


def _put_back(names: Sequence[str]) -> int:
    """Print by which difference each fault is found; return 1 where one isn't."""
    missed = False
    for name in names:
        fault = FAULTS[name]
        size = Size(fault.weeks * 7, fault.posts, off=fault.off)
        without, _ = _one(fault.seed, "embedded", size)
        with put_back(fault):
            report, seconds = _one(fault.seed, "embedded", size)
        is_found = bool(report.unexplained) and not without.unexplained
        missed |= not is_found
        first = str(report.unexplained[0]).partition("\n")[0] if report.unexplained else "nothing"
        said = f"seed {fault.seed}: {len(report.unexplained)} differences" if is_found else "NOT FOUND"
        sys.stdout.write(f"{name} ({fault.text}): {said}, first {first}, {seconds:.0f} s\n")
        sys.stdout.flush()
    return int(missed)


def _print(seed: int, engine: str, report: Report, seconds: float, *, stories: bool) -> None:
    lines = report.stories if stories else []
    lines += [f"  {one}" for one in _collapsed(report.unexplained)[:20]]
    rows = ", ".join(f"{number} {kind}" for kind, number in sorted(report.records.items()))
    lines += [
        f"seed {seed} {engine}: {report.days} days, {report.runs} runs, rows {rows}, {report.explained.total()} differences"
        f" explained, {len(report.unexplained)} unexplained, {seconds:.0f} s"
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _collapsed(found: Sequence[Difference]) -> list[str]:
    """Return each difference once, with the days on which it was there."""
    days: dict[tuple[str, int, str], list[Difference]] = {}
    for one in found:
        days.setdefault((one.kind, *one.subject), []).append(one)
    return [
        f"{of[0]}\n    on {len(of)} days until {of[-1].day}{'...' if str(of[0])[10:] != str(of[-1])[10:] else ''}"
        for of in days.values()
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
