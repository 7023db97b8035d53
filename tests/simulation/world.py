"""A small world drawn by a seed: TIS, what ESR sends, and what should be known of each position in the end."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tis_esr.records.filenames import DEANERIES, FileName
from tis_esr.records.values import Value
from tis_esr.records.writing import format_row, header, trailer
from tis_esr.synthetic.world import World

TODAY = date(2026, 11, 24)
MADE_AT = time(5, 9)
Stamp = tuple[date, int, int]


@dataclass(frozen=True)
class Subject:
    """What a row is about: a position or a person of TIS; noise is about nobody."""

    kind: str
    id: int


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
    """TIS's data, the inbound files in their own order, and who each row is about."""

    world: World
    deaneries: list[str]
    files: dict[str, bytes]
    subjects: dict[tuple[str, int], Subject]
    positions: dict[int, Claim]
    stories: list[str]

    def stamp(self, file: str, row: int) -> Stamp:
        """Return a row's place in the order of facts."""
        name = FileName.parse(file)
        return name.date, name.sequence, row

    def write(self, folder: Path) -> None:
        """Write TIS's data as the simulated TCS reads it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("posts", "placements", "people", "absences"):
            lines = [msgspec.json.encode(entity) for entity in getattr(self.world, name)]
            (folder / f"{name}.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


class Build:
    """A scenario under construction."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"{seed} world")
        self.world = World(TODAY, self.random)
        self.deaneries = self.random.sample(DEANERIES, self.random.choice((2, 2, 3)))
        self.drafts = {deanery: self._drafts(deanery) for deanery in self.deaneries}
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.stories: list[str] = []

    def _drafts(self, deanery: str) -> list[Draft]:
        """Return the files of a deanery: their sequences have nothing to do with those of another."""
        first = self.random.randint(1, 30) * 100
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
        files: dict[str, bytes] = {}
        subjects: dict[tuple[str, int], Subject] = {}
        for drafts in self.drafts.values():
            for draft in drafts:
                self.random.shuffle(draft.blocks)
                rows = [row for block in draft.blocks for row in block]
                for number, (_, subject) in enumerate(rows, 2):
                    if subject is not None:
                        subjects[str(draft.name), number] = subject
                made = datetime.combine(draft.name.date, MADE_AT)
                head = format_row("HDR", header(draft.name, made))
                text = [head, *(text for text, _ in rows), format_row("TRL", trailer(len(rows) + 2))]
                files[str(draft.name)] = ("\n".join(text) + "\n").encode()
        return Scenario(self.world, self.deaneries, files, subjects, {}, self.stories)


def scenario(seed: int) -> Scenario:
    """Return the world of a seed."""
    from tests.simulation.assignments import add_assignments
    from tests.simulation.noise import add_noise
    from tests.simulation.positions import add_positions, expected_positions
    from tests.simulation.tis import add_tis

    build = Build(seed)
    add_tis(build)
    histories = add_positions(build)
    add_assignments(build)
    add_noise(build)
    done = build.done()
    done.positions = expected_positions(histories)
    return done
