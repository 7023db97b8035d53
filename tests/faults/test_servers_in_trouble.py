"""RabbitMQ or MongoDB in trouble in the middle of a day: it goes on by itself and ends the same."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pymongo
import pytest
from tests.faults.conftest import OwnServers
from tests.faults.days import TODAY, Days
from tests.faults.supervised import supervised

from tis_esr.commands.day import day
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.services.data_exporter import export_run
from tis_esr.services.inbound_data_reader import file_splitting

Disturbance = Callable[[OwnServers], None]


@pytest.fixture(scope="module")
def days(own_servers: OwnServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    days = Days(tmp_path_factory.mktemp("days"), own_servers.place, posts=40)
    yield days
    days.close()


class AtCommit:
    """Tells when the day has made so many transactions; the day goes on meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
        self.reached = threading.Event()
        original, seen = ProductionEngine.commit, iter(range(1, 1 << 30))

        async def commit(engine: ProductionEngine, what: Any) -> None:
            await original(engine, what)
            if next(seen) == number:
                self.reached.set()

        monkeypatch.setattr(ProductionEngine, "commit", commit)


def disturbed(
    days: Days, servers: OwnServers, moment: AtCommit, disturb: Disturbance, name: str
) -> tuple[Any, ...]:
    """Run a day, disturb the servers in the middle, start it again as a supervisor would."""
    with days.ground(name) as made:
        settings = made.in_process(patience_seconds=60)

        def once_it_is_under_way() -> None:
            assert moment.reached.wait(60)
            disturb(servers)

        run_day = partial(day, settings, made.inbound, made.out, made.url, TODAY, None)
        supervised(run_day, once_it_is_under_way, seconds=150)
        return made.found()


def broker_restarted(servers: OwnServers) -> None:
    servers.rabbit.control("stop_app")
    servers.rabbit.control("start_app")


def connections_cut(servers: OwnServers) -> None:
    servers.rabbit.control("close_all_connections", "a test cuts them")


def memory_alarm(servers: OwnServers) -> None:
    servers.rabbit.control("set_vm_memory_high_watermark", "absolute", "1MB")
    servers.rabbit.control("set_vm_memory_high_watermark", "absolute", "1GB")


def queues_deleted(servers: OwnServers) -> None:
    for queue in ("esr.queue.por.split", "esr.queue.pos.split", "esr.queue.asg.split"):
        servers.rabbit.control("delete_queue", "-p", "faults", queue)


def database_killed(servers: OwnServers) -> None:
    servers.mongo.kill()
    servers.mongo.start()


def primary_steps_down(servers: OwnServers) -> None:
    with pymongo.MongoClient[dict[str, Any]](servers.mongo.url) as client:
        client.admin.command({"replSetStepDown": 2, "force": True})


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "disturb",
    [broker_restarted, connections_cut, memory_alarm, queues_deleted, database_killed, primary_steps_down],
)
def test_a_day_ends_the_same_whatever_happens_to_a_server(
    days: Days, own_servers: OwnServers, monkeypatch: pytest.MonkeyPatch, disturb: Disturbance
) -> None:
    monkeypatch.setattr(file_splitting, "ROWS_A_CHUNK", 40)
    monkeypatch.setattr(export_run, "ROWS_A_CHUNK", 15)
    moment = AtCommit(monkeypatch, 12)
    assert disturbed(days, own_servers, moment, disturb, disturb.__name__) == days.undisturbed
