"""What is done from time to time says once that it can't be done, tells Prometheus for how long, and goes on by itself."""

import asyncio
import re

import structlog

from tis_esr.engine.supervision import Beat, Supervisor
from tis_esr.process.polling import every
from tis_esr.web.metrics import Metrics

AWAY = "S3 bucket esr: no such bucket"


class Store:
    """An inbound store that is away until it is told to be back; time goes on by 400 s with each look."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.trouble = AWAY
        self.looks = asyncio.Queue[None]()
        self.metrics = Metrics(dict, lambda: "closed", now=lambda: self.clock)

    async def look(self, _: Beat) -> None:
        self.looks.put_nowait(None)
        if self.trouble:
            self.clock += 400
            raise OSError(self.trouble)

    async def looked(self, times: int) -> None:
        """Wait until it has been looked at so often, and the last look has been answered."""
        for _ in range(times):
            await self.looks.get()
        await asyncio.sleep(0)

    @property
    def age(self) -> float:
        text = self.metrics.text().decode()
        [found] = re.findall(r'^tis_esr_poll_age_seconds{task="inbound files"} (\S+)$', text, re.MULTILINE)
        return float(found)


async def test_a_store_that_is_away_is_told_now_and_then_and_its_age_grows_until_it_is_back() -> None:
    store, stop = Store(), asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        async with Supervisor() as supervisor:
            task = every(
                0.0,
                store.look,
                supervisor,
                store.metrics,
                stop,
                task="inbound files",
                trouble="inbound_poll_failed",
            )
            await store.looked(1)
            assert store.age == 400
            await store.looked(4)
            assert store.age >= 2000
            store.trouble = ""
            await store.looked(2)
            assert store.age == 0
            stop.set()
            await task
    said = [(log["event"], log["log_level"], log.get("reason", log.get("task"))) for log in logs]
    warning = ("inbound_poll_failed", "warning", AWAY)
    assert said[:3] == [warning, warning, warning]
    assert said[-1] == ("recovered", "info", "inbound files")
    assert len(said) < 6
