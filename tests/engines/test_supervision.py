"""A background task that ends unasked is logged, restarted with a growing pause, and after a few times ends the process."""

import asyncio

import pytest
from structlog.testing import capture_logs

from tis_esr.engine import supervision
from tis_esr.engine.supervision import Beat, Supervisor, TaskFailedError, wait_for_event


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.001)


class Work:
    """Work that fails a number of times, and then goes on until it is told to stop."""

    def __init__(self, faults: int, fault: BaseException | None = None) -> None:
        self.begun = 0
        self.faults = faults
        self.fault = fault
        self.steady = asyncio.Event()

    async def __call__(self, beat: Beat) -> None:
        self.begun += 1
        beat()
        if self.begun <= self.faults:
            if self.fault is not None:
                raise self.fault
            return
        self.steady.set()
        await asyncio.Event().wait()


def killed(name: str) -> None:
    """Cancel the running task of this name, as nobody in the program does."""
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == name]
    task.cancel()


@pytest.mark.parametrize("fault", [ValueError("A name of somebody"), MemoryError(), None])
async def test_a_task_that_ends_unasked_is_restarted_and_counted_and_its_fault_logged_without_its_text(
    fault: BaseException | None,
) -> None:
    work = Work(2, fault)
    with capture_logs() as logs:
        async with Supervisor() as supervisor:
            supervisor.start("export schedule", work)
            assert supervisor.restarts == {"export schedule": 0}
            await work.steady.wait()
            assert supervisor.restarts == {"export schedule": 2}
            assert supervisor.troubles() == {}
    assert [(line["event"], line["task"], line["log_level"]) for line in logs] == [
        ("task_ended", "export schedule", "error")
    ] * 2
    said = "an unexpected exit" if fault is None else type(fault).__name__
    assert all(str(line["fault"]).startswith(said) for line in logs)
    assert [line["restarts_in_seconds"] for line in logs] == [0.001, 0.002]
    assert "somebody" not in str(logs)


async def test_a_task_that_is_cancelled_by_others_is_restarted() -> None:
    work = Work(0)
    async with Supervisor() as supervisor:
        supervisor.start("outbox relay", work)
        await work.steady.wait()
        work.steady.clear()
        killed("outbox relay")
        await work.steady.wait()
        assert supervisor.restarts == {"outbox relay": 1}


@pytest.mark.parametrize("steps", range(4))
async def test_a_task_killed_just_as_its_event_happens_ends(steps: int) -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(wait_for_event(event, 10))
    await asyncio.sleep(0)
    event.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    is_over = waiting.done()
    waiting.cancel()
    [ended] = await asyncio.gather(waiting, return_exceptions=True)
    assert is_over or isinstance(ended, asyncio.CancelledError)


async def test_a_task_that_fails_again_and_again_ends_the_block_with_one_clear_line() -> None:
    work = Work(100, ValueError("A name of somebody"))

    async def block() -> None:
        async with Supervisor() as supervisor:
            supervisor.start("tcs budget", work)
            await asyncio.Event().wait()

    with pytest.raises(TaskFailedError) as caught:
        await block()
    assert work.begun == 6
    assert str(caught.value).startswith(
        "the background task tcs budget failed 6 times in a row, most recently with ValueError in test_supervision.py:"
    )
    assert "somebody" not in str(caught.value)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_the_handle_of_a_task_that_failed_raises_it_where_no_block_is_entered() -> None:
    handle = Supervisor(restarts=0).start("consumer esr.queue.a", Work(1, KeyError()))
    with pytest.raises(TaskFailedError, match=r"consumer esr\.queue\.a failed 1 times"):
        await handle


async def test_a_steady_minute_ends_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "STEADY_SECONDS", 0.0)
    work = Work(20, ValueError())
    async with Supervisor() as supervisor:
        supervisor.start("lease renewal", work)
        await work.steady.wait()
        assert supervisor.restarts == {"lease renewal": 20}


async def test_a_task_that_ends_after_it_was_asked_to_is_not_restarted() -> None:
    stop = asyncio.Event()

    async def until_stop(beat: Beat) -> None:
        beat()
        await stop.wait()

    async with Supervisor() as supervisor:
        handle = supervisor.start("inbound files", until_stop, stop)
        await asyncio.sleep(0)
        stop.set()
        await supervisor.stop([handle])
        assert supervisor.restarts == {"inbound files": 0}
        assert supervisor.troubles() == {}


async def test_a_task_that_is_down_or_gives_no_sign_of_life_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 5.0)
    work, ended = Work(1, ValueError()), asyncio.Event()

    async def silent(beat: Beat) -> None:
        beat()
        ended.set()
        await asyncio.Event().wait()

    async with Supervisor() as supervisor:
        supervisor.start("inbound files", work)
        supervisor.start("export schedule", silent, stuck_after=-1.0)
        supervisor.start("outbox relay", Work(0))
        await ended.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        found = supervisor.troubles()
    assert set(found) == {"inbound files", "export schedule"}
    assert found["inbound files"].startswith("is down: ValueError in test_supervision.py:")
    assert found["export schedule"] == "is stuck: no heartbeat for 0 s"


async def test_the_fault_of_work_that_ends_by_itself_is_logged() -> None:
    async def send() -> None:
        raise ValueError("A name of somebody")

    with capture_logs() as logs:
        async with Supervisor() as supervisor:
            await asyncio.wait([supervisor.run_once("outbox send", send())])
            await asyncio.sleep(0)
    [line] = logs
    assert (line["event"], line["task"]) == ("task_ended", "outbox send")
    assert str(line["fault"]).startswith("ValueError in test_supervision.py:")


def test_what_the_event_loop_can_hand_to_nobody_is_logged_without_its_text() -> None:
    with capture_logs() as logs:
        loop = asyncio.new_event_loop()
        supervision.log_loop_fault(loop, {"message": "Task exception", "exception": ValueError("A name")})
        loop.close()
    [line] = logs
    assert (line["fault"], line["message"]) == ("ValueError", "Task exception")


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervision, "_STOP_SECONDS", 0.01)
    swallowed = 0

    async def work(_: Beat) -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > 1:
                    raise

    async with asyncio.timeout(5), Supervisor() as supervisor:
        handle = supervisor.start("swallower", work)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        handle.cancel()
        await asyncio.gather(handle, return_exceptions=True)
    assert swallowed == 2
