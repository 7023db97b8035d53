"""Backing up a state file, and restoring it, when something goes wrong: the store is whole, and never exports by mistake."""

import asyncio
import errno
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.journeys.program import Program, Said, program
from tests.queries.plans import PLANS

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import entries
from tis_esr.operations.exports.withheld import withheld_since

PLACES = (
    "tis_esr.operations.backups.restoring.back_up",
    "tis_esr.operations.backups.restoring._mark",
    "tis_esr.operations.backups.restoring.swap",
    "tis_esr.engine.embedded.backing_up._checkpoint",
    "tis_esr.engine.embedded.backing_up.os.link",
)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Program]:
    """A state file with what was there before, and a backup of one with other content."""
    fill(tmp_path / "state.sqlite", "before")
    fill(tmp_path / "copied.sqlite", "backup")
    with PLANS.looked_at_by_a_test():
        yield program("embedded", tmp_path)


def fill(path: Path, content: str) -> None:
    EmbeddedEngine(path, ALL_COLLECTIONS).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO rows VALUES (?, 1, 'POR', 'applied', '')", (content,))


def content(path: Path) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return str(connection.execute("SELECT file FROM rows").fetchone()[0])


def is_withheld(path: Path) -> bool:
    with closing(StateReader(path)) as reader:
        return withheld_since(reader) is not None


def truncated(file: bytes) -> bytes:
    return file[: len(file) // 2]


def overwritten(file: bytes) -> bytes:
    """Return the file with other bytes in the place of the page of a row."""
    size = int.from_bytes(file[16:18], "big")
    page = file.index(b"backup") // size * size
    return file[:page] + b"\x07" * size + file[page + size :]


def restore(here: Program) -> Said:
    return here("restore", here.folder / "copied.sqlite", "--yes")


@pytest.mark.parametrize("place", PLACES)
def test_a_restore_that_is_killed_anywhere_leaves_the_store_as_it_was_and_can_be_repeated(
    here: Program, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    state = here.folder / "state.sqlite"

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(place, killed)
        patched.setattr("tis_esr.operations.backups.restoring.remove", lambda _: None)  # nor does it tidy up
        with pytest.raises(Killed):
            restore(here)
    assert (content(state), is_withheld(state)) == ("before", False)
    assert restore(here).code == 0
    assert (content(state), is_withheld(state)) == ("backup", True)
    assert content(here.folder / "state.sqlite.replaced") == "before"
    assert not list(here.folder.glob("*.restoring*"))
    assert not list(here.folder.glob("*.unfinished*"))


def test_what_a_killed_process_had_committed_is_in_the_file_that_was_replaced(here: Program) -> None:
    state, elsewhere = here.folder / "state.sqlite", here.folder / "killed.sqlite"
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("UPDATE rows SET file = 'committed last'")
        connection.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{state}{end}", f"{elsewhere}{end}")
    for end in ("", "-wal"):
        shutil.move(f"{elsewhere}{end}", f"{state}{end}")
    assert restore(here).code == 0
    assert content(state) == "backup"
    assert content(here.folder / "state.sqlite.replaced") == "committed last"


@pytest.mark.parametrize(
    ("damage", "text"), [(truncated, "malformed"), (overwritten, "it is damaged: restore a backup")]
)
def test_a_damaged_copy_is_refused_and_the_store_stays(
    here: Program, damage: Callable[[bytes], bytes], text: str
) -> None:
    copy = here.folder / "copied.sqlite"
    copy.write_bytes(damage(copy.read_bytes()))
    said = restore(here)
    assert said.code == 2, said.text
    assert "copied.sqlite can't be restored: " in said.text
    assert text in said.text
    assert content(here.folder / "state.sqlite") == "before"
    assert not list(here.folder.glob("*.restoring*"))


def test_a_state_file_is_not_restored_from_itself(here: Program) -> None:
    said = here("restore", here.folder / "state.sqlite", "--yes")
    assert said.code == 2
    assert "is the state file itself; name a copy of it" in said.text
    assert not is_withheld(here.folder / "state.sqlite")


def test_a_store_that_other_tools_restored_is_marked(here: Program) -> None:
    said = here("restore", "--already-restored", "--yes")
    assert said.code == 0
    assert "Exports are withheld" in said.text
    assert is_withheld(here.folder / "state.sqlite")


@pytest.mark.parametrize("words", [[], ["copied.sqlite", "--already-restored"]])
def test_a_restore_needs_either_a_backup_or_that_it_was_restored_already(
    here: Program, words: list[str]
) -> None:
    said = here("restore", *words, "--yes")
    assert said.code == 2
    assert "name the backup, or use --already-restored, not both" in said.text


def test_a_copy_is_readable_by_its_owner_only_and_in_the_audit(here: Program) -> None:
    target = here.folder / "backups" / "one.sqlite"
    assert here("backup", target).code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700
    with closing(StateReader(here.folder / "state.sqlite")) as reader:
        [entry] = entries(reader, last=1)
    assert (entry.act, entry.on, entry.result) == ("backup", ["one.sqlite"], "a state file")


async def test_a_copy_that_is_made_while_a_process_uses_the_file_says_that_it_is_not_in_the_audit(
    here: Program,
) -> None:
    engine = EmbeddedEngine(here.folder / "state.sqlite", ALL_COLLECTIONS)
    try:
        said = await asyncio.to_thread(here, "backup", here.folder / "copy.sqlite")
    finally:
        engine.close()
    assert said.code == 0
    assert "It is not in the audit: " in said.text
    assert content(here.folder / "copy.sqlite") == "before"


def test_a_copy_for_which_the_disk_has_no_room_leaves_nothing(
    here: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tis_esr.engine.embedded.backing_up.os.fsync", full)
    said = here("backup", here.folder / "copy.sqlite")
    assert said.code == 3
    assert "No space left on device" in said.text
    assert not list(here.folder.glob("copy.sqlite*"))
