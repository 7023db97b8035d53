"""Every collection and table has its retention in docs/reference/retention.md, and its purpose in the data dictionary."""

import importlib
import pkgutil
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import tis_esr
from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.schema import open_state
from tis_esr.engine.production.mongodb.schema import wanted_indexes
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs/reference/retention.md").read_text()
DICTIONARY = (Path(__file__).parents[3] / "docs/reference/data-dictionary.md").read_text()
SETTINGS = {"keep_rows_days", "keep_personal_days", "keep_history_days"}
TIMES = ("rows", "personal", "history", "guards", "one document", "two documents", "with their position", "with its position",
         "with the parked message", "while it is linked", "until all messages of the packet", "TIS_ESR_LEASE_SECONDS")  # fmt: skip


def table(heading: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table under a heading, by the name in its first cell."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [
        re.findall(r"(?<=\|)[^|]*(?=\|)", line) for line in section.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}


INVENTORY = {
    name: cells
    for names, cells in table("By collection and table").items()
    for name in re.findall(r"[a-z][a-z_.]+(?![^(]*\))", names)
}


def in_the_code() -> dict[str, Collection[Any]]:
    """Return every Collection that a module of the program makes."""
    found: dict[str, Collection[Any]] = {}
    for module in pkgutil.walk_packages(tis_esr.__path__, "tis_esr."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Collection):
                    found[value.name] = value
    return found


def tables_of_the_embedded_engine(folder: Path) -> set[str]:
    with closing(open_state(folder / "state")) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in found} - {"sqlite_sequence"}


def test_every_collection_of_the_code_is_one_that_the_engines_make() -> None:
    assert set(in_the_code()) == {collection.name for collection in ALL_COLLECTIONS}


def test_the_inventory_has_every_collection_and_table_and_nothing_else(tmp_path: Path) -> None:
    engines = tables_of_the_embedded_engine(tmp_path) | set(wanted_indexes([]))
    assert set(INVENTORY) == set(in_the_code()) | engines


@pytest.mark.parametrize("name", INVENTORY)
def test_each_has_a_purpose_and_a_retention(name: str) -> None:
    kept, _ = INVENTORY[name]
    assert any(time in kept for time in TIMES)
    assert f"`{name}`" in DICTIONARY


def test_each_setting_is_named_with_its_default() -> None:
    said = table("Settings")
    assert {name: cells[0] for name, cells in said.items()} == {
        f"TIS_ESR_{name.upper()}": str(Settings.model_fields[name].default) for name in SETTINGS
    }


def test_each_collection_and_table_can_be_looked_through_by_age(tmp_path: Path) -> None:
    """What has no index by the day of its last writing can't be purged in small steps."""
    for collection in ALL_COLLECTIONS:
        indexes = wanted_indexes([collection])[collection.name]
        assert [
            list(index.document["key"]) for index in indexes if index.document["name"] == "written_on"
        ] == [["written_on", "_id"]]
    with closing(open_state(tmp_path / "state")) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM messages WHERE state = 'done' AND handled_on < '2026' ORDER BY handled_on, seq"
        ).fetchall()
    assert "messages_old_done" in str(plan)
