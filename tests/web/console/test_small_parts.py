"""Cells of CSV, limits on attempts, remembered answers, and where sign-in leads."""

import asyncio
import csv
import io
from gc import collect
from threading import Event
from weakref import ref

import pytest

from tis_esr.web.console.background import Background
from tis_esr.web.console.opening import origin_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.questions import MOST, Questions, run_in_time
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.remembered import Remembered
from tis_esr.web.console.sign_in.next_address import next_address
from tis_esr.web.console.spreadsheet import table


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+441234", "'+441234"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\uff1dHYPERLINK(1)", "'\uff1dHYPERLINK(1)"),
        (-2, "-2"),
        ("a=1", "a=1"),
        (None, ""),
        (0, "0"),
    ],
)
def test_a_cell_is_never_a_formula(value: object, written: str) -> None:
    cells = table("some", ["One", "Two"], [["x", value]]).body
    assert bytes(cells).decode("utf-8-sig") == _csv([["One", "Two"], ["x", written]])


def test_a_cell_shows_what_nobody_could_see() -> None:
    cells = bytes(table("some", ["One"], [["a\u202eb"]]).body).decode("utf-8-sig")
    assert "\u202e" not in cells


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def test_attempts_come_back_with_time_and_each_client_has_its_own() -> None:
    now = 0.0
    limit = RateLimit(6, lambda: now)
    for _ in range(6):
        limit.take("a")
    with pytest.raises(ProblemError) as caught:
        limit.take("a")
    assert caught.value.status_code == 429
    limit.take("b")
    now = 10.0
    limit.take("a")
    with pytest.raises(ProblemError):
        limit.take("a")


def test_no_number_of_clients_fills_the_memory() -> None:
    limit = RateLimit(1, lambda: 0.0)
    for number in range(12_000):
        limit.take(str(number))
    assert len(limit._left) <= 10_000


async def test_an_answer_is_found_once_for_all_who_ask_meanwhile_and_for_a_while_after() -> None:
    now, asked = 0.0, 0

    async def find() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return asked

    remembered = Remembered[int](15, lambda: now)
    found = await asyncio.gather(*(remembered.get("key", find) for _ in range(5)))
    assert [answer for answer, _ in found] == [1] * 5
    assert (await remembered.get("other", find))[0] == 2
    now = 15.0
    assert (await remembered.get("key", find, times=4))[0] == 1
    assert (await remembered.get("key", find))[0] == 3


async def test_all_who_wait_for_an_answer_get_its_error_at_once_and_nothing_is_left_of_it() -> None:
    asked = 0

    async def fail() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise ProblemError(504, "The store took too long to answer.")

    remembered = Remembered[int](15)
    found = await asyncio.gather(*(remembered.get("key", fail) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in found] == [ProblemError] * 5
    assert asked == 1
    held = [len(value) for value in vars(remembered).values() if isinstance(value, dict | set)]
    assert not any(held)


async def test_an_answer_that_could_not_be_found_is_asked_for_again() -> None:
    async def fail() -> int:
        raise OSError

    async def find() -> int:
        return 1

    remembered = Remembered[int](15)
    with pytest.raises(OSError):  # noqa: PT011 - any
        await remembered.get("key", fail)
    assert (await remembered.get("key", find))[0] == 1


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Console.Example.nhs.uk", "https://console.example.nhs.uk"),
        ("https://console.example:443", "https://console.example"),
        ("http://console.example:80", "http://console.example"),
        ("https://console.example:8443", "https://console.example:8443"),
        ("https://[::1]:443", "https://[::1]"),
    ],
)
def test_the_console_is_known_under_the_address_that_browsers_send(url: str, origin: str) -> None:
    assert origin_of(url) == origin


async def test_questions_that_nobody_waits_for_any_more_use_no_more_threads_than_some() -> None:
    release, begun = Event(), 0

    def slow() -> None:
        nonlocal begun
        begun += 1
        release.wait(20)

    questions = Questions(NotImplementedError, seconds=0.05)
    for _ in range(MOST):
        with pytest.raises(ProblemError, match="took too long"):
            await questions.run(slow)
    with pytest.raises(ProblemError, match="Too many earlier questions") as error:
        await questions.run(slow)
    assert error.value.status_code == 503
    assert begun == MOST
    release.set()
    async with asyncio.timeout(20):
        while questions.running:  # noqa: ASYNC110 - of threads
            await asyncio.sleep(0.01)
        while (await asyncio.gather(questions.run(lambda: 1), return_exceptions=True)) != [1]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # a busy machine can need longer than this question may


