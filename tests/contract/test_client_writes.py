"""Writes: never sent twice where the first may have an effect, and told whether it may still come."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from tests.contract.wires import InProcess, asking, replied

from tis_esr.engine.faults import TransientError
from tis_esr.services.tcs_error_meanings import fault_of
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Absence
from tis_esr.tcs.tcs_errors import TcsNotSentError, TcsRefusedError, TcsUnavailableError, TcsUncertainError
from tis_esr.tcs.tokens import NoToken
from tis_esr.tcs.wire import NoAnswerError, NotSentError, Reply

STORED = replied(200, {"id": 1})
FINE = replied(200, [])
ABSENCE = Absence(absence_attendance_id="2222", person_id=1)

Write = Callable[..., Awaitable[Any]]
WRITES: dict[str, Callable[[Tcs], Write]] = {
    "contact": lambda tcs: lambda **by: tcs.patch_contact_details(5, {"title": "Dr"}, **by),
    "personal": lambda tcs: lambda **by: tcs.patch_personal_details(5, {"gender": "Female"}, **by),
    "new absence": lambda tcs: lambda **by: tcs.create_absence(ABSENCE, **by),
    "absence": lambda tcs: lambda **by: tcs.patch_absence(5, {"durationInDays": 3}, **by),
    "exported": lambda tcs: lambda **by: tcs.post_esr_exported(5, {"filename": "F"}, **by),
    "changed": lambda tcs: lambda **by: tcs.post_esr_changed(5, {"status": "DELETED"}, **by),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@every_write
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(NoAnswerError("timed out"), id="no answer"),
        pytest.param(replied(408), id="408"),
        pytest.param(replied(502, b"<html>"), id="502"),
        pytest.param(replied(504), id="504"),
        pytest.param(replied(520), id="520"),
    ],
)
async def test_a_write_without_an_answer_of_tcs_may_still_arrive_and_is_not_repeated(
    write: Callable[[Tcs], Write], end: Reply | Exception
) -> None:
    wire = InProcess(end, STORED)
    async with asking(wire) as tcs:
        with pytest.raises(TcsUncertainError, match="check TCS before") as caught:
            await write(tcs)()

    assert caught.value.may_arrive
    assert len(wire.sent) == 1


@every_write
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(replied(200, b"<html>"), id="html"),
        pytest.param(replied(200, b'{"id": 5'), id="cut"),
        pytest.param(replied(302, b"", Location="/login"), id="login page"),
        pytest.param(replied(404, b"no such page"), id="404 of a proxy"),
    ],
)
async def test_a_write_that_was_answered_badly_is_uncertain_but_over(
    write: Callable[[Tcs], Write], end: Reply
) -> None:
    wire = InProcess(end, STORED)
    async with asking(wire) as tcs:
        with pytest.raises(TcsUncertainError) as caught:
            await write(tcs)()

    assert (caught.value.may_arrive, caught.value.suspect) == (False, False)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("write", "sent"),
    [
        pytest.param(write, 2 if name in ("contact", "personal", "absence") else 1, id=name)
        for name, write in WRITES.items()
    ],
)
async def test_a_change_that_tcs_could_not_make_just_now_is_repeated_where_it_can_not_be_stored_twice(
    write: Callable[[Tcs], Write], sent: int
) -> None:
    wire = InProcess(replied(503), replied(503, b"", **{"Retry-After": "30"}))
    async with asking(wire) as tcs:
        with pytest.raises(TcsUncertainError) as caught:
            await write(tcs)()

    assert (caught.value.may_arrive, caught.value.suspect) == (False, False)
    assert len(wire.sent) == sent


@every_write
async def test_a_500_to_a_write_makes_it_suspect_when_tcs_answers_others(
    write: Callable[[Tcs], Write],
) -> None:
    wire = InProcess(replied(500), FINE)
    async with asking(wire) as tcs:
        with pytest.raises(TcsUncertainError) as caught:
            await write(tcs)()

    assert (caught.value.may_arrive, caught.value.suspect, caught.value.status) == (False, True, 500)
    assert [path for _, path in wire.sent[1:]] == ["/api/posts/in/TIS-ESR-CHECKUP"]


async def test_a_500_to_a_write_while_nothing_is_answered_is_trouble_of_tcs() -> None:
    async with asking(InProcess(replied(500))) as tcs:
        with pytest.raises(TcsUncertainError) as caught:
            await tcs.post_esr_exported(5, {})

    assert (caught.value.may_arrive, caught.value.suspect) == (False, False)


@every_write
@pytest.mark.parametrize(
    "end", [pytest.param(replied(429), id="429"), pytest.param(NotSentError("refused"), id="not connected")]
)
async def test_a_write_that_surely_had_no_effect_is_repeated(
    write: Callable[[Tcs], Write], end: Reply | Exception
) -> None:
    wire = InProcess(end, STORED)
    async with asking(wire) as tcs:
        await write(tcs)()

    assert len(wire.sent) == 2


async def test_a_write_that_never_left_is_unavailability_and_nothing_uncertain() -> None:
    async with asking(InProcess(NotSentError("could not connect to TCS"))) as tcs:
        with pytest.raises(TcsUnavailableError) as caught:
            await tcs.post_esr_exported(5, {})

    assert type(caught.value) is TcsUnavailableError


@every_write
async def test_a_write_whose_turn_comes_too_late_is_not_sent(write: Callable[[Tcs], Write]) -> None:
    wire = InProcess(STORED)
    async with asking(wire) as tcs:
        with pytest.raises(TcsNotSentError):
            await write(tcs)(send_by=asyncio.get_running_loop().time())

    assert wire.sent == []
    assert tcs.breaker_state == "closed"


@every_write
async def test_a_write_whose_turn_comes_in_time_is_sent(write: Callable[[Tcs], Write]) -> None:
    wire = InProcess(STORED)
    async with asking(wire) as tcs:
        await write(tcs)(send_by=asyncio.get_running_loop().time() + 60)

    assert len(wire.sent) == 1


async def test_the_time_is_checked_when_the_turn_has_come_and_not_before() -> None:
    wire = InProcess(STORED)
    wire.gate.clear()
    loop = asyncio.get_running_loop()
    async with asking(wire, concurrency=1) as tcs:
        first = asyncio.ensure_future(tcs.post_esr_exported(5, {}))
        by = loop.time() + 0.01
        waiting = asyncio.ensure_future(tcs.post_esr_exported(6, {}, send_by=by))
        loop.call_at(by + 0.001, wire.gate.set)
        assert await first is True
        with pytest.raises(TcsNotSentError):
            await waiting

    assert [path for _, path in wire.sent] == ["/api/placements/5/esr-exported"]


async def test_writes_with_a_deadline_are_sent_in_time_behind_hundreds_of_reads() -> None:
    wire = InProcess(STORED)
    wire.gate.clear()
    loop = asyncio.get_running_loop()
    async with asking(wire, concurrency=2) as tcs:
        reads = [asyncio.ensure_future(tcs.post(number)) for number in range(300)]
        writes = [
            asyncio.ensure_future(tcs.post_esr_exported(number, {}, send_by=loop.time() + 60))
            for number in (5, 6)
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        wire.gate.set()
        assert await asyncio.gather(*writes) == [True, True]
        await asyncio.gather(*reads)

    assert [path for _, path in wire.sent[2:4]] == [
        "/api/placements/5/esr-exported",
        "/api/placements/6/esr-exported",
    ]


LOOKS: dict[str, Callable[[Tcs], Write]] = {
    "post": lambda tcs: lambda **by: tcs.post(5, **by),
    "placement": lambda tcs: lambda **by: tcs.placement(5, **by),
    "absence": lambda tcs: lambda **by: tcs.absence("2222", **by),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
async def test_a_look_that_a_write_waits_for_shares_its_deadline(look: Callable[[Tcs], Write]) -> None:
    wire = InProcess(STORED)
    wire.gate.clear()
    loop = asyncio.get_running_loop()
    async with asking(wire, concurrency=1) as tcs:
        others = [asyncio.ensure_future(tcs.training_number(number)) for number in range(9)]
        await asyncio.sleep(0)
        first = asyncio.ensure_future(look(tcs)(send_by=loop.time() + 60))
        await asyncio.sleep(0)
        wire.ends = [replied(200, []), STORED, replied(200, [])]
        wire.gate.set()
        assert await first
        await asyncio.gather(*others)
        assert ["programme" in path for _, path in wire.sent] == [True, False, *[True] * 8]
        with pytest.raises(TcsNotSentError):
            await look(tcs)(send_by=loop.time())


async def test_a_write_that_is_too_late_says_that_tcs_is_slow_and_counts_as_no_failure_of_tcs() -> None:
    wire = InProcess(STORED)
    wire.gate.clear()
    loop = asyncio.get_running_loop()
    async with asking(wire, breaker=Breaker(threshold=1), concurrency=1) as tcs:
        first = asyncio.ensure_future(tcs.post(5))
        by = loop.time() + 0.01
        late = [asyncio.ensure_future(tcs.post_esr_exported(n, {}, send_by=by)) for n in (6, 7, 8)]
        loop.call_at(by + 0.001, wire.gate.set)
        await first
        ends = await asyncio.gather(*late, return_exceptions=True)
        assert (tcs.breaker_state, tcs.load.changes.total(), tcs.load.in_flight) == ("closed", 0, 0)

    assert [type(end) for end in ends] == [TcsNotSentError] * 3
    assert "TCS is slow: 2 calls were waiting before it, 1 may be in flight" in str(ends[2])
    assert isinstance(fault_of(ends[2]), TransientError)


async def test_a_token_that_took_too_long_makes_the_write_too_late() -> None:
    wire = InProcess(STORED)
    loop, granted = asyncio.get_running_loop(), asyncio.Event()
    by = loop.time() + 0.01
    loop.call_at(by + 0.001, granted.set)

    class Slow(NoToken):
        async def headers(self) -> Mapping[str, str]:
            await granted.wait()
            return {}

    async with asking(wire, Slow()) as tcs:
        with pytest.raises(TcsNotSentError):
            await tcs.post_esr_exported(5, {}, send_by=by)

    assert wire.sent == []


async def test_a_write_is_not_sent_by_a_machine_that_was_suspended_until_after_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire, suspended = InProcess(STORED), 5000.0
    monkeypatch.setattr("tis_esr.tcs.deadline_clock.suspended_seconds", lambda: suspended)
    async with asking(wire) as tcs:
        by = tcs.time() + 60
        suspended += 50
        assert await tcs.post_esr_exported(5, {}, send_by=by)
        suspended += 50
        with pytest.raises(TcsNotSentError):
            await tcs.post_esr_exported(6, {}, send_by=by)

    assert [path for _, path in wire.sent] == ["/api/placements/5/esr-exported"]


async def test_while_the_machine_is_not_suspended_the_clock_of_deadlines_is_that_of_the_loop() -> None:
    before = asyncio.get_running_loop().time()
    now = asking(InProcess(STORED)).time()
    assert before <= now <= asyncio.get_running_loop().time()


async def test_a_repeated_write_keeps_to_its_time() -> None:
    wire = InProcess(replied(429), STORED)
    async with asking(wire, first_wait_seconds=0.2) as tcs:
        with pytest.raises(TcsNotSentError):
            await tcs.post_esr_exported(5, {}, send_by=asyncio.get_running_loop().time() + 0.1)

    assert len(wire.sent) == 1


async def test_a_refused_write_is_over_and_certain() -> None:
    async with asking(InProcess(replied(400, {"message": "error.validation"}))) as tcs:
        with pytest.raises(TcsRefusedError) as caught:
            await tcs.post_esr_exported(5, {})

    assert caught.value.reason == "error.validation"
