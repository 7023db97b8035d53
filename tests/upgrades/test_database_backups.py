"""Dumping a database and restoring it, when something goes wrong: nothing is half restored and used all the same."""

import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pymongo
import pytest
from pymongo.database import Database
from tests.journeys.program import Program, program
from tests.left_behind import own_name
from tests.queries.plans import PLANS
from tests.upgrades.conftest import LONG

from tis_esr.engine.production.mongodb import dumping
from tis_esr.operations.audit.trail import entries
from tis_esr.operations.composition import reader_of
from tis_esr.operations.exports.withheld import withheld_since


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Program]:
    """An installed database, and a backup of it in ``backup``."""
    called = program("production", tmp_path)
    with PLANS.looked_at_by_a_test():
        assert called("backup", tmp_path / "backup").code == 0
        yield called


@pytest.fixture
def database(here: Program) -> Iterator[Database[dict[str, Any]]]:
    """The database, which other tests use too, emptied of everything but its indexes."""
    with pymongo.MongoClient[dict[str, Any]](here.settings["TIS_ESR_MONGODB_URL"]) as client:
        database = client[here.settings["TIS_ESR_MONGODB_DATABASE"]]
        version = database["engine.schema"].find_one({"_id": "version"})
        yield emptied(database)
        database["engine.schema"].replace_one({"_id": "version"}, version or {}, upsert=True)


def emptied(database: Database[dict[str, Any]]) -> Database[dict[str, Any]]:
    for name in database.list_collection_names():
        database[name].delete_many({})
    return database


def test_a_backup_is_readable_by_its_owner_only_and_in_the_audit(here: Program) -> None:
    folder = here.folder / "backup"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    with closing(reader_of(here.read_settings())) as reader:
        [entry] = entries(reader, last=1)
    assert (entry.act, entry.on) == ("backup", ["backup"])


def test_a_database_that_is_not_installed_has_no_backup(
    here: Program, database: Database[dict[str, Any]]
) -> None:
    said = here("backup", here.folder / "another")
    assert said.code == 2
    assert f"the database {database.name} is not installed, so there is nothing to back up" in said.text
    assert not list(here.folder.glob("another*"))


def test_a_database_of_another_version_has_no_backup_that_nothing_could_restore(
    here: Program, database: Database[dict[str, Any]]
) -> None:
    database["engine.schema"].insert_one({"_id": "version", "version": 1})
    said = here("backup", here.folder / "another")
    assert said.code == 2, said.text
    assert (
        "has schema version 1, this version of tis-esr backs up 5: use the version that wrote it" in said.text
    )
    assert not list(here.folder.glob("another*"))


def test_a_database_with_documents_is_not_restored_over(here: Program) -> None:
    said = here("restore", here.folder / "backup", "--yes")
    assert said.code == 2
    assert "is not empty; drop it, or name another" in said.text


def cut(folder: Path) -> None:
    path = folder / "engine.schema.bson"
    path.write_bytes(path.read_bytes()[:-1])


def unmanifested(folder: Path) -> None:
    (folder / "backup.json").unlink()


def without_a_file(folder: Path) -> None:
    (folder / "dataexporter.runs.bson").unlink()


def of_another_version(folder: Path) -> None:
    manifest = msgspec.json.decode((folder / "backup.json").read_bytes())
    (folder / "backup.json").write_bytes(msgspec.json.encode({**manifest, "version": 6}))


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (cut, "engine.schema.bson is missing, truncated or changed"),
        (without_a_file, "dataexporter.runs.bson is missing, truncated or changed"),
        (unmanifested, "is not a complete backup of tis-esr"),
        (of_another_version, "has schema version 6, this version of tis-esr restores 5"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    here: Program, database: Database[dict[str, Any]], damage: Callable[[Path], None], text: str
) -> None:
    damage(here.folder / "backup")
    said = here("restore", here.folder / "backup", "--yes")
    assert said.code == 2, said.text
    assert text in said.text
    assert all(database[name].find_one() is None for name in database.list_collection_names())


@pytest.mark.parametrize("place", ["have_published_again", "complete"] if LONG else ["complete"])
def test_a_database_whose_restore_was_killed_is_used_by_nobody_and_not_installed_either(
    here: Program, database: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def killed(_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(dumping, place, killed)
        with pytest.raises(Killed):
            here("restore", here.folder / "backup", "--yes")
    refused = "the restore of a backup into the database"
    for words in (["install"], ["audit"], ["restore", here.folder / "backup", "--yes"]):
        said = here(*words)
        assert said.code != 0
        assert refused in said.text, said.text
    emptied(database)
    assert here("restore", here.folder / "backup", "--yes").code == 0
    with closing(reader_of(here.read_settings())) as reader:
        assert withheld_since(reader) is not None


def test_a_backup_that_fails_leaves_nothing(here: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dumping, "_flush", full)
    said = here("backup", here.folder / "another")
    assert said.code == 3, said.text
    assert not list(here.folder.glob("another*"))


def test_a_database_that_other_tools_restored_is_marked_and_its_messages_are_published_again(
    here: Program,
) -> None:
    with pymongo.MongoClient[dict[str, Any]](here.settings["TIS_ESR_MONGODB_URL"]) as client:
        outbox = client[here.settings["TIS_ESR_MONGODB_DATABASE"]]["engine.outbox"]
        outbox.insert_one(
            {"_id": "1", "queue": "esr.queue.position.due", "state": "sent", "keys": [], "left": 0}
        )
        assert here("restore", "--already-restored", "--yes").code == 0
        assert [packet["state"] for packet in outbox.find()] == ["out"]
    with closing(reader_of(here.read_settings())) as reader:
        assert withheld_since(reader) is not None


@pytest.mark.skipif(not LONG, reason="make upgrades")
def test_a_backup_is_restored_into_a_database_of_another_name(here: Program) -> None:
    with pymongo.MongoClient[dict[str, Any]](here.settings["TIS_ESR_MONGODB_URL"]) as client:
        was, name = client[here.settings["TIS_ESR_MONGODB_DATABASE"]], own_name(uuid4().hex[:12])
        wanted = {one: was[one].count_documents({}) for one in was.list_collection_names()}
        try:
            said = here("restore", here.folder / "backup", "--yes", TIS_ESR_MONGODB_DATABASE=name)
            assert said.code == 0, said.text
            assert here("install", "--check", TIS_ESR_MONGODB_DATABASE=name).code == 0
            found = {one: client[name][one].count_documents({}) for one in wanted}
        finally:
            client.drop_database(name)
    own = {"audit.entries", "audit.head", "dataexporter.restored"}
    assert {one: n for one, n in found.items() if one not in own} == {
        one: n for one, n in wanted.items() if one not in own
    }
    assert found["dataexporter.restored"] == 1
