"""Each background task of ``tis-esr run`` is killed in turn, on both engines: it is restarted, and the work goes on."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import typer
from structlog.testing import capture_logs
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.servers import place

from tis_esr.commands.outcome import user_errors_reported
from tis_esr.engine import supervision
from tis_esr.engine.supervision import TaskFailedError
from tis_esr.process.serving_process import run
from tis_esr.services.inbound_data_reader.arrivals import Arrivals
from tis_esr.settings import Settings

_SUPERVISING = "supervising "
OF_BOTH_ENGINES = {
    "inbound files",
    "ledger of files",
    "export schedule",
    "tcs budget",
    "retention",
    "announcement",
    "alarms",
    "batches",
    "audit",
}
OF_PRODUCTION = {"lease renewal", "outbox relay", "rabbitmq receiver"}


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the test process's log as it is, and make pauses short."""
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.01)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path / "world", lambda world: world.post("EOE", npn=NPN)) as small:
        yield small


@pytest.fixture(params=["embedded", "production"])
def settings(request: pytest.FixtureRequest, small: Small, tmp_path: Path) -> Settings:
    (tmp_path / "arriving").mkdir()
    given: dict[str, Any] = {
        "state": tmp_path / "state",
        "inbound": str(tmp_path / "arriving"),
        "outbound": str(tmp_path / "out"),
        "tcs_url": small.tcs.url,
        "http_port": 0,
        "sweep_seconds": 0.2,
        "lease_seconds": 3.0,
    }
    if request.param == "production":
        servers = place()
        given |= {
            "engine": "production",
            "amqp_url": servers.amqp_url,
            "mongodb_url": servers.mongodb_url,
            "mongodb_database": servers.emptied(),
        }
    return Settings(**given)


async def until(is_so: Callable[[], Any]) -> Any:
    """Wait until something is so; return it."""
    async with asyncio.timeout(30):
        while not (found := is_so()):  # noqa: ASYNC110 - what it looks at tells nobody
            await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def running(settings: Settings, *services: str) -> AsyncIterator[str]:
    """Run services, all where none is named, for as long as the block lasts; yields the address."""
    with capture_logs() as logs:
        process = asyncio.create_task(run(settings, services))
        try:
            [started] = await until(lambda: [line for line in logs if line["event"] == "running"])
            yield started["http"]
        finally:
            if not process.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await process


def supervised() -> set[str]:
    names = [task.get_name() for task in asyncio.all_tasks()]
    return {name.removeprefix(_SUPERVISING) for name in names if name.startswith(_SUPERVISING)}


def kill(name: str) -> None:
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == name]
    task.cancel()


async def restarts(session: aiohttp.ClientSession, address: str) -> dict[str, float]:
    async with session.get(f"{address}/metrics") as answer:
        text = await answer.text()
    found = re.findall(r'^tis_esr_task_restarts_total\{task="(.+)"\} (\S+)$', text, re.MULTILINE)
    return {name: float(number) for name, number in found}


async def is_live(session: aiohttp.ClientSession, address: str) -> bool:
    async with session.get(f"{address}/health/live") as answer:
        return answer.status == 200


async def restarted(session: aiohttp.ClientSession, address: str, name: str) -> None:
    """Wait until a killed task is counted as restarted and runs again."""
    try:
        async with asyncio.timeout(20):
            while not ((await restarts(session, address))[name] and await is_live(session, address)):  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.02)
    except TimeoutError:
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == name]
        pytest.fail(f"{name} goes on: {task.get_stack()}, {await restarts(session, address)}")


@pytest.mark.timeout(120)
async def test_each_task_that_is_killed_is_restarted_and_counted_and_the_work_goes_on(
    settings: Settings, small: Small, tmp_path: Path
) -> None:
    async with running(settings) as address, aiohttp.ClientSession() as session:
        expected = OF_BOTH_ENGINES | (OF_PRODUCTION if settings.engine == "production" else set())
        async with asyncio.timeout(20):
            while not expected <= (names := supervised()):  # noqa: ASYNC110 - the receiver starts once it is connected
                await asyncio.sleep(0.02)
        assert {name for name in names if not name.startswith("consumer ")} == expected
        assert len(names) > 12
        assert await restarts(session, address) == dict.fromkeys(names, 0)
        for number, name in enumerate(sorted(names)):
            kill(name)
            await restarted(session, address, name)
            assert sum((await restarts(session, address)).values()) == number + 1
        (tmp_path / "part").write_text(f"{por()}\nTRL,1\n")
        (tmp_path / "part").rename(tmp_path / "arriving" / "DE_EOE_RMC_20261124_00000101.DAT")
        [event] = await until(small.events)
        assert event[1:] == (1, "RECONCILED")


async def test_a_task_that_fails_for_good_ends_the_process_with_code_3_and_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def sweep(*_: object) -> list[str]:
        raise ValueError("A name of somebody")

    monkeypatch.setattr(Arrivals, "sweep", sweep)
    with pytest.raises(TaskFailedError) as caught:
        await run(settings, [])
    with pytest.raises(typer.Exit) as ended, user_errors_reported():
        raise caught.value
    assert ended.value.exit_code == 3
    [line] = [said for said in capsys.readouterr().err.splitlines() if said.startswith("tis-esr: ")]
    assert line.startswith(
        "tis-esr: the background task inbound files failed 6 times in a row, most recently with ValueError in "
    )
