"""Recorded states of earlier versions, and how one is put up again."""

import tarfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from tests.upgrades.dumps import restore_mongodb, restore_sqlite

from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.simulation.tcs.dto_store import Store

STATES = Path(__file__).parent / "states"


@dataclass(frozen=True)
class Recorded:
    """One version's state on one engine: its folder with ``in``, ``out`` and TCS's data, and the day on which it was killed."""

    folder: Path
    today: date

    def restore_state_file(self) -> Path:
        """Create the state file as the version left it; return its path."""
        path = self.folder / "state.sqlite"
        restore_sqlite(path, (self.folder / "state.sql").read_text())
        return path

    def restore_database(self, addresses: ServerAddresses) -> None:
        """Create the database as the version left it."""
        restore_mongodb(addresses, (self.folder / "mongodb.jsonl").read_text())


def recorded(version: str, engine: str, folder: Path) -> Recorded:
    """Unpack what a version left on an engine into a folder."""
    with tarfile.open(STATES / f"{version}.tar.xz") as archive:
        members = [m for m in archive if m.name.startswith((f"./{engine}", "./meta.json"))]
        archive.extractall(folder, members=members, filter="data")
    meta = msgspec.json.decode((folder / "meta.json").read_bytes())
    return Recorded(folder / engine, date.fromisoformat(meta["today"]))


def save_tcs(store: Store, folder: Path) -> None:
    """Write the simulated TCS's data with what was written to it, and the events that it was sent."""
    for name in ("posts", "placements", "people", "absences"):
        entities: dict[int, Any] = getattr(store, name)
        (folder / f"{name}.jsonl").write_bytes(
            b"".join(msgspec.json.encode(e) + b"\n" for e in entities.values())
        )
    events = {"posts": store.post_events, "placements": store.placement_events}
    (folder / "events.json").write_bytes(msgspec.json.encode(events))


def load_events(store: Store) -> None:
    """Give a simulated TCS the events that it was sent before."""
    said = msgspec.json.decode((store.data / "events.json").read_bytes())
    for event in said["posts"]:
        store.add_post_event(event)
    store.placement_events = {int(key): events for key, events in said["placements"].items()}
