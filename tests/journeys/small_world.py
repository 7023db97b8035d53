"""A small world for a journey of a few days: one post, one position, who comes; TCS over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from tests.journeys.outcome import documents

from tis_esr.commands.day import day
from tis_esr.operations.day_summary import Summary
from tis_esr.records.row_writing import format_row
from tis_esr.services.day import DayDone
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.tcs.server import Running, running_simulator

TODAY = date(2026, 11, 24)
NPN = "EOE/RX1/800/STR/001"


@dataclass
class Small:
    """The folder, the simulated TCS, and a number for the next file."""

    folder: Path
    tcs: Running
    sequence: int = 100
    world: World = field(default_factory=lambda: World(TODAY, Random(1)))

    def file(
        self,
        *rows: str,
        day_number: int = 0,
        sequence: int | None = None,
        deanery: str = "EOE",
        kind: str = "RMC",
    ) -> str:
        """Hand in a file of these rows, alone in its folder; return its name."""
        self.sequence += 1
        number = self.sequence if sequence is None else sequence
        name = f"DE_{deanery}_{kind}_{TODAY + timedelta(days=day_number):%Y%m%d}_{number:08d}.DAT"
        place = self.folder / "in"
        place.mkdir(exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        (place / name).write_text("\n".join([*rows, f"TRL,{len(rows)}"]) + "\n")
        return name

    def run(self, day_number: int = 0, **settings: Any) -> tuple[DayDone, Summary]:
        """Run the day that many days from TODAY."""
        inbound, out, state = (self.folder / name for name in ("in", "out", "state"))
        chosen = Settings(**{"patience_seconds": 20, **settings})
        return day(chosen, inbound, out, self.tcs.url, TODAY + timedelta(days=day_number), state)

    def documents(self) -> dict[str, Any]:
        """Return what the services hold."""
        return documents(self.folder / "state")

    def sent(self, file_type: str, day_number: int = 0) -> list[str]:
        """Return the data rows of the files of one type that went out on a day."""
        stamp = f"{TODAY + timedelta(days=day_number):%Y%m%d}"
        names = sorted((self.folder / "out").glob(f"DE_*_{file_type}_{stamp}_*.DAT"))
        return [row for name in names for row in name.read_text().splitlines()[1:-1]]

    def events(self) -> list[tuple[int, int, str]]:
        """Return the esr-changed events that TCS has: post, position, status."""
        return [(e["postId"], e["positionId"], e["status"]) for e in self.tcs.simulator.store.post_events]


def por(
    position: int = 1, npn: str = NPN, indicator: str = "C", number: int | None = None, host: bool = False
) -> str:
    """Return a POR row."""
    return format_row(
        "POR",
        {
            "positionID": position,
            "changeDeleteIndicator": indicator,
            "positionNumber": number or position + 1000,
            "deaneryNumber": npn,
            "hostLeadIndicator": "Host Employer" if host else "Lead Employer",
            "employingOrgVPDCode": "96",
            "esrLocation": "An Invented Hospital",
        },
    )


@contextmanager
def small_world(folder: Path, build: Any) -> Iterator[Small]:
    """Make TCS's data by ``build(world)`` and serve it."""
    world = World(TODAY, Random(1))
    build(world)
    (folder / "tcs").mkdir(parents=True)
    for name in ("posts", "placements", "people", "absences"):
        lines = [msgspec.json.encode(entity) for entity in getattr(world, name)]
        (folder / "tcs" / f"{name}.jsonl").write_bytes(b"\n".join(lines) + b"\n" if lines else b"")
    with running_simulator(folder / "tcs") as tcs:
        yield Small(folder, tcs, world=world)
