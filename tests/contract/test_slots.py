"""Turns for calls: those with a deadline first, none lost to cancellation, none while the share has run out."""

import asyncio

from tis_esr.tcs.load_control import LoadControl
from tis_esr.tcs.slots import MOST_IN_A_ROW, Slots, Urgency


class Calls:
    """Calls that stay in flight until they are told to end."""

    def __init__(self, bound: int) -> None:
        self.slots = Slots(LoadControl(bound))
        self.entered: list[int] = []
        self.before: dict[int, int] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self._ends: dict[int, asyncio.Event] = {}

    async def begin(self, *numbers: int, urgency: Urgency = Urgency.NO_DEADLINE) -> None:
        for number in numbers:
            self._ends[number] = asyncio.Event()
            self.tasks[number] = asyncio.create_task(self._one(number, urgency))
        await self._settle()

    async def end(self, number: int) -> None:
        self._ends[number].set()
        await self._settle()

    async def cancel(self, number: int) -> None:
        self.tasks[number].cancel()
        await self._settle()

    async def _one(self, number: int, urgency: Urgency) -> None:
        self.before[number] = await self.slots.enter(urgency)
        self.entered.append(number)
        try:
            await self._ends[number].wait()
        finally:
            self.slots.leave()

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_calls_enter_in_the_order_in_which_they_came() -> None:
    calls = Calls(2)
    await calls.begin(1, 2, 3, 4, 5)
    assert calls.entered == [1, 2]
    await calls.end(2)
    assert calls.entered == [1, 2, 3]
    await calls.end(1)
    await calls.end(3)
    assert calls.entered == [1, 2, 3, 4, 5]


async def test_writes_with_a_deadline_go_first_then_reads_with_one_each_kind_in_its_order() -> None:
    calls = Calls(1)
    await calls.begin(1, 2, 3)
    await calls.begin(21, 22, urgency=Urgency.READ_FOR_WRITE)
    await calls.begin(11, 12, urgency=Urgency.WRITE)
    for number in (1, 11, 12, 21, 22, 2, 3):
        await calls.end(number)
    assert calls.entered == [1, 11, 12, 21, 22, 2, 3]


async def test_a_call_is_told_how_many_waited_before_it() -> None:
    calls = Calls(1)
    await calls.begin(1, 2, 3)
    await calls.begin(11, 12, urgency=Urgency.WRITE)
    await calls.begin(4)
    for number in (1, 11, 12, 2, 3, 4):
        await calls.end(number)
    assert calls.before == {1: 0, 2: 0, 3: 1, 11: 0, 12: 1, 4: 4}


async def test_less_urgent_calls_have_turns_though_urgent_ones_never_end() -> None:
    calls = Calls(1)
    await calls.begin(0, 1)
    await calls.begin(2, urgency=Urgency.READ_FOR_WRITE)
    writes = range(100, 100 + 3 * MOST_IN_A_ROW)
    await calls.begin(*writes, urgency=Urgency.WRITE)
    for number in (0, *writes[:MOST_IN_A_ROW], 1, 2):
        await calls.end(number)
    assert calls.entered == [0, *writes[:MOST_IN_A_ROW], 2, 1, writes[MOST_IN_A_ROW]]


async def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    calls = Calls(1)
    await calls.begin(1, 2)
    calls.tasks[1].cancel()
    await calls.begin(3)
    assert calls.entered == [1, 2]


async def test_a_call_that_is_cancelled_leaves_its_turn_to_the_next() -> None:
    calls = Calls(1)
    await calls.begin(1, 2, 3)
    await calls.cancel(2)
    await calls.cancel(1)
    assert calls.entered == [1, 3]
    assert calls.slots.control.in_flight == 1


async def test_a_turn_that_was_given_to_a_call_that_is_cancelled_in_the_same_moment_is_not_lost() -> None:
    calls = Calls(1)
    await calls.begin(1, 2, 3)
    calls.tasks[1].cancel()
    await asyncio.sleep(0)
    calls.tasks[2].cancel()
    await calls.begin()
    assert calls.entered == [1, 3]
    assert calls.slots.control.in_flight == 1


async def test_no_call_enters_while_the_share_has_run_out_and_all_do_when_it_is_renewed() -> None:
    calls = Calls(3)
    loop = asyncio.get_running_loop()
    calls.slots.share(3, loop.time())
    await calls.begin(1, 2)
    assert calls.entered == []
    calls.slots.share(3, loop.time() + 60)
    await calls.begin()
    assert calls.entered == [1, 2]
