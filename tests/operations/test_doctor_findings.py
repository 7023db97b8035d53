"""What ``doctor`` says of facts: each fault has a finding that names the thing, the problem and what to do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tis_esr.engine.production.mongodb.health import Member, OrphanedLeases, ReplicaSet, members_of
from tis_esr.engine.production.rabbitmq.topology import Queue
from tis_esr.operations.doctor import (
    agreement,
    broker,
    certificates,
    clocks,
    disk,
    leases,
    replica_set,
    running,
    schedule,
)
from tis_esr.operations.doctor.management import Binding, Broker, Node, Policy, Shovel
from tis_esr.operations.processes.announced import Process
from tis_esr.settings import Settings

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ONE = Process(
    name="one", version="0.3.0", services=["DataExporter"], host="app1", pid=1, engine="production",
    amqp="amqp://(not shown)@mq:5672/tis-esr", broker="rabbit@mq1", schema=5, settings={"applicants_cron": "0 14 * * *"},
)  # fmt: skip


def other(**changes: object) -> Process:
    return msgspec.structs.replace(ONE, name="two", host="app2", **changes)


# Processes.


BY_SERVICE = {"DataExporter": ["esr.queue.a", "esr.queue.b"], "Reconciliation": ["esr.queue.c"]}


@pytest.mark.parametrize(
    ("idle", "processes", "expected"),
    [
        (set(), [ONE], []),
        ({"esr.queue.c"}, [ONE], ["no process runs Reconciliation"]),
        (
            {"esr.queue.b", "esr.queue.c"},
            [ONE],
            [
                "no process runs Reconciliation",
                "esr.queue.b: no consumer, although one runs DataExporter",
            ],
        ),
        (
            {"esr.queue.a", "esr.queue.b", "esr.queue.c"},
            [],
            ["no process is running: nothing reads the queues"],
        ),
    ],
)
def test_a_service_without_a_process_and_a_queue_without_a_consumer_are_told_apart(
    idle: set[str], processes: list[Process], expected: list[str]
) -> None:
    assert [finding.problem for finding in running.idle_findings(BY_SERVICE, idle, processes)] == expected


def test_a_service_whose_queues_only_another_program_reads_is_named() -> None:
    [finding] = running.foreign_findings(BY_SERVICE, set(), [ONE], [])
    assert finding.problem == "no announced process runs Reconciliation, but something else reads the queues"
    assert not finding.is_note
    both = [ONE, other(services=["Reconciliation"])]
    assert running.foreign_findings(BY_SERVICE, set(), both, []) == []
    assert running.foreign_findings(BY_SERVICE, {"esr.queue.c"}, [ONE], []) == []


def test_queues_with_more_consumers_than_processes_run_their_service_are_a_note() -> None:
    consumers = {"esr.queue.a": 2, "esr.queue.b": 2, "esr.queue.c": 3}
    both = [ONE, other(services=["Reconciliation"])]
    [finding] = running.shared_findings(BY_SERVICE, consumers, both, [])
    assert finding.problem == (
        "the queues of DataExporter, Reconciliation have more consumers than announced processes run them"
    )
    assert "another installation in the same virtual host takes messages of this one" in finding.remedy
    assert finding.is_note
    assert running.shared_findings(BY_SERVICE, {**consumers, "esr.queue.b": 1}, [ONE], []) == []
    assert running.shared_findings(BY_SERVICE, consumers, [ONE], [other(services=["DataExporter"])]) == []


def test_a_process_that_still_reads_its_queues_and_can_not_reach_the_store_is_not_taken_for_another_program() -> (
    None
):
    silent = msgspec.structs.replace(ONE, heartbeat=datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp())
    [of_ours, foreign] = running.foreign_findings(BY_SERVICE, set(), [], [silent])
    assert of_ours.problem == (
        "one has had no heartbeat since 24 Nov 2026 09:00:00, but the queues of DataExporter have a consumer"
    )
    assert of_ours.remedy.startswith("see its log: it may still run without reaching the store")
    assert foreign.problem == "no announced process runs Reconciliation, but something else reads the queues"


def test_a_process_that_is_gone_is_a_note() -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()
    [finding] = running.gone_findings([msgspec.structs.replace(ONE, heartbeat=at)])
    assert finding.is_note
    assert finding.problem == "one (DataExporter) is gone: last heartbeat 24 Nov 2026 09:00:00"


@pytest.mark.parametrize(
    ("second", "setting", "problem"),
    [
        (other(version="0.2.0"), "tis-esr run", "processes have different versions: 0.2.0 in two; 0.3.0 in one"),
        (other(schema=4), "tis-esr run", "processes have different schemas: 4 in two; 5 in one"),
        (
            other(broker="rabbit@mq2"),
            "TIS_ESR_AMQP_URL",
            "processes have different brokers: rabbit@mq1/tis-esr in one; rabbit@mq2/tis-esr in two",
        ),
        (
            other(settings={"applicants_cron": "0 13 * * *"}),
            "TIS_ESR_APPLICANTS_CRON",
            "processes have different values: 0 13 * * * in two; 0 14 * * * in one",
        ),
    ],
)  # fmt: skip
def test_processes_that_disagree_are_named_with_what_each_has(
    second: Process, setting: str, problem: str
) -> None:
    [finding] = agreement.disagreements([ONE, second])
    assert (finding.setting, finding.problem) == (setting, problem)


def test_processes_that_agree_or_do_not_use_a_setting_are_no_finding() -> None:
    assert agreement.disagreements([ONE, other(services=["Reconciliation"], settings={})]) == []


# MongoDB.


def test_a_replica_set_without_a_primary_says_how_many_votes_are_missing() -> None:
    found = ReplicaSet(
        "rs0", [Member("a:1", "SECONDARY"), Member("b:1", "(not reachable/healthy)"), Member("c:1", "DOWN")], 2
    )  # fmt: skip
    problems = [finding.problem for finding in replica_set.findings(found)]
    assert problems[0] == (
        "the replica set rs0 has no primary: 1 of 3 members are up, 2 votes elect one; nothing is handled"
    )
    assert problems[1].startswith("the member b:1 of the replica set rs0 is (not reachable/healthy)")


def test_a_member_that_is_down_says_whether_another_failure_ends_the_majority() -> None:
    three = ReplicaSet("rs0", [Member("a:1", "PRIMARY"), Member("b:1", "SECONDARY"), Member("c:1", "DOWN")], 2)  # fmt: skip
    [finding] = replica_set.findings(three)
    assert finding.problem == (
        "the member c:1 of the replica set rs0 is DOWN; if one more fails there is no primary"
    )


def test_the_lag_of_a_secondary_is_what_it_is_behind_the_primary() -> None:
    at = datetime(2026, 11, 24, 9)  # noqa: DTZ001 - as MongoDB's driver returns it
    status = {
        "set": "rs0",
        "majorityVoteCount": 2,
        "members": [
            {"name": "a:1", "stateStr": "PRIMARY", "optimeDate": at},
            {"name": "b:1", "stateStr": "SECONDARY", "optimeDate": at - timedelta(seconds=45)},
        ],
    }
    [finding] = replica_set.findings(members_of(status))
    assert finding.problem == "the member b:1 is 45 s behind the primary"


def test_orphaned_leases_are_counted_with_the_oldest() -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()
    [finding] = leases.findings(OrphanedLeases(1200, at))
    assert finding.problem == (
        "1,200 messages are leased to a process that is gone, the oldest lease expired 24 Nov 2026 09:00:00;"
        " no process has taken them over"
    )
    assert leases.findings(None) == []


# RabbitMQ.

TOPOLOGY = [Queue("esr.queue.a", ("a",), 10, single_active=False)]
BROKER = Broker(
    nodes=[Node(name="rabbit@mq1", is_running=True, disk_free=50, disk_free_limit=10)],
    shovels=[],
    policies=[],
    bindings=[Binding("esr.queue.a", "a")],
    queues={"esr.queue.a": 7},
)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"shovels": [Shovel(name="s", source="esr.queue.dead", destination="esr.dlq.2021.08.01")]},
            "the shovel s moves messages from esr.queue.dead to esr.dlq.2021.08.01",
        ),
        (
            {"policies": [Policy(name="ttl", pattern="^esr", apply_to="queues", sets=["message-ttl"])]},
            "the policy ttl sets message-ttl on 2 of our queues or exchanges, such as esr.queue.a",
        ),
        (
            {"bindings": [*BROKER.bindings, Binding("copy", "#")]},
            "the exchange esr also sends # to copy, which no service reads",
        ),
        ({"bindings": []}, "1 binding is missing, such as a to esr.queue.a"),
        (
            {"queues": {"esr.dlq.2021.08.01": 573}},
            "the queue esr.dlq.2021.08.01 is not ours and holds 573 messages",
        ),
    ],
)
def test_what_is_not_ours_in_the_virtual_host_is_named(changes: dict[str, object], problem: str) -> None:
    [finding] = broker.foreign(msgspec.structs.replace(BROKER, **changes), TOPOLOGY)
    assert finding.problem == problem


def test_what_does_not_touch_our_messages_is_no_finding() -> None:
    found = msgspec.structs.replace(
        BROKER,
        shovels=[Shovel(name="s", source="reval.in", destination="reval.out")],
        policies=[Policy(name="ha", pattern="^reval", apply_to="all", sets=["ha-mode"])],
        queues={"esr.queue.a": 7, "reval.in": 9, "esr.empty": 0},
    )
    assert broker.foreign(found, TOPOLOGY) == []


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (Node(name="n", is_running=False), "the node n of RabbitMQ is down"),
        (
            Node(name="n", is_running=True, memory_alarm=True),
            "the memory alarm of the node n is raised: RabbitMQ accepts no messages",
        ),
        (
            Node(name="n", is_running=True, partitions=["m"]),
            "the node n of RabbitMQ does not see m: a network partition",
        ),
    ],
)
def test_a_node_in_trouble_is_named(node: Node, problem: str) -> None:
    [finding] = broker.alarms(msgspec.structs.replace(BROKER, nodes=[node]))
    assert finding.problem == problem


def test_a_node_near_its_disk_limit_is_named_before_the_alarm() -> None:
    near = Node(name="n", is_running=True, disk_free=3 * 10**9, disk_free_limit=2 * 10**9)
    [finding] = disk.node_findings(msgspec.structs.replace(BROKER, nodes=[near]))
    assert finding.problem == ("the node n of RabbitMQ has 3.0 GB free, and accepts no messages below 2.0 GB")


# Clocks, certificates, disks.


@pytest.mark.parametrize(
    ("ahead", "uncertain", "problem"),
    [
        (4.0, 0.0, None),
        (9.0, 5.0, None),
        (3601.0, 1.0, "the clock of TCS is 3601 s ahead of this machine's"),
        (-61.0, 1.0, "the clock of TCS is 61 s behind this machine's"),
    ],
)
def test_a_clock_that_differs_is_named_with_its_direction(
    ahead: float, uncertain: float, problem: str | None
) -> None:
    found = clocks.skews([clocks.Clock("TCS", "TIS_ESR_TCS_URL", ahead, uncertain)])
    assert [finding.problem for finding in found] == ([problem] if problem else [])


def test_time_zone_data_without_summer_time_is_named() -> None:
    assert clocks.zone_findings(ZoneInfo("Europe/London"), 2026) == []
    [finding] = clocks.zone_findings(ZoneInfo("UTC"), 2026)
    assert finding.problem == "London has no summer time in 2026 by the time zone data of this machine"


@pytest.mark.parametrize(
    ("begins", "ends", "problem"),
    [
        (-100, 31, None),
        (-100, 29, "the certificate of tcs:443 expires on 23 Dec 2026, in 29 days"),
        (-100, -1, "the certificate of tcs:443 expired on 23 Nov 2026"),
        (1, 100, "the certificate of tcs:443 is valid only from 25 Nov 2026"),
    ],
)
def test_a_certificate_is_named_a_month_before_it_expires(
    begins: int, ends: int, problem: str | None
) -> None:
    server = certificates.TlsServer("TIS_ESR_TCS_URL", "tcs", 443)
    certificate = certificates.Certificate(server, NOW + timedelta(days=begins), NOW + timedelta(days=ends))
    found = certificates.findings(certificate, NOW)
    assert [finding.problem for finding in found] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("free", "total", "is_low"),
    [
        (500_000_000, 10**12, True),
        (4 * 10**9, 10**11, True),
        (30 * 10**9, 10**12, False),
        (2 * 10**9, 10**10, False),
    ],
)
def test_a_disk_is_low_below_a_gigabyte_or_five_percent(free: int, total: int, is_low: bool) -> None:
    found = disk.findings(disk.Volume("/data", "TIS_ESR_STATE", free, total))
    assert bool(found) == is_low


# Schedules.


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, []),
        (
            {"applicants_cron": "0 14 1 1 *"},
            ["'0 14 1 1 *' does not fire for a week; next on 01 Jan 2027 14:00"],
        ),
        (
            {"applicants_cron": "0 12 * * *"},
            [
                "an export at 12:00 that waits 30 minutes at most is over before the day's RMC files are due (14:30):"
                " its positions go a day later"
            ],
        ),
        ({"applicants_cron": "0 12 * * *; 0 14 * * *"}, []),
        (
            {"notifications_cron": "15 14 * * *"},
            [
                "the DNC export at 14:15 begins while the APP export of 14:00 may still wait (30 minutes)",
            ],
        ),
        (
            {"daily_rules_cron": "0 16 * * *"},
            [
                "the daily rules at 16:00 come after the DNC export of 15:00: what the calendar changes goes a day later"
            ],
        ),
    ],
)
def test_a_schedule_that_can_not_do_its_work_is_named(changes: dict[str, str], problems: list[str]) -> None:
    found = schedule.findings(Settings(**changes), NOW)
    assert [finding.problem for finding in found] == problems
