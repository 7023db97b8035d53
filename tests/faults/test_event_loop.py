"""Nothing keeps the event loop for more than 50 ms: neither a whole day with full batches, nor running services."""

import asyncio
import pkgutil
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from bench.parts import PROGRAM
from tests.drawn import LONG
from tests.faults.days import TODAY, production
from tests.faults.watchdog import Watchdog
from tests.journeys.test_tasks_killed import running
from tests.servers import place

from tis_esr.commands.day import day
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.runner import Runner
from tis_esr.process.garbage_collection import collect_less_often
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize

POSTS = 2000 if LONG else 250
POSTS_OF_SERVICES = POSTS if LONG else 60
LETTERS = {"embedded": 3000, "production": 200}
"""So many other files lie in the folder."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    synthesize(deaneries=3, posts=POSTS, seed=5, out=folder, as_of=TODAY)
    return folder


@pytest.fixture(scope="module")
def made_for_services(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    synthesize(deaneries=3, posts=POSTS_OF_SERVICES, seed=5, out=folder, as_of=TODAY)
    return folder


@contextmanager
def tcs_of(data: Path) -> Iterator[str]:
    """Run the simulator in a process of its own, so that it takes no time of this one."""
    words = [*PROGRAM, "tcs-simulator", "--data", str(data), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        try:
            yield found.group()
        finally:
            process.terminate()


def _slow(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call of the file system as a slow disk answers it."""

    def slowed(*args: Any, **named: Any) -> Any:
        time.sleep(0.1)
        return call(*args, **named)

    return slowed


@pytest.fixture(params=["embedded", "production"])
def given(request: pytest.FixtureRequest) -> dict[str, Any]:
    return (
        {}
        if request.param == "embedded"
        else {**production(place()), "lease_seconds": 10.0, "resend_seconds": 60.0}
    )


@pytest.mark.timeout(240)
def test_a_whole_day_with_full_batches_on_a_slow_disk_never_keeps_the_loop(
    made: Path, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("os.fsync", "os.scandir", "os.replace", "filecmp.cmp"):
        monkeypatch.setattr(name, _slow(pkgutil.resolve_name(name)))
    state = None if "engine" in given else tmp_path / "state"
    with tcs_of(made / "tcs") as url, Watchdog().watching() as dog:
        done, _ = day(
            Settings(patience_seconds=60, **given), made / "in", tmp_path / "out", url, TODAY, state
        )
    assert len(done.taken) >= 3
    assert dog.found == []


@pytest.mark.timeout(240)
async def test_running_services_with_many_files_never_keep_the_loop(
    made_for_services: Path, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_for_services
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    monkeypatch.setattr("tis_esr.process.serving_process._LEDGER_SECONDS", 0.5)
    monkeypatch.setattr("tis_esr.process.serving_process._SCHEDULE_SECONDS", 0.5)
    monkeypatch.setattr("tis_esr.services.command_schedule.next_after", _FiveSeconds().next_after)
    arriving = tmp_path / "arriving"
    arriving.mkdir()
    for number in range(LETTERS[given.get("engine", "embedded")]):
        (arriving / f"letter {number}.txt").write_text("Dear")
    shutil.copytree(made / "in", arriving, dirs_exist_ok=True)
    with tcs_of(made / "tcs") as url:
        settings = Settings(
            state=tmp_path / "state", inbound=str(arriving), outbound=str(tmp_path / "out"), tcs_url=url,
            http_port=0, sweep_seconds=0.5, **given,
        )  # fmt: skip
        dog = Watchdog()
        async with running(settings) as address, aiohttp.ClientSession() as session:
            with dog.watching():
                async with asyncio.timeout(200):
                    while not await _is_over(session, address, tmp_path / "out"):  # noqa: ASYNC110 - over HTTP
                        await asyncio.sleep(0.5)
    assert dog.found == []


class _FiveSeconds:
    """Stands in for cron expressions, which can't come due more than once a minute: exports each 5 s, the rest once after 5 s."""

    def __init__(self) -> None:
        settings = Settings()
        self._exports = {settings.applicants_cron, settings.notifications_cron}
        self._begun: set[str] = set()

    def next_after(self, cron: str, moment: datetime) -> datetime:
        if cron in self._begun - self._exports:
            return moment + timedelta(days=1)
        self._begun.add(cron)
        return moment + timedelta(seconds=5)


async def _is_over(session: aiohttp.ClientSession, address: str, out: Path) -> bool:
    """Say whether files of both types were written and nothing is left to be handled."""
    async with session.get(f"{address}/metrics") as answer:
        text = await answer.text()
    waiting = re.findall(r"^tis_esr_queue_depth\{.*\} (\S+)$", text, re.MULTILINE)
    kinds = {path.name.split("_")[2] for path in out.iterdir() if path.suffix == ".DAT"}
    return kinds == {"APP", "DNC"} and not any(map(float, waiting))


async def test_a_step_that_computes_or_blocks_too_long_is_found() -> None:
    def compute() -> None:
        end = time.thread_time() + 0.08
        while time.thread_time() < end:
            pass

    for block, word in ((compute, "computed"), (partial(time.sleep, 0.08), "blocked")):
        dog = Watchdog()
        with dog.watching():
            for _ in range(30):  # a machine that is busy may keep the watchdog itself from looking
                asyncio.get_running_loop().call_soon(block)
                await asyncio.sleep(0.01)
                if dog.found:
                    break
        [found] = dog.found
        milliseconds = re.search(rf"(\d+) ms {word}", found)
        assert milliseconds is not None
        assert int(milliseconds[1]) > 50


async def test_many_short_steps_and_waiting_are_not_found() -> None:
    def compute() -> None:
        end = time.thread_time() + 0.01
        while time.thread_time() < end:
            pass

    dog = Watchdog()
    with dog.watching():
        for _ in range(10):
            asyncio.get_running_loop().call_soon(compute)
            await asyncio.sleep(0.08)
    assert dog.found == []


async def test_reading_thousands_of_documents_lets_others_have_their_turn(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "state", [FILES])
    begin = Runner(engine, [], today=lambda: TODAY).work
    for start in range(0, 10_000, 500):
        work = begin()
        for number in range(start, start + 500):
            work.put(FILES, InboundFile(name=f"{number}", state=FileState.SPLIT, notes=["a note"] * 20))
        await work.commit()
    collect_less_often()
    with Watchdog().watching() as dog:
        await asyncio.sleep(0)
        assert len(await begin().find(FILES, {})) == 10_000
        await asyncio.sleep(0)
    engine.close()
    assert dog.found == []
