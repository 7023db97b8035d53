"""Generated days come out alike by seed, and the second ends in what its scenarios say, by hand, that it should."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
from tests.journeys.outcome import documents

from tis_esr.commands.day import day
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.server import Running, running_simulator

TODAY = date(2026, 11, 24)


def make(folder: Path, seed: int = 7) -> dict[str, bytes]:
    synthesize(deaneries=2, posts=60, seed=seed, out=folder, as_of=TODAY)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    first = make(tmp_path / "a")
    assert make(tmp_path / "b") == first
    assert make(tmp_path / "c", seed=8) != first


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return found


def change(tcs: Running, lines: bytes) -> None:
    """Do what the people in TIS do overnight."""
    for line in lines.splitlines():
        said = msgspec.json.decode(line)
        body = msgspec.json.encode(said["body"]) if said["body"] else None
        request = Request(  # noqa: S310 - loopback
            tcs.url + said["path"],
            method=said["method"],
            data=body,
            headers={"Content-Type": "application/json"},
        )
        assert urlopen(request).status < 300  # noqa: S310 - loopback


def test_the_second_day_tells_esr_what_changed_in_tis(tmp_path: Path) -> None:
    make(tmp_path)
    state, out, settings = tmp_path / "state", tmp_path / "out", Settings(patience_seconds=20)
    with running_simulator(tmp_path / "tcs") as tcs:
        day(settings, tmp_path / "in", out, tcs.url, TODAY, state)
        before, events = documents(state), len(tcs.simulator.store.post_events)
        change(tcs, (tmp_path / "next" / "changes.jsonl").read_bytes())
        day(settings, tmp_path / "next" / "in", out, tcs.url, TODAY + timedelta(days=1), state)
        told = [[e["postId"], e["positionId"], e["status"]] for e in tcs.simulator.store.post_events[events:]]
    one, two = expected(tmp_path / "expected.json"), expected(tmp_path / "next" / "expected.json")
    after = documents(state)
    positions = {
        key: {"status": p.status, "postId": p.post_id, "deleted": p.deleted}
        for key, p in after["reconciliation.positions"].items()
    }
    assert positions == {**one["positions"], **two["positions"]}
    applicants = {key: record.state.value for key, record in after["dataexporter.applicants"].items()}
    assert applicants == {**one["applicants"], **two["applicants"]}
    assert sorted(told) == two["esrChanged"]
    notes = after["dataexporter.notifications"]
    others = sorted(
        r.type
        for key, r in notes.items()
        if key not in before["dataexporter.notifications"] and r.type != "1"
    )
    assert others == sorted(code for said in two["otherNotifications"].values() for code, _, _ in said)
    assert set(others) == {"2", "4", "5"}
