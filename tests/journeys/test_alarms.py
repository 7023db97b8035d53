"""Alarms of ``tis-esr run`` on both engines: raised, sent, listed, owned, and cleared when the cause is gone."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_tasks_killed import running

from tis_esr.engine.collection import Between
from tis_esr.operations.alarms.evaluation import EVALUATIONS
from tis_esr.operations.composition import reader_of
from tis_esr.operations.digest import Digest, digest
from tis_esr.settings import Settings

BAD = "DE_EOE_RMC_20261124_00000101.DAT"
ID = "file-incomplete:2026-11-24"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    monkeypatch.setattr("tis_esr.process.alarm_watch._DELIVERY_SECONDS", 0.1)
    monkeypatch.setattr("tis_esr.operations.alarms.deliveries.FIRST_PAUSE", 0.2)
    monkeypatch.setattr("tis_esr.operations.alarms.sources._NEARLY", 0)  # every source with each evaluation


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path / "world", lambda world: world.post("EOE", npn=NPN)) as small:
        yield small


@pytest.fixture(params=ENGINES)
def called(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    (tmp_path / "in").mkdir()
    return program(request.param, tmp_path)


@asynccontextmanager
async def receiver(answers: list[int]) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    """Receive webhooks on loopback, with these answers first and 200 then; yields the address and what came."""
    got: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        got.append({**json.loads(await request.text()), "headers": dict(request.headers)})
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got
    finally:
        await runner.cleanup()


def settings(called: Program, small: Small, **more: Any) -> Settings:
    secret = {"alarm_webhook_secret": "whisper"}
    return called.read_settings(tcs_url=small.tcs.url, sweep_seconds=0.2, alarm_seconds=0.3, **secret, **more)


async def metric(address: str, pattern: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as answer:
        return re.findall(pattern, await answer.text(), re.MULTILINE)


async def until_metric(address: str, pattern: str) -> None:
    while not await metric(address, pattern):  # noqa: ASYNC110 - over HTTP
        await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
async def test_a_file_that_was_cut_off_is_one_alarm_that_is_sent_listed_owned_and_cleared_once_it_is_settled(
    called: Program, small: Small, tmp_path: Path
) -> None:
    (tmp_path / "in" / BAD).write_text(f"{por()}\n")
    async with receiver([500]) as (url, got):
        its = settings(called, small, alarm_webhook_url=url)
        async with running(its) as address, asyncio.timeout(90):
            while not [one for one in got if one["alarm"] == ID]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.05)
            await until_metric(
                address, r'^tis_esr_alarm_active\{alarm="file-incomplete",severity="warning"\} 1'
            )
            assert await metric(address, r'^tis_esr_alarm_active\{alarm="file-held",severity="warning"\} 0')
    first = next(one for one in got if one["alarm"] == ID)
    assert {key: first[key] for key in ("what", "kind", "severity", "members", "who_acts")} == {
        "what": "RAISED",
        "kind": "file-incomplete",
        "severity": "warning",
        "members": [BAD],
        "who_acts": "support",
    }
    listed = await asyncio.to_thread(called, "alarms", "list", "--json")
    assert listed.code == 1
    assert [alarm["id"] for alarm in listed.json["alarms"]].count(ID) == 1
    digest = await asyncio.to_thread(called, "digest", "--json")
    number = len(listed.json["alarms"])
    assert digest.json["alarms"][0] == (
        "1 alarm is active:" if number == 1 else f"{number} alarms are active:"
    )
    assert [line for line in digest.json["alarms"] if BAD in line]
    assert not digest.json["is_good"]
    owned = await asyncio.to_thread(called, "alarms", "own", "incomplete", TIS_ESR_PERSON="ann")
    assert owned.text.endswith(f"ann owns {ID}\n")
    shown = (await asyncio.to_thread(called, "alarms", "show", ID)).text
    assert BAD in shown
    assert "owned by ann" in shown
    assert (await asyncio.to_thread(called, "files", BAD, "--settle", "ESR sends it no more")).code == 0
    async with receiver([]) as (url, got):
        its = settings(called, small, alarm_webhook_url=url)
        async with running(its), asyncio.timeout(60):
            while not [one for one in got if (one["what"], one["alarm"]) == ("CLEARED", ID)]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.05)
    assert ID not in (await asyncio.to_thread(called, "alarms", "list")).text
    assert "cleared" in (await asyncio.to_thread(called, "alarms", "list", "--cleared")).text


@pytest.mark.timeout(120)
async def test_a_process_has_one_name_in_its_alarms_and_in_the_list_of_processes(
    called: Program, small: Small
) -> None:
    its = settings(called, small)
    async with running(its) as address, asyncio.timeout(60):
        await until_metric(address, r"^tis_esr_alarm_active")
        listed = (await asyncio.to_thread(called, "processes", "--json")).json["processes"]
        with closing(await asyncio.to_thread(reader_of, its)) as reader:
            judged = await asyncio.to_thread(reader.find, EVALUATIONS, {"at": Between(0, 10**12)})
    assert [one["name"] for one in listed] == [one.process for one in judged]
    assert re.fullmatch(r"tis-esr|.+-[0-9a-f]{12}", judged[0].process)


@pytest.mark.timeout(120)
async def test_the_digest_is_sent_on_a_good_day_too_and_a_receiver_that_never_answers_delays_nothing(
    called: Program, small: Small, tmp_path: Path
) -> None:
    """Slack accepts the connection and never answers: the other receiver, the files and the stop wait for nothing."""

    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        writer.close()

    silent = await asyncio.start_server(never, "127.0.0.1", 0)
    slack = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/hook"
    async with receiver([]) as (url, got):
        its = settings(
            called,
            small,
            alarm_slack_url=slack,
            alarm_webhook_url=url,
            digest_cron="* * * * *",
            deadman_url=url,
        )
        async with running(its) as address, asyncio.timeout(60):
            while not [one for one in got if one["what"] == "DIGEST"]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.05)
            (tmp_path / "in" / BAD).write_text(f"{por()}\n")
            await until_metric(
                address, r'^tis_esr_alarm_active\{alarm="file-incomplete",severity="warning"\} 1'
            )
            await until_metric(address, r'^tis_esr_alarm_oldest_unsent_seconds\{sink="slack"\} [1-9]')
    silent.close()
    digest = next(one for one in got if one["what"] == "DIGEST")
    assert digest["severity"] == "info"
    assert re.search(r"^\d+ \w+ \d+: 0 of 13 received; 0 sent", digest["text"])
    assert digest["text"].splitlines()[-1] == "No alarm is active." or "active:" in digest["text"]


@pytest.mark.timeout(120)
async def test_a_digest_that_can_not_be_made_ends_no_process_and_is_made_once_it_can_be(
    called: Program, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = iter(range(7))

    def fails_at_first(*given: Any, **named: Any) -> Digest:
        if next(failing, None) is not None:
            raise KeyError("a name of somebody")
        return digest(*given, **named)

    monkeypatch.setattr("tis_esr.process.alarm_watch.digest", fails_at_first)
    async with receiver([]) as (url, got):
        its = settings(called, small, alarm_webhook_url=url, digest_cron="* * * * *")
        async with running(its) as address, asyncio.timeout(60):
            while not [one for one in got if one["what"] == "DIGEST"]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.05)
            assert await metric(address, r'^tis_esr_task_restarts_total\{task="alarms"\} 0')
