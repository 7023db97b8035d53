"""What Prometheus is told by ``tis-esr run`` of what happens in it, from the row to ``/metrics``, on both engines."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.journeys.small_world import NPN, Small, small_world
from tests.journeys.test_tasks_killed import ours, running, settings  # noqa: F401 - fixtures

from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World

FILE = "DE_EOE_RMC_20261124_00000101.DAT"


def somebody(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(gmcNumber="7200001"), -10, 200)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path / "world", somebody) as small:
        yield small


async def refused(session: aiohttp.ClientSession, address: str) -> dict[tuple[str, str], float]:
    async with session.get(f"{address}/metrics") as answer:
        text = await answer.text()
    pattern = r'^tis_esr_refused_values_total\{column="(.+)",reason="(.+)"\} (\S+)$'
    return {(column, why): float(n) for column, why, n in re.findall(pattern, text, re.MULTILINE)}


@pytest.mark.timeout(120)
async def test_each_value_that_does_not_go_to_tis_is_counted_by_column_and_reason(
    settings: Settings,  # noqa: F811 - a fixture
    tmp_path: Path,
) -> None:
    rows = [
        f'ASG,1,"","C",1,"","",,,"{NPN}","Lead Employer"',
        'PER,1,"","C","","","","Sm\N{REPLACEMENT CHARACTER}th","","","","","",18010101,"","01632 960000 ext. 5","07700 900111"',
        'PBD,1,"","C","General Medical Council","7200001"',
        'ABS,1,"","D",20261101,20261105,5,"A1"',
        "TRL,5",
    ]
    async with running(settings) as address, aiohttp.ClientSession() as session:
        assert await refused(session, address) == {}
        (tmp_path / "part").write_text("".join(f"{row}\n" for row in rows))
        (tmp_path / "part").rename(tmp_path / "arriving" / FILE)
        async with asyncio.timeout(60):
            while not (found := await refused(session, address)):  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.05)
        assert found == {
            ("lastName", "LOST_LETTERS"): 1,
            ("dob", "IMPLAUSIBLE_DATE"): 1,
            ("homeTel", "NOT_A_PHONE_NUMBER"): 1,
            ("changeDeleteIndicator", "ABSENCE_DELETED"): 1,
        }
