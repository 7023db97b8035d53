"""The simulator on its bad days: each switch, as plain HTTP shows it and as the client tells it."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from tests.contract.simulated_tcs import Simulated, simulated

from tis_esr.simulation.tcs.switches import Switches
from tis_esr.tcs.models import Absence
from tis_esr.tcs.tcs_errors import (
    TcsConflictError,
    TcsUnavailableError,
    TcsUncertainError,
    TcsUnreadableError,
)

VERSION = "2020-02-01T10:00:00.123"
ROWS: dict[str, Any] = {
    "posts": [{"id": 1, "nationalPostNumber": "EOE/1"}],
    "people": [{"id": 10}],
    "absences": [{"id": 1, "absenceAttendanceId": "2222", "personId": 10, "amendedDate": VERSION}],
}
ONCE = {"attempts": 1}


async def control(sim: Simulated, path: str, body: Any = None) -> Any:
    url = sim.running.url.removesuffix("/tcs") + "/simulator/" + path
    method = "GET" if body is None else "POST"
    content = None if body is None else msgspec.json.encode(body)
    async with sim.session.request(method, url, data=content) as answer:
        return msgspec.json.decode(await answer.read())


async def statuses(sim: Simulated, calls: int) -> list[int]:
    return [(await sim.http("GET", "/api/posts/1")).status for _ in range(calls)]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_the_next_calls_fail_and_then_no_more(tmp_path: Path, status: int) -> None:
    async with simulated(tmp_path, Switches(fail_next=2, fail_status=status), **ROWS) as sim:
        assert await statuses(sim, 3) == [status, status, 200]


@pytest.mark.parametrize("status", [503, 429])
async def test_a_failure_says_when_to_come_back(tmp_path: Path, status: int) -> None:
    switches = Switches(fail_next=1, fail_status=status, retry_after=7)
    async with simulated(tmp_path, switches, **ROWS) as sim:
        answer = await sim.http("GET", "/api/posts/1")

    assert (answer.status, answer.headers["Retry-After"]) == (status, "7")


@pytest.mark.parametrize("status", [503, 429])
async def test_the_client_hands_on_a_long_retry_after(tmp_path: Path, status: int) -> None:
    switches = Switches(fail_rate=1.0, fail_status=status, retry_after=60)
    async with simulated(tmp_path, switches, **ROWS) as sim:
        with pytest.raises(TcsUnavailableError) as caught:
            await sim.tcs.post(1)

    assert (caught.value.status, caught.value.retry_after) == (status, 60.0)


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_one_failure_is_not_noticed_by_who_asks_the_client(tmp_path: Path, status: int) -> None:
    async with simulated(tmp_path, Switches(fail_next=1, fail_status=status), **ROWS) as sim:
        assert await sim.tcs.post(1)


async def test_failures_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    switches = {"fail_rate": 0.5, "seed": 3}
    async with simulated(tmp_path, **ROWS) as sim:
        await control(sim, "switches", switches)
        first = await statuses(sim, 20)
        await control(sim, "switches", switches)
        second = await statuses(sim, 20)

    assert first == second
    assert set(first) == {200, 503}


async def test_switches_are_set_while_it_runs_and_answered(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        said = await control(sim, "switches", {"fail_next": 1, "fail_status": 500})
        assert (said["fail_next"], said["fail_status"]) == (1, 500)
        assert await statuses(sim, 2) == [500, 200]


async def test_rubbish_is_a_page_of_html_with_200(tmp_path: Path) -> None:
    async with (
        simulated(tmp_path, Switches(rubbish_next=1), **ROWS) as sim,
        sim.session.get(sim.running.url + "/api/posts/1") as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "text/html")


async def test_the_client_tells_rubbish_from_an_answer(tmp_path: Path) -> None:
    async with simulated(tmp_path, Switches(rubbish_next=9), settings=ONCE, **ROWS) as sim:
        with pytest.raises(TcsUnreadableError):
            await sim.tcs.post(1)


async def test_rubbish_for_an_append_leaves_it_uncertain_and_unstored(tmp_path: Path) -> None:
    async with simulated(tmp_path, Switches(rubbish_next=1), settings=ONCE, **ROWS) as sim:
        with pytest.raises(TcsUncertainError):
            await sim.tcs.create_absence(Absence(absence_attendance_id="3333", person_id=10))
        assert await sim.tcs.absence("3333") is None


async def test_a_stale_change_is_a_conflict_and_works_when_repeated(tmp_path: Path) -> None:
    changes = {"amendedDate": VERSION, "durationInDays": 3}
    async with simulated(tmp_path, Switches(stale_next=1), **ROWS) as sim:
        with pytest.raises(TcsConflictError) as caught:
            await sim.tcs.patch_absence(1, changes)
        patched = await sim.tcs.patch_absence(1, changes)

    assert caught.value.status == 409
    assert patched.duration_in_days == 3


async def test_a_call_that_hangs_times_out_and_an_append_is_uncertain_then(tmp_path: Path) -> None:
    settings = {**ONCE, "timeout_seconds": 0.05}
    async with simulated(tmp_path, Switches(hang_rate=1.0), settings=settings, **ROWS) as sim:
        with pytest.raises(TcsUnavailableError, match=r"timed out after 0\.05 s"):
            await sim.tcs.post(1)
        with pytest.raises(TcsUncertainError):
            await sim.tcs.create_absence(Absence(absence_attendance_id="3333", person_id=10))


async def test_a_slow_tcs_answers_late_but_well(tmp_path: Path) -> None:
    async with simulated(tmp_path, Switches(delay_ms=200), **ROWS) as sim:
        url, short = sim.running.url + "/api/posts/1", aiohttp.ClientTimeout(total=0.05)
        with pytest.raises(TimeoutError):
            async with sim.session.get(url, timeout=short):
                pass
        assert await sim.tcs.post(1)


async def test_a_write_that_fails_afterwards_has_taken_effect(tmp_path: Path) -> None:
    async with simulated(tmp_path, Switches(fail_after_rate=1.0, fail_status=502), **ROWS) as sim:
        with pytest.raises(TcsUncertainError) as caught:
            await sim.tcs.create_absence(Absence(absence_attendance_id="3333", person_id=10))
        assert await sim.tcs.absence("3333")
        [call] = await control(sim, "calls")

    assert caught.value.may_arrive
    assert (call["status"], call["answered"]) == (200, 502)


async def test_a_refused_write_does_not_fail_afterwards_and_reads_never_do(tmp_path: Path) -> None:
    async with simulated(tmp_path, Switches(fail_after_rate=1.0), **ROWS) as sim:
        assert (await sim.http("PATCH", "/api/contact-details/10", {"id": 77})).status == 400
        assert await statuses(sim, 3) == [200, 200, 200]


async def test_a_share_of_calls_is_slow(tmp_path: Path) -> None:
    async with simulated(tmp_path, Switches(slow_rate=0.5, slow_ms=5000, seed=3), **ROWS) as sim:
        loop = asyncio.get_running_loop()
        calls = [loop.create_task(sim.http("GET", "/api/posts/1")) for _ in range(20)]
        done, slow = await asyncio.wait(calls, timeout=0.5)
        for call in slow:
            call.cancel()

    assert {call.result().status for call in done} == {200}
    assert 4 <= len(slow) <= 16


async def test_writes_are_journalled_with_their_status_and_reads_are_not(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        await sim.http("GET", "/api/posts/1")
        await sim.http("PATCH", "/api/contact-details/10", {"id": 77})
        await sim.http("PATCH", "/api/absence/1", {"id": 1, "amendedDate": VERSION})
        journal, stats = await control(sim, "calls"), await control(sim, "stats")

    assert [(call["method"], call["path"], call["status"]) for call in journal] == [
        ("PATCH", "/tcs/api/contact-details/10", 400),
        ("PATCH", "/tcs/api/absence/1", 200),
    ]
    assert [call["body"] for call in journal] == [None, {"id": 1, "amendedDate": VERSION}]
    assert stats == {"answered": 3, "written": 2}
