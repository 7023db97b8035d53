"""An upgrade that is stopped anywhere, and run again, leaves what one that was never stopped leaves."""

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from pymongo.collection import Collection
from pymongo.database import Database
from tests.queries.plans import PLANS
from tests.upgrades.conftest import LONG, OldStore, old_store
from tests.upgrades.dumps import database_of, dump_mongodb, dump_sqlite

from tis_esr.engine.embedded import schema
from tis_esr.engine.embedded.upgrading import upgrade_state
from tis_esr.engine.production.mongodb.upgrading import DatabaseUpgrade
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.upgrades.supported import UPGRADES

PutUp = Callable[[str], OldStore]
WRITES = {
    Collection: (
        "update_one",
        "update_many",
        "bulk_write",
        "replace_one",
        "delete_many",
        "rename",
        "create_indexes",
    ),
    Database: ("drop_collection",),
}
OF_THE_MOMENT = {"created", "since", "parked_at", "handled_on", "written_on"}


class Killed(BaseException):
    """The process ends here."""


def test_a_state_file_whose_upgrade_was_stopped_at_any_step_is_as_it_was(tmp_path: Path) -> None:
    with old_store("0.2", "embedded", tmp_path) as old:
        path = old.was.folder / "state.sqlite"
        before, steps = dump_sqlite(path), []
        with PLANS.looked_at_by_a_test():
            upgrade_state(_copy(path), UPGRADES, ALL_COLLECTIONS, steps.append)
            assert steps[0] == "copy"
            assert steps[-2:] == ["messages", "commit"]
            for step in steps:
                with pytest.raises(Killed):
                    upgrade_state(path, UPGRADES, ALL_COLLECTIONS, _stop_at(step))
                assert dump_sqlite(path) == before, step
        assert old.install().code == 0
        assert "87 Confirmed" in old.day().text


def _copy(path: Path) -> Path:
    copy = path.with_name("another.sqlite")
    copy.write_bytes(path.read_bytes())
    return copy


def _stop_at(name: str) -> Callable[[str], None]:
    def progress(step: str) -> None:
        if step == name:
            raise Killed

    return progress


@pytest.mark.skipif(not LONG, reason="make upgrades")
def test_a_database_whose_upgrade_was_stopped_at_any_write_is_upgraded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        old_store("0.2", "production", tmp_path / "a") as once,
        old_store("0.2", "production", tmp_path / "b") as often,
    ):
        _upgrade(once)
        stops = 0
        for allowed in itertools.count(4, 9):
            try:
                with _killed_after(allowed, monkeypatch):
                    _upgrade(often)
                break
            except Killed:
                stops += 1
                assert "run tis-esr install, which continues it" in often.day().text
                _ten_seconds_pass(often)
        assert stops > 3
        assert _content(often) == _content(once)


def _ten_seconds_pass(old: OldStore) -> None:
    """Let the note of the killed process run out."""
    with database_of(old.addresses) as database:
        database["engine.schema"].update_one({}, {"$set": {"upgrade.until": 0.0}})


def test_a_document_of_another_form_is_named_and_the_store_stays_as_it_was(put_up: PutUp) -> None:
    old = put_up("0.2")
    before = _spoilt(old)
    said = old.install()
    assert said.code == 3
    assert "reconciliation.positions: document 6000002 could not be converted (KeyError)" in said.text
    assert "nothing was changed" in said.text
    assert _as_it_is(old) == before


def _spoilt(old: OldStore) -> object:
    """Take the number of a position away; return the store."""
    if old.engine == "embedded":
        with closing(sqlite3.connect(old.was.folder / "state.sqlite")) as connection, connection:
            connection.execute(
                "UPDATE \"reconciliation.positions\" SET body = CAST(json_remove(body, '$.revision') AS BLOB)"
                " WHERE key = '6000002'"
            )
    else:
        with database_of(old.addresses) as database:
            database["reconciliation.positions"].update_one(
                {"_id": "6000002"}, {"$unset": {"document.revision": ""}}
            )
    return _as_it_is(old)


def test_a_message_of_another_form_is_named_and_the_store_stays_as_it_was(put_up: PutUp) -> None:
    old = put_up("0.2")
    _spoil_a_message(old)
    before = _as_it_is(old)
    said = old.install()
    assert said.code == 3, said.text
    assert "esr.queue.unreadable: message " in said.text
    assert "could not be converted (ValidationError); nothing was changed" in said.text
    assert _as_it_is(old) == before


def _spoil_a_message(old: OldStore) -> None:
    """Take the content of the parked rows that could not be read away."""
    if old.engine == "embedded":
        with closing(sqlite3.connect(old.was.folder / "state.sqlite")) as connection, connection:
            connection.execute("UPDATE messages SET body = X'7B7D' WHERE queue = 'esr.queue.unreadable'")
    else:
        with database_of(old.addresses) as database:
            database["engine.inbox"].update_many({"queue": "esr.queue.unreadable"}, {"$set": {"body": b"{}"}})


def _as_it_is(old: OldStore) -> object:
    if old.engine == "embedded":
        return dump_sqlite(old.was.folder / "state.sqlite")
    return dump_mongodb(old.addresses)


def test_of_two_installs_at_once_the_second_finds_nothing_to_do_and_the_copy_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with old_store("0.2", "embedded", tmp_path) as old, PLANS.looked_at_by_a_test():
        path = old.was.folder / "state.sqlite"

        @contextmanager
        def locked_after_the_other(path: Path) -> Iterator[None]:
            monkeypatch.undo()
            assert upgrade_state(path, UPGRADES, ALL_COLLECTIONS) is not None
            with schema.locked(path):
                yield

        monkeypatch.setattr("tis_esr.engine.embedded.upgrading.locked", locked_after_the_other)
        assert upgrade_state(path, UPGRADES, ALL_COLLECTIONS) is None
        with closing(sqlite3.connect(path.with_name("state.sqlite.0.2.0"))) as copy:
            assert copy.execute("PRAGMA user_version").fetchone()[0] == 2


@contextmanager
def _killed_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let so many writes take effect; the one after ends the process, which then writes nothing more."""
    left = writes

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def write(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            if threading.current_thread() is not threading.main_thread():
                return call(*args, **kwargs)  # only stays the one who upgrades
            left -= 1
            if left < 0:
                raise Killed
            return call(*args, **kwargs)

        return write

    with monkeypatch.context() as patched:
        for owner, names in WRITES.items():
            for name in names:
                patched.setattr(owner, name, counted(getattr(owner, name)))
        yield


def _upgrade(old: OldStore) -> None:
    with database_of(old.addresses) as database:
        upgrade = DatabaseUpgrade(database, UPGRADES[0], ALL_COLLECTIONS)
        upgrade.begin()
        upgrade.convert()
        upgrade.end()


def _content(old: OldStore) -> dict[str, list[str]]:
    with database_of(old.addresses) as database:
        return {
            name: [_timeless(document) for document in database[name].find().sort("_id")]
            for name in database.list_collection_names()
        }


def _timeless(document: dict[str, Any]) -> str:
    return json_util.dumps({name: value for name, value in document.items() if name not in OF_THE_MOMENT})
