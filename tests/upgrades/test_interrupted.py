"""An upgrade that is stopped anywhere, and run again, leaves what one that was never stopped leaves."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from pymongo.collection import Collection
from pymongo.database import Database
from tests.queries.plans import PLANS
from tests.upgrades.conftest import OldStore, old_store
from tests.upgrades.dumps import database_of, dump_sqlite

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
        assert stops > 3
        assert _content(often) == _content(once)


@contextmanager
def _killed_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let so many writes take effect; the one after ends the process, which then writes nothing more."""
    left = writes

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def write(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
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
        upgrade = DatabaseUpgrade(database, UPGRADES[0], ALL_COLLECTIONS, held_seconds=0.0)
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
