"""A source that can't be read leaves its kinds unknown, and no others; what is not configured alarms nobody."""

from math import isnan
from typing import Any

import pytest
from tests.operations.alarms.invented import DAY, NOON, gap, judged
from tests.operations.alarms.test_judges import facts
from tests.operations.alarms.test_lifecycle import Story

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.server_checks import Finding as Check
from tis_esr.operations.alarms import about_files, about_queues, about_servers, look_servers
from tis_esr.operations.alarms.evaluation import Evaluation
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.gauge import active_by_kind
from tis_esr.operations.alarms.judge_servers import broker_alarms, foreign_objects, full_disks
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.alarms.sight import NotKnownError, Sight, Source
from tis_esr.operations.alarms.sources import is_due, judge
from tis_esr.settings import Settings

GAP = finding(about_files.FILE_GAP, "RMT", ["EOE-RMT-7"], "number 7 has not arrived")


def sight(**settings: Any) -> Sight:
    return Sight(Settings(**settings), None, None, facts(), {}, (), NOON, DAY)  # type: ignore[arg-type]


def source(kind: Kind, result: list[Finding] | Exception) -> Source:
    async def look(_: Sight) -> list[Finding]:
        if isinstance(result, Exception):
            raise result
        return result

    return Source((kind,), look)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransientError("RabbitMQ cannot be reached"), "RabbitMQ cannot be reached"),
        (OSError("connection refused"), "connection refused"),
        (KeyError("a name of somebody"), "KeyError"),
    ],
)
async def test_a_source_that_fails_leaves_its_kinds_unknown_and_the_others_judged(
    error: Exception, reason: str
) -> None:
    sources = [source(about_queues.BACKLOG_OLD, error), source(about_files.FILE_GAP, [GAP])]
    found = await judge(sight(), sources, {})
    assert found.unknown == {"backlog-old": reason}
    assert found.kinds == {"file-gap", "alarms-not-judged"}
    gap, not_judged = found.findings
    assert (gap, not_judged.id) == (GAP, "alarms-not-judged")
    assert not_judged.members == ["backlog-old"]


async def test_what_is_not_known_is_listed_as_not_judged_and_alarms_nobody() -> None:
    sources = [source(about_servers.FOREIGN_OBJECTS, NotKnownError("the address is not set"))]
    found = await judge(sight(), sources, {})
    assert (found.not_known, found.findings) == ({"foreign-objects": "the address is not set"}, [])
    assert found.unknown == {}


async def test_on_the_embedded_engine_there_is_no_broker_and_nothing_of_it_is_wrong() -> None:
    of_store = [s for s in look_servers.SOURCES if not s.per_process and s.kinds[0].id != "store-growth"]
    found = await judge(sight(), of_store, {})
    assert (found.findings, found.unknown) == ([], {})
    assert found.kinds >= {"broker-alarm", "foreign-objects", "store-disk-low", "sink-failing"}


def test_a_source_is_due_by_when_any_process_judged_it_and_own_facts_always() -> None:
    async def look(_: Sight) -> list[Finding]:
        return []

    slow, own = Source((about_files.FILE_GAP,), look, seconds=600), Source((about_servers.CLOCK_SKEW,), look)
    assert is_due(slow, {}, 10_000, 60)
    assert not is_due(slow, {"file-gap": 9_500}, 10_000, 60)
    assert is_due(slow, {"file-gap": 9_400}, 10_000, 60)
    assert is_due(slow, {"file-gap": 11_000}, 10_000, 60), "a clock that was ahead"
    assert is_due(own, {"clock-skew": 10_000}, 10_000, 60)


def test_what_the_doctor_finds_of_the_broker_is_one_finding_with_all_of_it() -> None:
    shovel = Check("TIS_ESR_AMQP_MANAGEMENT_URL", "the shovel old moves messages from a to b", "delete it")
    policy = Check(
        "TIS_ESR_AMQP_MANAGEMENT_URL", "the policy x sets max-length on 9 of our queues", "remove it"
    )
    [found] = foreign_objects([shovel, policy])
    assert (found.id, found.text) == (
        "foreign-objects",
        "the shovel old moves messages from a to b; and 1 more",
    )
    assert found.members == [shovel.problem, policy.problem]
    assert foreign_objects([]) == broker_alarms([], is_blocked=False) == full_disks([]) == []
    [blocked] = broker_alarms([], is_blocked=True)
    assert blocked.text == "RabbitMQ accepts no messages: its memory or disk alarm is raised"
    note = Check("x", "the disk was not checked", "see", is_note=True)
    assert full_disks([note]) == []


def test_prometheus_sees_which_kinds_are_judged_which_are_not_and_which_can_not_be() -> None:
    now = 100_000.0
    story = Story()
    story.judge(judged(gap(), gap("APC", urgent=True)))
    one = Evaluation(
        process="one",
        at=now,
        kinds={"file-refused": now, "backlog-old": now, "outbox-old": now - 1000, "promise-at-risk": now - 1000, "old": now},
        unknown={"backlog-old": "RabbitMQ cannot be reached"},
        not_known={"foreign-objects": "the address is not set"},
    )  # fmt: skip
    found = active_by_kind([one], story.known.values(), now, {"promise-at-risk": 3600.0})
    assert isnan(found.pop(("foreign-objects", "critical")))
    assert found == {
        ("file-refused", "warning"): 1,
        ("file-refused", "critical"): 1,
        ("promise-at-risk", "warning"): 0,
    }
    other = Evaluation(process="two", at=now, kinds={"foreign-objects": now, "backlog-old": now - 60})
    both = active_by_kind([one, other], [], now, {})
    assert (both["foreign-objects", "critical"], both["backlog-old", "warning"]) == (0, 0)
