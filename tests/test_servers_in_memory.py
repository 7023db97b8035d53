"""Data of the tests' servers are in memory where there is much of it, and do not stay there for ever."""

from pathlib import Path

import pytest
from servers.memory import place_in_memory

from servers import memory


@pytest.fixture
def shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shm"
    folder.mkdir()
    monkeypatch.setattr(memory, "_MEMORY", folder)
    monkeypatch.setattr(memory, "_ENOUGH", 1)
    return folder


def test_each_checkout_has_a_place_of_its_own_and_keeps_it(tmp_path: Path, shared_memory: Path) -> None:
    places = []
    for name in ("one", "two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        places.append(Path(place_in_memory(tmp_path / name)))
    assert places[0] == places[2] != places[1]
    assert {place.parent for place in places} == {shared_memory}
    assert all(place.stat().st_mode & 0o777 == 0o700 for place in places)


def test_what_a_checkout_that_is_gone_has_left_is_forgotten(tmp_path: Path, shared_memory: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    left = Path(place_in_memory(gone))
    gone.rmdir()
    place_in_memory(tmp_path)
    assert not left.exists()


@pytest.mark.usefixtures("shared_memory")
def test_where_little_is_free_it_is_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_ENOUGH", 2**60)
    assert place_in_memory(tmp_path) == ""


@pytest.mark.usefixtures("shared_memory")
def test_where_there_is_no_such_memory_it_is_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_MEMORY", tmp_path / "nothing")
    assert place_in_memory(tmp_path) == ""