async def test_a_question_to_tis_that_is_never_answered_frees_its_thread() -> None:
    questions = Questions(NotImplementedError)
    with pytest.raises(ProblemError, match="took too long"):
        await questions.run(lambda: run_in_time(asyncio.Event().wait(), 0.05))
    assert questions.running == 0


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/files?office=EOE&days=7", "/files?office=EOE&days=7"),
        ("/", "/"),
        ("https://attacker.example", "/"),
        ("//attacker.example", "/"),
        ("/\\attacker.example", "/"),
        ("/\t/attacker.example", "/"),
        ("///attacker.example", "/"),
        ("/files\r\nSet-Cookie: a=b", "/"),
        ("/files\x00", "/"),
        ("/sign-in", "/"),
        ("/[", "/["),
        ("//[", "/"),
        ("", "/"),
    ],
)
def test_sign_in_leads_to_pages_of_this_console_alone(asked: str, leads: str) -> None:
    assert next_address(asked) == leads


async def test_an_answer_that_is_too_old_is_given_at_once_while_a_newer_one_is_found() -> None:
    now, asked, release = 0.0, 0, asyncio.Event()
    release.set()

    async def find() -> int:
        nonlocal asked
        asked += 1
        await release.wait()
        return asked

    remembered: Remembered[int] = Remembered(10.0, lambda: now)
    assert (await remembered.ready("a", find))[0] == 1
    now = 11.0
    release.clear()
    assert [(await remembered.ready("a", find))[0] for _ in range(3)] == [1, 1, 1]
    release.set()
    assert (await remembered.get("a", find))[0] == 2
    now = 11.0 + 80.0
    assert (await remembered.ready("a", find))[0] == 3


async def test_an_answer_that_nobody_asks_for_any_more_does_not_stay_in_memory() -> None:
    now = 0.0

    class Large:
        pass

    async def find() -> Large:
        return Large()

    remembered: Remembered[Large] = Remembered(10.0, lambda: now)
    of_yesterday = ref((await remembered.get("yesterday", find))[0])
    kept_longer = ref((await remembered.get("longer", find, times=2))[0])
    now = 80.0
    await remembered.get("today", find)
    collect()
    assert of_yesterday() is None
    assert kept_longer() is not None


async def test_an_answer_that_cannot_be_found_again_is_missed_by_the_next_who_has_to_wait() -> None:
    now, fails = 0.0, False

    async def find() -> str:
        if fails:
            raise ProblemError(504, "The store took too long to answer.")
        return "found"

    remembered: Remembered[str] = Remembered(10.0, lambda: now)
    await remembered.ready("a", find)
    now, fails = 11.0, True
    for _ in range(5):
        assert (await remembered.ready("a", find))[0] == "found"
        await asyncio.sleep(0)
    now = 91.0
    with pytest.raises(ProblemError):
        await remembered.ready("a", find)


async def test_who_can_do_without_an_answer_does_not_wait_for_it() -> None:
    release = asyncio.Event()

    async def find() -> str:
        await release.wait()
        return "found"

    remembered: Remembered[str] = Remembered(10.0)
    assert await remembered.soon("a", find, seconds=0) is None
    release.set()
    assert (await remembered.get("a", find))[0] == "found"
    found = await remembered.soon("a", find, seconds=5)
    assert found is not None
    assert found[0] == "found"


async def test_a_step_that_is_requested_while_the_one_before_is_just_ending_is_done_after_it() -> None:
    background, done, end = Background(), list[str](), asyncio.Event()

    async def step(name: str) -> None:
        if not done:
            await end.wait()
        done.append(name)

    background.start("recovery", step("first"))
    await asyncio.sleep(0)
    for name in ("second", "the second again"):
        background.start("recovery", step(name))
    background.start("region", step("another"))
    end.set()
    await background.finished()
    assert sorted(done) == ["another", "first", "second"]
    assert done.index("first") < done.index("second")


async def test_a_console_that_ends_begins_nothing_more() -> None:
    background, done = Background(), list[str]()

    async def step(name: str) -> None:
        await asyncio.sleep(0 if done else 60)
        done.append(name)

    for name in ("first", "second"):
        background.start("recovery", step(name))
    await asyncio.sleep(0)
    await background.close()
    assert done == []
