"""Puts a day together: scenarios over posts by the seed, files, TCS's data, and ``expected.json``."""

from datetime import date, datetime, time
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tis_esr.records.filenames import DEANERIES, FileName
from tis_esr.records.writing import format_row, header, trailer
from tis_esr.synthetic.dirt import DIRT, unusable
from tis_esr.synthetic.person_scenarios import PERSON_SCENARIOS
from tis_esr.synthetic.placement_scenarios import COMMON, PLACEMENT_SCENARIOS
from tis_esr.synthetic.world import Line, World

_SHARE_OF_ASSIGNMENTS = 0.45
_FIRST_SEQUENCE = 4001


def synthesize(*, deaneries: int, posts: int, seed: int, out: Path, as_of: date) -> None:
    """Write ``in/``, ``tcs/`` and ``expected.json`` below ``out``; the same arguments give the same bytes.

    Every scenario comes once, in turn over the deaneries; then common ones until there are ``posts`` posts.
    """
    world = World(as_of, Random(seed))
    chosen = DEANERIES[:deaneries]
    scenarios = [*PLACEMENT_SCENARIOS.values(), *PERSON_SCENARIOS.values(), *DIRT]
    for number, scenario in enumerate(scenarios):
        scenario(world, chosen[number % deaneries])
    people = list(PERSON_SCENARIOS.values())
    while len(world.posts) < posts:
        deanery = world.random.choice(chosen)
        PLACEMENT_SCENARIOS[world.random.choice(COMMON)](world, deanery)
        if world.random.random() < _SHARE_OF_ASSIGNMENTS:
            world.random.choice(people)(world, deanery)
    unusable(world, chosen[0])
    files = _write_files(world, chosen, out / "in")
    _write_data(world, out / "tcs")
    _write_expected(world, chosen, files, out / "expected.json")


def _write_files(world: World, chosen: tuple[str, ...], folder: Path) -> dict[str, dict[str, int]]:
    """Write a file a deanery; the second has CRLF and a wrong TRL, the third none and a cut last line."""
    folder.mkdir(parents=True)
    counts: dict[str, dict[str, int]] = {}
    for number, deanery in enumerate(chosen):
        file_type = "RMC" if number % 3 == 1 else "RMF"
        name = FileName(deanery, file_type, world.today, _FIRST_SEQUENCE + 17 * number)
        lines = world.lines.get(deanery, [])
        if number == 0:
            lines = _orphan_first(lines)
        body = [format_row("HDR", header(name, datetime.combine(world.today, time(14, 9)))).encode()]
        body += [line.raw for line in lines]
        trailing = (
            []
            if number == 2
            else [format_row("TRL", trailer(len(body) + (7 if number == 1 else 1))).encode()]
        )
        end = b"\r\n" if number == 1 else b"\n"
        content = end.join(body + trailing) + (b"" if number == 2 else end)
        (folder / str(name)).write_bytes(content)
        states = [*(line.state for line in lines), *["ignored"] * (1 + len(trailing))]
        counts[str(name)] = {
            "rows": len(states),
            **{state: states.count(state) for state in sorted(set(states))},
        }
    return counts


def _orphan_first(lines: list[Line]) -> list[Line]:
    """Put the rows that can't be used before the first assignment, where an orphan is one."""
    bad = [line for line in lines if line.state == "parked" or not line.raw]
    return bad + [line for line in lines if line not in bad]


def _write_data(world: World, folder: Path) -> None:
    folder.mkdir(parents=True)
    sites = [{"id": 1, "siteCode": "RX101", "siteKnownAs": "An Invented Hospital", "status": "CURRENT"}]
    for name in ("posts", "placements", "people", "absences"):
        _write_lines(folder / f"{name}.jsonl", getattr(world, name))
    _write_lines(folder / "sites.jsonl", sites)


def _write_lines(path: Path, entities: list[dict[str, Any]]) -> None:
    with path.open("wb") as file:
        for entity in entities:
            file.write(msgspec.json.encode(entity) + b"\n")


def _write_expected(
    world: World, chosen: tuple[str, ...], files: dict[str, dict[str, int]], path: Path
) -> None:
    expected = world.expected
    exported = sorted(key.split(":") for key, state in expected.applicants.items() if state == "EXPORTED")
    found = {
        "files": files,
        "positions": expected.positions,
        "applicants": expected.applicants,
        "notifications": expected.notifications,
        "esrChanged": sorted(expected.esr_changed),
        "esrExported": [[int(placement), int(position)] for placement, position in exported],
        "contact": expected.contact,
        "personal": expected.personal,
        "absences": expected.absences,
        "deaneries": list(chosen),
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
