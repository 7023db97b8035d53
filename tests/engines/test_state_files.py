"""The state file: for its owner alone, under any name."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError, UnusableStateError
from tis_esr.engine.protocol import Commit
from tis_esr.services.inbound_data_reader.file_ledger import FILES

MESSAGE = Message(id="1", queue="q", correlation_id="c", source_file="f", deanery="", row=1, body=b"{}")


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
async def test_a_state_file_and_what_lies_beside_it_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "state" / "today"
    engine = EmbeddedEngine(path, [])
    await engine.commit(Commit(messages=[MESSAGE]))
    beside = sorted(path.parent.iterdir())
    assert [file.name for file in beside] == ["today", "today-shm", "today-wal", "today.lock"]
    assert {mode(file) for file in beside} == {0o600}
    assert (mode(path.parent), mode(path.parent.parent)) == (0o700, 0o700)
    engine.close()


def test_a_state_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state"
    EmbeddedEngine(path, []).close()
    path.chmod(0o644)
    EmbeddedEngine(path, []).close()
    assert mode(path) == 0o600


@pytest.mark.parametrize("name", ["a#b", "a?mode=memory", "a%41", "a b", "é", "a;b", "file:x", "'", "[x]"])
def test_a_state_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    EmbeddedEngine(tmp_path / name, []).close()
    StateReader(tmp_path / name).close()
    beside = {f"{name}{end}" for end in (".lock", "-shm", "-wal")}
    assert {file.name for file in tmp_path.iterdir()} - beside == {name}


@pytest.mark.parametrize("name", ["a%41", "a?b", "a#b"])
def test_a_state_file_is_not_looked_for_under_a_name_like_its_own(tmp_path: Path, name: str) -> None:
    for other in ("aA", "a"):
        EmbeddedEngine(tmp_path / other, []).close()
    with pytest.raises(UnusableStateError, match="no such file"):
        StateReader(tmp_path / name)


@pytest.mark.timeout(10)
def test_a_fifo_or_a_folder_is_not_taken_for_a_state_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path):
        with pytest.raises(UnusableStateError, match="it is not a file"):
            EmbeddedEngine(path, [])


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_a_lock_that_is_a_link_or_a_fifo_is_refused(tmp_path: Path, kind: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    if kind == "link":
        (tmp_path / "state.lock").symlink_to(victim)
    else:
        os.mkfifo(tmp_path / "state.lock")
    with pytest.raises(UnusableStateError, match=r"state\.lock"):
        EmbeddedEngine(tmp_path / "state", [])
    assert victim.read_text() == "kept"


@pytest.mark.parametrize(
    "read",
    [
        lambda reader: reader.find(FILES, {}),
        lambda reader: reader.count(FILES, {"state": "held"}),
        lambda reader: reader.counts(FILES, "state"),
        lambda reader: reader.counts_within(FILES, "findings"),
    ],
    ids=["find", "count", "counts", "counts_within"],
)
def test_a_state_file_that_can_not_be_read_is_not_taken_for_an_empty_one(
    tmp_path: Path, read: Callable[[StateReader], Any]
) -> None:
    path = tmp_path / "state"
    EmbeddedEngine(path, []).close()
    with closing(StateReader(path)) as reader:
        assert not read(reader), "a collection without a table is empty"
    EmbeddedEngine(path, [FILES]).close()
    with closing(StateReader(path)) as reader:
        assert not read(reader)
        reader._connection.set_progress_handler(lambda: 1, 1)
        with pytest.raises(TransientError, match="the state file can't be read: interrupted"):
            read(reader)
