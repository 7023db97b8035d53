"""A15, 4 March 2022: notifications stopped because a service that they depend on had moved.

The old instance was stopped before its clients knew the new address; it was started again, and the clients were
redeployed over two hours.
"""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from tests.faults.wire import wire
from tests.incidents.alarms_noticed import noticed
from tests.incidents.offices import parked
from tests.incidents.services_running import arrive, at, breaker, command, services, until, waiting
from tests.journeys.conversation import Conversation

from tis_esr.operations.alarms.about_servers import TCS_BREAKER_OPEN
from tis_esr.operations.alarms.alarm import AlarmState

NOTIFIES = "esr.queue.position.reconciled.notificationgenerator"


@pytest.mark.usefixtures("running_here")
async def test_work_waits_for_a_dependency_that_is_gone_and_doctor_names_it(talk: Conversation) -> None:
    port = urlsplit(talk.small.tcs.url).port
    assert port is not None
    with at(), wire(port) as line:
        talk.program.settings["TIS_ESR_TCS_URL"] = talk.small.tcs.url.replace(str(port), str(line.port))
        async with services(talk) as address:
            line.down()
            arrive(talk)
            await until(lambda: waiting(talk, "esr.queue.por.saved") > 0)
            said = await command(talk, "doctor")
            assert (said.code, "TIS_ESR_TCS_URL" in said.text) == (3, True)
            alarm = await asyncio.to_thread(
                noticed, talk, TCS_BREAKER_OPEN, within=timedelta(minutes=15), breaker=await breaker(address)
            )
            assert alarm.state is AlarmState.ACTIVE
            line.up()
            await until(lambda: len(talk.notifications) >= 5)
            assert parked(talk) == []
