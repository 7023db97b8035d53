"""Processes announce themselves in the store: running ones have a heartbeat, gone ones are shown as gone, then removed."""

from random import Random

import msgspec
import pytest
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.faults import TransientError
from tis_esr.operations.processes.announced import (
    FORGOTTEN_SECONDS,
    GONE_SECONDS,
    PROCESSES,
    Process,
    announced,
    beat,
    withdraw,
)
from tis_esr.operations.processes.announcing import described
from tis_esr.operations.processes.listing import ProcessState, processes
from tis_esr.operations.processes.must_agree import digest, values
from tis_esr.process.announcement import Announcement
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World

ONE = Process(name="one", version="0.3.0", services=["DataExporter"], host="app1", pid=1, engine="production")
TWO = msgspec.structs.replace(ONE, name="two", host="app2", pid=2)


def world() -> World:
    return World(TODAY, Random(1))


async def silent(bench: Bench, process: Process, seconds: float) -> None:
    """Keep a process whose last heartbeat was so long ago."""
    at = bench.runner.engine.time() - seconds
    await bench.keep(PROCESSES, msgspec.structs.replace(process, started=at - 60, heartbeat=at))


async def test_a_process_is_listed_from_its_first_heartbeat_until_it_stops(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await beat(bench.runner.work, ONE)
        await beat(bench.runner.work, TWO)
        [first, second] = processes(bench.reader()).processes
        assert (first.name, first.state, first.host, first.services) == (
            "one", ProcessState.RUNNING, "app1", ["DataExporter"],
        )  # fmt: skip
        assert second.state is ProcessState.RUNNING
        await withdraw(bench.runner.work, "one")
        assert [process.name for process in processes(bench.reader()).processes] == ["two"]


async def test_a_later_heartbeat_keeps_the_start_but_a_restarted_process_starts_again(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await silent(bench, ONE, 30)
        [before] = announced(bench.reader())
        await beat(bench.runner.work, ONE)
        [after] = announced(bench.reader())
        assert (after.started, after.heartbeat > before.heartbeat) == (before.started, True)
        await beat(bench.runner.work, msgspec.structs.replace(ONE, pid=99))
        [restarted] = announced(bench.reader())
        assert restarted.started == restarted.heartbeat


async def test_a_restarted_container_with_the_same_host_and_pid_1_is_a_new_process(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        first, second = (described(Settings(), "alone", ["DataExporter"]) for _ in range(2))
        assert (first.host, first.pid) == (second.host, second.pid)
        await silent(bench, first, 30)
        await beat(bench.runner.work, second)
        [restarted] = announced(bench.reader())
        assert restarted.started == restarted.heartbeat


async def test_a_process_without_a_heartbeat_for_a_minute_is_gone_and_after_a_day_removed(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await silent(bench, ONE, GONE_SECONDS + 5)
        await beat(bench.runner.work, TWO)
        assert [(p.name, p.state) for p in processes(bench.reader()).processes] == [
            ("one", ProcessState.GONE),
            ("two", ProcessState.RUNNING),
        ]
        await silent(bench, ONE, FORGOTTEN_SECONDS + 5)
        await beat(bench.runner.work, TWO)
        assert [p.name for p in processes(bench.reader()).processes] == ["two"]


def test_only_settings_that_its_services_use_have_to_agree() -> None:
    settings = Settings(events_token="invented-token", tcs_url="https://user:secret@tcs.example/tcs?key=1")  # noqa: S106 - of nobody
    exporter, reader = values(settings, ["DataExporter"]), values(settings, ["InboundDataReader"])
    assert {"applicants_cron", "window_opens_days", "lease_seconds"} <= exporter.keys()
    assert {"inbound", "keep_rows_days", "events_token"} & exporter.keys() == set()
    assert "tcs_url" not in reader
    assert (
        values(settings, ["Reconciliation"])["tcs_url"] == "https://(not shown)@tcs.example/tcs?(not shown)"
    )


def test_a_secret_is_announced_by_a_fingerprint_that_differs_when_it_does() -> None:
    one, same, other = (
        values(Settings(events_token=token), ["TisChanges"])
        for token in ("invented", "invented", "different")
    )
    assert (one == same, one == other) == (True, False)
    assert "invented" not in str(one)
    assert (digest(one) == digest(same), digest(one) == digest(other)) == (True, False)


def test_addresses_are_announced_without_credentials() -> None:
    settings = Settings(
        engine="production",
        amqp_url="amqp://user:hidden@broker:5672/tis-esr",
        mongodb_url="mongodb://user:hidden@db:27017/?replicaSet=rs0",
    )
    process = described(settings, "one", ["DataExporter"])
    assert "hidden" not in str(process)
    assert process.amqp == "amqp://(not shown)@broker:5672/tis-esr"


async def test_a_process_is_announced_while_rabbitmq_is_away(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Settings) -> str:
        raise TransientError("RabbitMQ: ConnectionRefusedError")

    async with benches.open(EXPORTER, world()) as bench:
        announcement = Announcement(Settings(), "tis-esr", ["DataExporter"], bench.runner.work)
        monkeypatch.setattr("tis_esr.process.announcement.broker_of", away)
        with pytest.raises(TransientError):
            await announcement.heartbeat()
        [process] = announced(bench.reader())
    assert process.services == ["DataExporter"]
