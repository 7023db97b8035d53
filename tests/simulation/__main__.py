"""``python -m tests.simulation``: run seeds, show one with its schedule, or shrink it.

SEED [--trace] [--off NAME,...]    one seed: what is broken, and what disturbed it
--shrink SEED [--kind KIND]        the smallest set of disturbances that still breaks it
--seeds FIRST-LAST                 many seeds, one after the other: failing ones as lines of JSON
--count N [--first SEED]           many seeds on all cores, with a table of what is broken
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.simulation.judge import Judgement, judge
from tests.simulation.put_back import FAULTS, seeds_needed
from tests.simulation.shrink import shrink

_A_KIND = 3
_LONGEST_SENTENCE = 600


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return 1 where something is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int)
    parser.add_argument("--trace", action="store_true")
    parser.add_argument("--off", default="")
    parser.add_argument("--shrink", type=int)
    parser.add_argument("--kind", default="")
    parser.add_argument("--seeds", default="")
    parser.add_argument("--count", type=int)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--put-back", choices=["all", *FAULTS])
    chosen = parser.parse_args(arguments)
    off = frozenset(filter(None, chosen.off.split(",")))
    sys.unraisablehook = lambda _: None  # what a killed process leaves behind is never to run
    if chosen.seeds:
        first, _, last = chosen.seeds.partition("-")
        return _many(range(int(first), int(last or first) + 1))
    if chosen.put_back:
        return _put_back(
            list(FAULTS) if chosen.put_back == "all" else [chosen.put_back], chosen.count or 1000
        )
    if chosen.count:
        return _on_all_cores(chosen.first, chosen.count)
    if chosen.shrink is not None:
        found = judge(chosen.shrink, off)
        if not found.violations:
            sys.stdout.write(f"seed {chosen.shrink} breaks nothing\n")
            return 0
        kind = chosen.kind or found.violations[0].kind
        found = shrink(chosen.shrink, kind, lambda line: sys.stdout.write(line + "\n"), off)
    elif chosen.seed is not None:
        found = judge(chosen.seed, off)
    else:
        parser.error("give a seed, --shrink, --seeds or --count")
    _show(found, trace=chosen.trace)
    return bool(found.violations)


def _show(found: Judgement, *, trace: bool) -> None:
    """Print a seed's violations, the disturbances that happened, and the trace where it is wanted."""
    lines: list[str] = []
    kinds = Counter(violation.kind for violation in found.violations)
    for kind, number in kinds.items():
        sentences = [violation.sentence for violation in found.violations if violation.kind == kind]
        lines += [f"{kind}: {sentence[:_LONGEST_SENTENCE]}" for sentence in sentences[:_A_KIND]]
        lines += [f"{kind}: and {number - _A_KIND} more"] if number > _A_KIND else []
    lines += ["", f"seed {found.seed}, {len(found.violations)} violations. Its schedule:"]
    lines += [f"  {name}: {what}" for name, what in found.run.chance.happened.items()]
    lines += ["  " + story for story in found.scenario.stories]
    if found.run.chance.off:
        lines.append(f"  left out: --off {','.join(sorted(found.run.chance.off))}")
    if trace:
        lines += ["", *found.run.loop.trace]
    sys.stdout.write("\n".join(lines) + "\n")


def _many(seeds: Sequence[int]) -> int:
    """Judge seeds one after the other; print a line of JSON for each that breaks something, or can't be judged."""
    gc.disable()
    broken = False
    for number, seed in enumerate(seeds):
        try:
            told = [[violation.kind, violation.sentence] for violation in judge(seed).violations]
        except Exception:  # noqa: BLE001 - a seed that can't be judged must not count as a sound one, nor cost the others
            told = [["not judged", traceback.format_exc()[-_LONGEST_SENTENCE:]]]
        if told:
            broken = True
            sys.stdout.write(json.dumps({"seed": seed, "violations": told}) + "\n")
            sys.stdout.flush()
        if number % 10 == 9:
            gc.collect()
    return int(broken)


def _put_back(names: Sequence[str], most: int) -> int:
    """Print for each fault how many seeds it takes; return 1 where one isn't found."""
    missed = False
    sys.stdout.write("| fault | what | seeds needed | found by |\n|---|---|---|---|\n")
    for name in names:
        found = seeds_needed(name, most)
        missed |= found is None
        fault = FAULTS[name]
        text = f"{fault.text}{f' (with: {fault.besides_text})' if fault.besides_text else ''}"
        said = f"{found[0]} | {found[1][:160]}" if found else f"not within {most} |"
        sys.stdout.write(f"| {name} | {text} | {said} |\n")
        sys.stdout.flush()
    return int(missed)


def _on_all_cores(first: int, count: int) -> int:
    """Share the seeds out over the cores, and sum up."""
    started = time.monotonic()
    part = min(250, -(-count // (os.cpu_count() or 1)))
    ranges = [(start, min(start + part, first + count) - 1) for start in range(first, first + count, part)]
    running: list[subprocess.Popen[str]] = []
    kinds: dict[str, list[int]] = defaultdict(list)
    sentences: dict[str, str] = {}
    failing = done = 0
    while ranges or running:
        while ranges and len(running) < (os.cpu_count() or 1):
            start, end = ranges.pop(0)
            command = [sys.executable, "-m", "tests.simulation", "--seeds", f"{start}-{end}"]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        told, _ = running[0].communicate()
        if running.pop(0).returncode not in (0, 1):
            raise RuntimeError("a part of the seeds could not be run")
        for line in told.splitlines():
            found = json.loads(line)
            failing += 1
            for kind, sentence in found["violations"]:
                if found["seed"] not in kinds[kind][-1:]:
                    kinds[kind].append(found["seed"])
                sentences.setdefault(kind, sentence[:200])
        done += part
        sys.stderr.write(f"{min(done, count)} of {count} seeds, {failing} broken\n")
    for kind, seeds in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        sys.stdout.write(f"{kind}: {len(seeds)} seeds, first {seeds[:8]}\n    {sentences[kind]}\n")
    seconds = time.monotonic() - started
    sys.stdout.write(f"{count} seeds from {first}: {failing} broken, in {seconds:.0f} s\n")
    return int(failing > 0)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets of texts is part of a schedule.
        os.execve(  # noqa: S606 - this program again
            sys.executable,
            [sys.executable, "-m", "tests.simulation", *sys.argv[1:]],
            {**os.environ, "PYTHONHASHSEED": "0"},
        )
    raise SystemExit(main(sys.argv[1:]))
