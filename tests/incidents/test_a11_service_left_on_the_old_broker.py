"""A11, 28 to 30 July 2021: a service was left on the old RabbitMQ, which was then deleted.

The other services had moved two days before; the DataExporter was forgotten, because the addresses were in many
places. Its messages went nowhere, and the statuses of 866 placements were lost and added by a script a week later.
"""

import asyncio
from datetime import timedelta

import pytest
from tests.incidents.alarms_noticed import noticed
from tests.incidents.offices import exported_in_tis, in_esr
from tests.incidents.services_running import all_but, arrive, at, command, services, until, waiting
from tests.journeys.conversation import Conversation
from tests.servers import delete_from_rabbitmq

from tis_esr.engine.production.rabbitmq.topology import EXCHANGE, queues
from tis_esr.operations.alarms.about_queues import QUEUE_WITHOUT_CONSUMER
from tis_esr.services.flow import bindings_only

WAITS = "esr.queue.apprecord.generated"


@pytest.mark.usefixtures("running_here")
async def test_a_service_that_no_process_runs_is_named_and_a_deleted_broker_loses_no_status(
    talk: Conversation,
) -> None:
    with at():
        arrive(talk)
        async with services(talk, *all_but("DataExporter")):
            await until(lambda: waiting(talk, WAITS) == 5)
            said = await command(talk, "doctor")
            assert said.code == 3
            assert "no process runs DataExporter" in said.text
            alarm = await asyncio.to_thread(
                noticed, talk, QUEUE_WITHOUT_CONSUMER, within=timedelta(minutes=5)
            )
            assert alarm.text == "no process runs DataExporter"
            delete_from_rabbitmq(
                talk.program.settings["TIS_ESR_AMQP_URL"],
                EXCHANGE,
                *(queue.name for queue in queues(bindings_only())),
            )
        assert "run tis-esr install" in (await command(talk, "doctor")).text
        assert (await command(talk, "install")).code == 0
        async with services(talk):
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: exported_in_tis(talk) == [1] * 5)
        talk.evening(0)
        assert in_esr(talk) == 5
