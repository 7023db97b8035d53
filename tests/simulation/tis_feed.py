"""The feed of changes in TIS: most are reported, some twice, late or in the wrong order, and some never."""

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Any

from tests.simulation.chance import Chance
from tests.simulation.loop import SimLoop
from tests.simulation.world import Change, Scenario

from tis_esr.engine.runner import Runner
from tis_esr.services.tis_changes.tis_changes import announce_changes

_REPORTED, _TWICE, _LATEST = 0.7, 0.3, 600.0


class TisFeed:
    """Sends change records through ``hook``, as the endpoint does."""

    def __init__(self, seed: int, loop: SimLoop, chance: Chance, hook: Runner) -> None:
        self._random, self._loop, self._chance, self._hook = Random(f"{seed} feed"), loop, chance, hook

    def reports(self, scenario: Scenario) -> list[Any]:
        """Return what is still to be sent of the changes that were just made."""
        posts = [
            _record("Post", post["id"], post["nationalPostNumber"], "insert") for post in scenario.new_posts
        ]
        return [
            self._report(number, record)
            for number, record in enumerate([*posts, *_placements(scenario.changes)])
        ]

    async def _report(self, number: int, record: dict[str, Any]) -> None:
        random, name = self._random, f"report:{number}"
        is_sent, times = random.random() < _REPORTED, 2 if random.random() < _TWICE else 1
        waits = [random.uniform(0, _LATEST) for _ in range(times)]
        if not is_sent or not self._chance.allows(name):
            return
        self._chance.note(
            name, f"a change of {record['metadata']['table-name']} {record['data']['id']} is reported"
        )
        for wait in waits:
            await asyncio.sleep(wait)
            work = self._hook.work()
            announce_changes(work, [record])
            await work.commit()


def _placements(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {
            "data": {
                "id": str(change.placement_id),
                "postId": str(change.values.get("postId", "")) if change.values else "",
                "traineeId": str(change.values.get("traineeId", "")) if change.values else "",
            },
            "metadata": _metadata("Placement", "update" if change.values else "delete"),
        }
        for change in changes
    ]


def _record(table: str, id_: int, number: str, operation: str) -> dict[str, Any]:
    return {"data": {"id": str(id_), "nationalPostNumber": number}, "metadata": _metadata(table, operation)}


def _metadata(table: str, operation: str) -> dict[str, Any]:
    return {
        "timestamp": "2026-11-25T08:00:00Z",
        "record-type": "data",
        "operation": operation,
        "schema-name": "tcs",
        "table-name": table,
    }
