"""A20, 1 to 4 September 2023: 573 messages were given up on a Friday, because TCS timed out.

The look-up of logins in TIS was slow, so TCS was alive but answered nobody in time. The dead letters were moved aside,
read on Monday at 10:32, and replayed at 12:01.
"""

import re

import aiohttp
import pytest
from tests.incidents.offices import exported_in_tis
from tests.incidents.services_running import arrive, at, command, services, until
from tests.journeys.conversation import Conversation

from tis_esr.simulation.tcs.switches import Switches


@pytest.mark.usefixtures("running_here")
async def test_while_tcs_times_out_it_is_left_alone_and_the_work_goes_on_by_itself_once_it_answers(
    talk: Conversation,
) -> None:
    simulator = talk.small.tcs.simulator
    with at():
        async with services(talk, tcs_timeout_seconds=0.5) as address:
            simulator.misbehaviour.switches = Switches(delay_ms=2000)
            arrive(talk)
            await is_open(address)
            before = simulator.answered
            assert (await command(talk, "parked")).code == 0
            assert simulator.answered - before <= 10
            simulator.misbehaviour.switches = Switches()
            await until(lambda: len(talk.applicants) == 5)
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: exported_in_tis(talk) == [1] * 5)
            assert (await command(talk, "parked")).code == 0


async def is_open(address: str) -> None:
    """Wait until the circuit breaker of TCS is open."""
    async with aiohttp.ClientSession() as session:
        text = ""
        while not re.search(r'^tis_esr_tcs_breaker\{state="open"\} 1', text, re.MULTILINE):
            async with session.get(f"{address}/metrics") as answer:
                text = await answer.text()
