"""Clocks that differ, and time zone data that is wrong (incident A15: an export an hour early)."""

import time
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from pymongo.errors import PyMongoError

from tis_esr import wall_clock
from tis_esr.engine.production.mongodb.health import clock_ahead
from tis_esr.engine.production.server_checks import MONGODB, Finding
from tis_esr.operations.composition import addresses
from tis_esr.operations.doctor import management
from tis_esr.operations.doctor.check import not_checked
from tis_esr.settings import BadSettingsError, Settings
from tis_esr.wall_clock import LONDON

LARGEST_SKEW_SECONDS: Final = 5.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_TCS: Final = "TIS_ESR_TCS_URL"


class Clock(msgspec.Struct, frozen=True):
    """Another clock: how many seconds it is ahead of this machine's, and how uncertain that is."""

    of: str
    setting: str
    ahead: float
    uncertain: float


async def check(settings: Settings) -> list[Finding]:
    """Compare this machine's clock with those of MongoDB, RabbitMQ and TCS; check London's time zone."""
    clocks, unread = await read(settings)
    return [*skews(clocks), *unread, *zone_findings(LONDON, wall_clock.now().year)]


async def read(settings: Settings) -> tuple[list[Clock], list[Finding]]:
    """Return the clocks that could be read, and a note for each that could not."""
    clocks: list[Clock] = []
    unread: list[Finding] = []
    if settings.engine == "production":
        try:
            clocks.append(Clock("MongoDB", MONGODB, *await clock_ahead(addresses(settings).mongodb_url)))
        except (BadSettingsError, PyMongoError, ValueError):
            unread.append(not_checked(MONGODB, "MongoDB's clock"))
    if url := management.api_url(settings):
        clocks += await _of_http("RabbitMQ", management.SETTING, url, unread)
    if settings.tcs_url is not None:
        clocks += await _of_http("TCS", _TCS, settings.tcs_url, unread)
    return clocks, unread


def skews(clocks: Sequence[Clock]) -> list[Finding]:
    """Return the clocks that differ from this machine's by more than LARGEST_SKEW_SECONDS."""
    return [
        Finding(
            clock.setting,
            f"the clock of {clock.of} is {abs(clock.ahead):.0f} s {'ahead of' if clock.ahead > 0 else 'behind'} this machine's",
            "set both by NTP: days and schedules depend on them",
        )
        for clock in clocks
        if abs(clock.ahead) - clock.uncertain > LARGEST_SKEW_SECONDS
    ]


def zone_findings(zone: ZoneInfo, year: int) -> list[Finding]:
    """Return the finding about time zone data in which London has no summer time this year or the next."""
    for checked in (year, year + 1):
        offsets = [datetime(checked, month, 1, 12, tzinfo=zone).utcoffset() for month in (1, 7)]
        if [offset.total_seconds() / 3600 for offset in offsets if offset is not None] != [0.0, 1.0]:
            problem = f"London has no summer time in {checked} by the time zone data of this machine"
            return [Finding("time zone", problem, "upgrade the package tzdata, or the system's time zones")]
    return []


async def _of_http(of: str, setting: str, url: str, unread: list[Finding]) -> list[Clock]:
    """Return the clock by the header ``Date``, which has whole seconds, of any response."""
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            before = time.time()
            async with session.get(url, allow_redirects=False) as answer:
                after = time.time()
                told = parsedate_to_datetime(answer.headers["Date"]).timestamp() + 0.5
    except (aiohttp.ClientError, OSError, TimeoutError, KeyError, ValueError):
        unread.append(not_checked(setting, f"the clock of {of}", "no response with a date"))
        return []
    return [Clock(of, setting, told - (before + after) / 2, (after - before) / 2 + 0.5)]
