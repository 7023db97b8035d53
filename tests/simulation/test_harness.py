"""The simulation itself: the same seed is the same run, and what is broken on purpose is found."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.simulation.chance import Chance
from tests.simulation.invariants import Ends, violations
from tests.simulation.judge import judge
from tests.simulation.loop import PROCESS, Process, SimLoop
from tests.simulation.run import ordered
from tests.simulation.store import SimStore
from tests.simulation.tcs import SimTcs
from tests.simulation.world import Scenario, scenario

from tis_esr.services.flow import bindings_only

SEED = 2


@pytest.fixture
def ground(tmp_path: Path) -> tuple[Scenario, Path]:
    found = scenario(SEED)
    found.write(tmp_path)
    return found, tmp_path


def sentences(ground: tuple[Scenario, Path], broken: Callable[[], Any]) -> dict[str, list[str]]:
    """Compare an ordered run with one that something is broken in; return what is said by kind."""
    calm = ordered(*ground)
    broken()
    said: dict[str, list[str]] = {}
    for violation in violations(Ends(ground[0], calm, ordered(*ground), early=False)):
        said.setdefault(violation.kind, []).append(violation.sentence)
    return said


def test_the_same_seed_is_the_same_run_to_the_last_step() -> None:
    first, second = judge(SEED), judge(SEED)
    assert len(first.run.loop.trace) > 100
    assert first.run.loop.trace == second.run.loop.trace
    assert first.run.loop.digest() == second.run.loop.digest()
    assert judge(SEED + 1).run.loop.digest() != first.run.loop.digest()


def test_each_message_of_the_flow_is_in_the_simulation() -> None:
    """A queue that no seed fills would be one whose order nobody has tried."""
    traces = "\n".join(line for seed in range(12) for line in judge(seed).run.loop.trace)
    unclaimed = {handler.queue for handler in bindings_only() if f"claim {handler.queue} " not in traces}
    assert unclaimed == set()


def test_another_process_runs_a_seed_alike() -> None:
    def shown() -> str:
        command = [sys.executable, "-m", "tests.simulation", str(SEED), "--trace"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    assert shown() == shown()


def test_two_undisturbed_runs_agree(ground: tuple[Scenario, Path]) -> None:
    assert sentences(ground, lambda: None) == {}


def test_a_doubled_append_is_found(ground: tuple[Scenario, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    handled = SimTcs._handled

    async def twice(tcs: SimTcs, method: str, url: Any, body: bytes | None) -> Any:
        if url.path.endswith(("esr-changed", "esr-exported")):
            await handled(tcs, method, url, body)
        return await handled(tcs, method, url, body)

    said = sentences(ground, lambda: monkeypatch.setattr(SimTcs, "_handled", twice))
    assert "is RECONCILED on post" in said["TCS: changed twice"][0]
    assert said["TCS: exported"][0].startswith("TCS was told 2 times that placement")


@pytest.mark.parametrize(
    ("queue", "kind"),
    [
        ("esr.queue.por.split", "rows don't add up"),
        ("esr.queue.asg.split", "rows don't add up"),
        ("esr.queue.position.changed", "TCS: positions of posts"),
        ("esr.queue.apprecord.generated", "applicants"),
        ("esr.queue.notification.generated", "notifications"),
        ("esr.queue.apprecord.exported.inbounddatawriter", "TCS: exported"),
    ],
)
def test_a_lost_message_is_found(
    ground: tuple[Scenario, Path], monkeypatch: pytest.MonkeyPatch, queue: str, kind: str
) -> None:
    add = SimStore._add
    lost: list[str] = []

    def losing(store: SimStore, message: Any) -> None:
        if message.queue == queue and not lost:
            lost.append(message.id)
        if message.id not in lost:
            add(store, message)

    assert kind in sentences(ground, lambda: monkeypatch.setattr(SimStore, "_add", losing))


def test_a_row_that_is_not_accounted_for_is_found(ground: tuple[Scenario, Path]) -> None:
    calm, other = ordered(*ground), ordered(*ground)
    place = min(place for place in other.rows if place[0] in ground[0].files)
    del other.rows[place]
    said = [violation.sentence for violation in violations(Ends(ground[0], calm, other, early=False))]
    assert any(f"file {place[0]} has" in sentence for sentence in said)


def test_a_disturbance_that_is_left_out_leaves_the_others_as_they_are() -> None:
    def drawn(off: set[str]) -> list[str]:
        chance = Chance(SEED, frozenset(off))
        return [draw.name for _ in range(200) if (draw := chance.strikes("store.commit", 0.1))]

    every = drawn(set())
    assert len(every) > 5
    assert drawn({every[2]}) == every[:2] + every[3:]
    assert drawn({"store"}) == []


def test_a_frozen_process_stands_still_and_a_killed_one_never_runs_again() -> None:
    loop = SimLoop()
    ticks: dict[str, list[float]] = {"frozen": [], "killed": [], "free": []}

    async def tick() -> None:
        process = PROCESS.get()
        assert process is not None
        try:
            while True:
                await asyncio.sleep(1)
                ticks[process.name].append(loop.time() - 1000)
        except BaseException:
            ticks[process.name].append(-1)
            raise

    async def main() -> None:
        processes = {name: Process(name) for name in ticks}
        for process in processes.values():
            loop.create_task(tick(), context=process.context())
        await asyncio.sleep(1.5)
        loop.freeze(processes["frozen"], 3)
        loop.kill(processes["killed"])
        await asyncio.sleep(4.2)
        seen = {name: list(found) for name, found in ticks.items()}
        assert seen == {"frozen": [1, 4.5, 5.5], "killed": [1], "free": [1, 2, 3, 4, 5]}

    loop.run(main())
