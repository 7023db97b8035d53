"""``tis-esr run`` removes what is old by itself, once a day, and says how much; on both engines."""

import asyncio
import re
from datetime import date, timedelta
from pathlib import Path

import aiohttp
import pytest
from tests.journeys.small_world import Small, por
from tests.journeys.test_tasks_killed import ours, running, settings, small, supervised, until

from tis_esr import wall_clock
from tis_esr.operations.composition import reader_of
from tis_esr.services.retention.audit import PURGES
from tis_esr.settings import Settings
from tis_esr.wall_clock import today

__all__ = ["ours", "settings", "small"]


async def purged(session: aiohttp.ClientSession, address: str) -> dict[str, float]:
    async with session.get(f"{address}/metrics") as answer:
        text = await answer.text()
    found = re.findall(r'^tis_esr_purged_total\{collection="(.+)"\} (\S+)$', text, re.MULTILINE)
    return {name: float(number) for name, number in found}


@pytest.mark.timeout(120)
async def test_what_is_old_goes_beside_the_services_and_is_counted(
    settings: Settings,
    small: Small,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "arriving").mkdir(exist_ok=True)
    async with running(settings):
        (tmp_path / "part").write_text(f"{por()}\nTRL,1\n")
        (tmp_path / "part").rename(tmp_path / "arriving" / "DE_EOE_RMC_20261124_00000101.DAT")
        await until(small.events)
    settings = settings.model_copy(update={"keep_rows_days": 5})
    later = today() + timedelta(days=6)
    monkeypatch.setattr(wall_clock, "today", lambda: later)
    async with running(settings) as address, aiohttp.ClientSession() as session, asyncio.timeout(60):
        while "rows" not in await purged(session, address):  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.1)
        counted = await purged(session, address)
        async with session.get(f"{address}/metrics") as answer:
            assert 'tis_esr_poll_age_seconds{task="retention"}' in await answer.text()
    assert counted["rows"] == 2
    if settings.engine == "production":
        return
    days = await asyncio.to_thread(purges, settings)
    assert days == [later]


@pytest.mark.parametrize("settings", ["embedded"], indirect=True)
async def test_only_a_process_that_sees_the_inbound_store_purges(settings: Settings, small: Small) -> None:
    """To any other the store looks empty: what a person has settled of files there would go, and be reported anew."""
    del small
    for service, purges_too in (("AppGenerator", False), ("InboundDataReader", True)):
        async with running(settings, service):
            assert ("retention" in supervised()) is purges_too


def purges(given: Settings) -> list[date]:
    reader = reader_of(given)
    try:
        return sorted(purge.day for purge in reader.find(PURGES, {}))
    finally:
        reader.close()
