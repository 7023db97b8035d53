"""A20, 1 to 4 September 2023: 573 messages were given up on a Friday, because TCS timed out.

The look-up of logins in TIS was slow, so TCS was alive but answered nobody in time. The dead letters were moved aside,
read on Monday at 10:32, and replayed at 12:01.
"""

import asyncio
from datetime import timedelta

import pytest
from tests.incidents.alarms_noticed import noticed
from tests.incidents.offices import exported_in_tis, parked
from tests.incidents.services_running import arrive, at, breaker, command, services, until
from tests.journeys.conversation import Conversation

from tis_esr.operations.alarms.about_servers import TCS_BREAKER_OPEN
from tis_esr.operations.alarms.alarm import AlarmState
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
            alarm = await asyncio.to_thread(
                noticed, talk, TCS_BREAKER_OPEN, within=timedelta(minutes=15), breaker=await breaker(address)
            )
            assert alarm.state is AlarmState.ACTIVE
            before = simulator.answered
            assert parked(talk) == []
            assert simulator.answered - before <= 10
            simulator.misbehaviour.switches = Switches()
            await until(lambda: len(talk.applicants) == 5)
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: exported_in_tis(talk) == [1] * 5)
            assert parked(talk) == []
