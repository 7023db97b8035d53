"""What the simulator makes of its data folder."""

from pathlib import Path

import pytest
from tests.contract.simulated_tcs import simulated

from tis_esr.simulation.tcs.dto_store import BadDataError, Store


@pytest.mark.parametrize("name", ["posts", "placements", "people"])
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"{", id="broken-off"),
        pytest.param(b"[1]", id="a-list"),
        pytest.param(b'{"name": 1}', id="no-id"),
        pytest.param(b'{"id": "1"}', id="id-is-text"),
        pytest.param(b'{"id": null}', id="id-is-null"),
        pytest.param(b'{"id": 1, "nationalPostNumber": "\xff"}', id="not-utf-8"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_broken_line_is_told_with_file_and_line(tmp_path: Path, name: str, line: bytes) -> None:
    path = tmp_path / f"{name}.jsonl"
    path.write_bytes(b'{"id": 7}\n' + line + b'\n{"id": 8}\n')

    with pytest.raises(BadDataError) as caught:
        Store(tmp_path)

    assert (caught.value.path, caught.value.line) == (path, 2)
    assert str(caught.value).startswith(f"{path} line 2: ")


def test_an_absence_without_the_id_of_esr_is_a_broken_line(tmp_path: Path) -> None:
    (tmp_path / "absences.jsonl").write_bytes(b'{"id": 1, "personId": 10}\n')

    with pytest.raises(BadDataError) as caught:
        Store(tmp_path)

    assert caught.value.line == 1


def test_what_a_broken_line_holds_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_bytes(b'{"surname": "Example"}\n')

    with pytest.raises(BadDataError) as caught:
        Store(tmp_path)

    assert "Example" not in str(caught.value)


async def test_missing_files_are_empty(tmp_path: Path) -> None:
    async with simulated(tmp_path) as sim:
        assert await sim.tcs.people([1]) == {}
        assert await sim.tcs.placements_of_posts([1]) == {1: []}


async def test_unknown_fields_survive(tmp_path: Path) -> None:
    person = {"id": 1, "shoeSize": 4}
    async with simulated(tmp_path, people=[person]) as sim:
        assert (await sim.http("GET", "/api/people/1")).body == person


async def test_a_reset_forgets_what_was_written(tmp_path: Path) -> None:
    event = {
        "eventDateTime": "2022-04-01T10:00:00",
        "positionNumber": 1,
        "positionId": 2,
        "status": "RECONCILED",
    }
    posts = [{"id": 1, "nationalPostNumber": "EOE/1"}]
    async with simulated(tmp_path, posts=posts) as sim:
        assert await sim.tcs.post_esr_changed(1, event)
        async with sim.session.post(sim.running.url.removesuffix("/tcs") + "/simulator/reset"):
            pass
        post = await sim.tcs.post(1)

    assert post
    assert post.current_reconciled_events == []
    assert sim.running.simulator.calls == []
