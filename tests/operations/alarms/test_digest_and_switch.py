"""The digest is sent once a day, on good days too; the dead man's switch is silent unless alarms are judged and people reached."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from tests.operations.alarms.invented import DAY
from tests.operations.alarms.receivers import web_server
from tests.operations.alarms.test_stored_alarms import world
from tests.services.bench import Benches
from tests.services.old_things import EXPORTER

from tis_esr.engine.supervision import Supervisor
from tis_esr.operations.alarms.deliveries import DELIVERIES, DeliveryState
from tis_esr.operations.alarms.digest import last_due, missing_digest, send_digest
from tis_esr.operations.alarms.sizes import SIZES, StoreSize, measure, measured, unusual_growth
from tis_esr.process.dead_mans_switch import dead_mans_switch, silence_reason
from tis_esr.settings import Settings
from tis_esr.web.metrics import Metrics

LONDON = ZoneInfo("Europe/London")
AT_FIVE = "0 17 * * *"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("now", "due"),
    [("24T16:59", None), ("24T17:00", "24T17:00"), ("25T04:59", "24T17:00"), ("25T05:01", None)],
)
def test_a_missed_digest_is_caught_up_within_half_a_day(now: str, due: str | None) -> None:
    assert last_due(AT_FIVE, at(now)) == (at(due) if due else None)


async def nothing_wrong(_: date) -> str:
    return "13 of 13 received; 13 sent"


async def test_it_is_sent_once_to_each_receiver_however_many_processes_are_at_it(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:

        async def send(now: datetime) -> bool:
            return await send_digest(bench.runner.work, ["mail", "slack"], AT_FIVE, now, nothing_wrong)

        assert not await send(at("24T16:00"))
        assert sorted(await asyncio.gather(*(send(at("24T17:00")) for _ in range(3)))) == [False, False, True]
        assert not await send(at("24T20:00"))
        assert await send(at("25T17:00"))
        sent = (await bench.all(DELIVERIES)).values()
        assert sorted((one.sink, one.notice.title) for one in sent) == [
            ("mail", "TIS-ESR on 24 Nov 2026"),
            ("mail", "TIS-ESR on 25 Nov 2026"),
            ("slack", "TIS-ESR on 24 Nov 2026"),
            ("slack", "TIS-ESR on 25 Nov 2026"),
        ]
        assert {one.notice.text for one in sent} == {"13 of 13 received; 13 sent"}


async def test_a_digest_that_a_receiver_does_not_have_an_hour_later_is_a_finding(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        both = ["mail", "slack"]

        def lacking(now: str) -> list[list[str]]:
            return [found.members for found in missing_digest(bench.reader(), both, AT_FIVE, at(now))]

        assert (lacking("24T17:59"), lacking("24T18:00")) == ([], [both])
        await send_digest(bench.runner.work, both, AT_FIVE, at("24T18:01"), nothing_wrong)
        assert lacking("24T18:02") == [both]
        [mail, _] = sorted((await bench.all(DELIVERIES)).values(), key=lambda one: one.sink)
        await bench.keep(DELIVERIES, msgspec.structs.replace(mail, state=DeliveryState.SENT))
        assert lacking("24T18:03") == [["slack"]]


@pytest.mark.parametrize(
    ("judged_ago", "unsent", "reason"),
    [
        (10.0, {}, ""),
        (179.0, {"slack": 0.0}, ""),
        (181.0, {}, "alarms are not judged"),
        (None, {}, "alarms are not judged"),
        (10.0, {"slack": 3600.0, "mail": 0.0}, ""),
        (10.0, {"slack": 3600.0, "mail": 1801.0}, "no receiver accepts messages"),
    ],
)
def test_the_address_is_requested_only_while_alarms_are_judged_and_somebody_is_reached(
    judged_ago: float | None, unsent: dict[str, float], reason: str
) -> None:
    assert silence_reason(judged_ago, 60, unsent) == reason


async def test_the_requests_begin_stop_and_go_on_with_the_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[float | None] = [None]
    async with web_server() as server, Supervisor() as supervisor:
        settings = Settings(deadman_url=server.address, deadman_seconds=0.05)
        stop, metrics = asyncio.Event(), Metrics(dict, lambda: "closed")
        tasks = dead_mans_switch(settings, lambda: judged[0], supervisor, metrics, stop)

        async def requests(number: int) -> None:
            async with asyncio.timeout(10):
                while len(server.bodies) < number:  # noqa: ASYNC110 - what it looks at tells nobody
                    await asyncio.sleep(0.01)

        await asyncio.sleep(0.2)
        assert server.bodies == []
        judged[0] = 1.0
        await requests(3)
        judged[0] = 1000.0
        await asyncio.sleep(0.1)
        number = len(server.bodies)
        await asyncio.sleep(0.2)
        assert len(server.bodies) == number
        judged[0] = 1.0
        await requests(number + 2)
        stop.set()
        await supervisor.stop(tasks)


async def test_without_an_address_there_is_no_switch() -> None:
    async with Supervisor() as supervisor:
        metrics = Metrics(dict, lambda: "closed")
        assert dead_mans_switch(Settings(), lambda: 1.0, supervisor, metrics, asyncio.Event()) == []


def sizes(*numbers: int) -> list[StoreSize]:
    first = date(2026, 11, 1)
    return [
        StoreSize(day=first + timedelta(days=n), bytes=number * 10**6) for n, number in enumerate(numbers)
    ]


def test_the_store_grows_unusually_by_three_times_the_usual_of_a_day_and_at_least_half_a_gigabyte() -> None:
    steady = sizes(*(1000 + 300 * n for n in range(10)))
    last = steady[-1].bytes
    assert unusual_growth(steady, last + 880 * 10**6) == []
    [found] = unusual_growth(steady, last + 1000 * 10**6)
    assert found.text == "the store grew by 1,000 MB within a day; usually by 300 MB"
    small = sizes(*(1000 + n for n in range(10)))
    assert unusual_growth(small, small[-1].bytes + 490 * 10**6) == []
    assert unusual_growth(steady[:7], last * 10) == [], "what is usual is not known yet"


async def test_the_size_of_a_day_is_kept_once(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await asyncio.gather(*(measure(bench.runner.work, DAY, size) for size in (7, 8, 9)))
        await measure(bench.runner.work, DAY + timedelta(days=1), 10)
        assert [size.day for size in measured(bench.reader(), DAY)] == [DAY]
        assert sorted((await bench.all(SIZES)).keys()) == ["2026-11-24", "2026-11-25"]
