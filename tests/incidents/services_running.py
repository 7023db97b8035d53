"""``tis-esr run`` within this process, with all services or some, at a time of day that is set."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import aiohttp
import time_machine
from tests.faults.processes import NEVER
from tests.journeys.conversation import Conversation
from tests.journeys.program import Program, Said
from tests.journeys.small_world import TODAY
from tests.journeys.test_tasks_killed import running

from tis_esr.services.flow import SERVICES
from tis_esr.settings import Settings

MORNING = time_of_day(9)
LONGEST = 60.0


def settings_of(program: Program, **more: Any) -> Settings:
    """Return the settings that a program is called with."""
    given = {name.removeprefix("TIS_ESR_").lower(): value for name, value in program.settings.items()}
    return Settings(**{**given, **more})


@asynccontextmanager
async def services(talk: Conversation, *names: str, **settings: Any) -> AsyncIterator[str]:
    """Run services, all where none is named, with TCS of the conversation; exports are asked for by command alone."""
    given: dict[str, Any] = {
        "sweep_seconds": 0.2,
        "applicants_cron": NEVER,
        "notifications_cron": NEVER,
        "export_wait_minutes": 5,
        **settings,
    }
    Path(talk.program.settings["TIS_ESR_INBOUND"]).mkdir(exist_ok=True)
    async with running(settings_of(talk.program, **given), *names) as address:
        yield address


def all_but(name: str) -> list[str]:
    """Return the services without one."""
    return [service for service in SERVICES if service != name]


def at(moment: time_of_day = MORNING, day_number: int = 0) -> time_machine.travel:
    """Set the clock to a moment of a day of the conversation, from which it goes on."""
    return time_machine.travel(datetime.combine(TODAY, moment, UTC).replace(day=TODAY.day + day_number))


def arrive(talk: Conversation, number: int = 0) -> None:
    """Have ESR's files of a day come in as files that were left alone since."""
    talk.morning(number)
    for path in (talk.small.folder / "in").iterdir():
        os.utime(path, (time.time() - 60,) * 2)


async def command(talk: Conversation, *words: object) -> Said:
    """Call a command beside the running services."""
    return await asyncio.to_thread(talk.program, *words)


async def until(is_so: Callable[[], bool], seconds: float = LONGEST) -> None:
    """Wait until something that tells nobody is so."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


def waiting(talk: Conversation, queue: str) -> int:
    """Return how many messages wait in a queue or are being handled."""
    with talk.reader() as reader:
        return reader.waiting().get(queue, 0)


async def breaker(address: str) -> str:
    """Return the state of the circuit breaker of TCS, as the process shows it, once that is not closed any more."""
    shown = r'^tis_esr_tcs_breaker\{state="(open|half_open)"\} 1'
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{address}/metrics") as answer:
                if found := re.search(shown, await answer.text(), re.MULTILINE):
                    return found.group(1)
