"""Generates two days: scenarios over posts by the seed, files, TCS's data, and the expected outcome."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import msgspec

from tis_esr.records.file_names import DEANERIES
from tis_esr.simulation.days.day_folders import FirstDay, json_lines, write_next_day
from tis_esr.simulation.days.expected import Expected
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.inbound_files import InboundFile
from tis_esr.simulation.days.scenario_mix import any_post, every_scenario
from tis_esr.simulation.days.scenarios_lines import cut_short, unusable
from tis_esr.simulation.days.tcs_data import SITES

SMALLEST = 40
"""This many posts have every scenario once."""


@dataclass(frozen=True)
class Synthesis:
    """What was generated: names of the first day's files, their rows, posts, and the count of each scenario."""

    files: tuple[str, ...]
    rows: int
    posts: int
    scenarios: dict[str, int]


def synthesize(
    *,
    deaneries: int,
    posts: int,
    seed: int,
    out: Path,
    as_of: date,
    progress: Callable[[int], None] = lambda _posts: None,
) -> Synthesis:
    """Write ``in/``, ``tcs/``, ``expected.json`` and ``next/`` below ``out``; same arguments, same bytes.

    ``posts`` counts those of all deaneries, SMALLEST at least. ``progress`` is called with those written so far. Raises
    ValueError for fewer, OSError.
    """
    if posts < SMALLEST:
        raise ValueError(f"{posts} posts can't hold every scenario; it takes {SMALLEST}")
    world = World(as_of, Random(seed))
    chosen = DEANERIES[:deaneries]
    with FirstDay(out, chosen, as_of) as day:
        _people_the_world(world, chosen, posts, day, progress)
        last_line = cut_short(world, chosen[-1])
        day.take(world)
        files = day.finish(last_line)
    (out / "tcs" / "sites.jsonl").write_bytes(json_lines(SITES))
    _write_expected(out / "expected.json", world, world.expected, files, run=0, deaneries=chosen)
    _write_next_day(out, world, chosen)
    return Synthesis(
        files=tuple(str(file.name) for file in files),
        rows=sum(file.rows for file in files),
        posts=world.posts_made,
        scenarios=dict(sorted(world.scenarios.items())),
    )


def _people_the_world(
    world: World, chosen: tuple[str, ...], posts: int, day: FirstDay, progress: Callable[[int], None]
) -> None:
    """Add every scenario once, in turn over the deaneries, then posts until only one remains."""
    unusable(world, chosen[0])
    for number, scenario in enumerate(every_scenario()):
        scenario(world, chosen[number % len(chosen)])
        day.take(world)
    while world.posts_made < posts - 1:
        any_post(world, world.random.choice(chosen))
        day.take(world)
        progress(world.posts_made)


def _write_next_day(out: Path, world: World, chosen: tuple[str, ...]) -> None:
    """Write ``next/``: also a file of the first day again, which should change nothing."""
    files = write_next_day(world, chosen, out / "next" / "in")
    repeated = sorted((out / "in").iterdir())[0]
    shutil.copyfile(repeated, out / "next" / "in" / repeated.name)
    (out / "next" / "changes.jsonl").write_bytes(json_lines(world.next_day.changes))
    _write_expected(
        out / "next" / "expected.json",
        world,
        world.next_day.expected,
        files,
        run=1,
        repeated=[repeated.name],
    )


def _write_expected(
    path: Path, world: World, expected: Expected, files: Sequence[InboundFile], *, run: int, **more: object
) -> None:
    """Write the expected outcome of the day that is ``run`` days after the first."""
    found = {
        "files": {str(file.name): file.counts() for file in files},
        "incomplete": [str(file.name) for file in files if file.incomplete],
        **expected.as_json(world.today + timedelta(days=run), run),
        **more,
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
