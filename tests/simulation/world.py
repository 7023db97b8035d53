"""A small world drawn by a seed: TIS, what ESR sends, and what should be known of each position in the end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tis_esr.records.file_names import DEANERIES, FileName
from tis_esr.records.row_writing import format_row, header, trailer
from tis_esr.records.values import Value
from tis_esr.simulation.days.generated_world import World

TODAY = date(2026, 11, 24)
MADE_AT = time(5, 9)
Stamp = tuple[date, int, int]


@dataclass(frozen=True)
class Subject:
    """What a row is about: a position or a person of TIS; noise is about nobody."""

    kind: str
    id: int


@dataclass(frozen=True)
class Change:
    """What somebody does to a placement in TIS between the acts, or a new one: None where it is deleted."""

    placement_id: int
    values: dict[str, Any] | None


@dataclass
class Draft:
    """A file to be: blocks of rows that stay together, each with its subject."""

    name: FileName
    blocks: list[list[tuple[str, Subject | None]]] = field(default_factory=list)

    def add(self, record_type: str, values: dict[str, Value], subject: Subject | None = None) -> None:
        """Add a row that stands alone."""
        self.blocks.append([(format_row(record_type, values), subject)])


@dataclass(frozen=True)
class Claim:
    """What the newest row of a deanery says of a position."""

    deleted: bool
    deanery: str
    npn: str
    number: int | None


@dataclass
class Scenario:
    """TIS's data, the inbound files of each act in their own order, what changes in TIS before the second act with
    the posts that are new then, and who each row is about, with the first row of its group."""

    world: World
    deaneries: list[str]
    acts: list[dict[str, bytes]]
    changes: list[Change]
    new_posts: list[dict[str, Any]]
    subjects: dict[tuple[str, int], tuple[Subject, int]]
    positions: dict[int, Claim]
    stories: list[str]

    @property
    def files(self) -> dict[str, bytes]:
        """All files of all acts."""
        return {name: content for act in self.acts for name, content in act.items()}

    def stamp(self, file: str, row: int) -> Stamp:
        """Return a row's place in the order of facts: of a position by file, of a person by group."""
        name = FileName.parse(file)
        subject, first = self.subjects[file, row]
        return name.date, name.sequence, first if subject.kind == "person" else 0

    def write(self, folder: Path) -> None:
        """Write TIS's data as the simulated TCS reads it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("posts", "placements", "people", "absences"):
            lines = [msgspec.json.encode(entity) for entity in getattr(self.world, name)]
            (folder / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


class Taken:
    """Which deanery speaks of which field or absence of a person on which day: only one of them may."""

    def __init__(self) -> None:
        self._by: dict[tuple[Any, ...], str] = {}

    def free(self, deanery: str, day: date, person: int, names: Iterable[str]) -> list[str]:
        """Return those names that this deanery may speak of, from now on alone."""
        return [name for name in names if self._by.setdefault((day, person, name), deanery) == deanery]


class Build:
    """A scenario under construction."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed} world")
        self.world = World(TODAY, self.random)
        self.deaneries = self.random.sample(DEANERIES, self.random.choice((2, 2, 3)))
        firsts = self.random.sample(range(100, 3000, 100), len(self.deaneries))
        self.drafts = {
            deanery: self._drafts(deanery, first)
            for deanery, first in zip(self.deaneries, firsts, strict=True)
        }
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.stories: list[str] = []
        self.changes: list[Change] = []
        self.new_posts: list[dict[str, Any]] = []
        self.taken = Taken()
        has_second = self.random.random() < 0.4
        self.second = {deanery: self._second(deanery) if has_second else [] for deanery in self.deaneries}
        """The files of the second act, none in most worlds."""

    def _second(self, deanery: str) -> list[Draft]:
        last = self.drafts[deanery][-1].name
        number = self.random.choice((1, 1, 2))
        return [Draft(FileName(deanery, "RMC", TODAY, last.sequence + n)) for n in range(1, number + 1)]

    def _drafts(self, deanery: str, first: int) -> list[Draft]:
        """Return the files of a deanery: their sequences have nothing to do with those of another."""
        days = self.random.choice(([0], [0, 0], [-1, 0], [0, 0, 0], [-1, 0, 0]))
        kinds = ("RMF", "RMC")
        return [
            Draft(FileName(deanery, kinds[number > 0], TODAY + timedelta(days=day), first + number))
            for number, day in enumerate(days)
        ]

    def draft_of(self, deanery: str) -> Draft:
        """Return one of a deanery's files."""
        return self.random.choice(self.drafts[deanery])

    def done(self) -> Scenario:
        """Put the files together."""
        found = Scenario(self.world, self.deaneries, [], self.changes, self.new_posts, {}, {}, self.stories)
        for drafts in (self.drafts, self.second):
            act = [self._file(found, draft) for of_deanery in drafts.values() for draft in of_deanery]
            if act:
                found.acts.append(dict(act))
        return found

    def _file(self, scenario: Scenario, draft: Draft) -> tuple[str, bytes]:
        self.random.shuffle(draft.blocks)
        name, row = str(draft.name), 2
        lines = [format_row("HDR", header(draft.name, datetime.combine(draft.name.date, MADE_AT)))]
        for block in draft.blocks:
            for number, (text, subject) in enumerate(block, row):
                lines.append(text)
                if subject is not None:
                    scenario.subjects[name, number] = subject, row
            row += len(block)
        lines.append(format_row("TRL", trailer(row)))
        return name, ("\n".join(lines) + "\n").encode()


def scenario(seed: int) -> Scenario:
    """Return the world of a seed."""
    from tests.simulation.assignments import add_assignments
    from tests.simulation.noise import add_noise
    from tests.simulation.positions import add_positions, expected_positions
    from tests.simulation.second_act import add_second_act
    from tests.simulation.tis import add_tis

    build = Build(seed)
    add_tis(build)
    histories = add_positions(build)
    add_assignments(build, build.drafts)
    add_second_act(build, histories)
    add_assignments(build, build.second)
    add_noise(build)
    done = build.done()
    done.positions = expected_positions(histories)
    return done
