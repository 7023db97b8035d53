"""A18, night of 23 to 24 July 2023: RabbitMQ's memory was used up by messages that nobody consumed.

A type of message was lost, because its sender never checked that RabbitMQ had taken it. Users found that the data was
missing; it was audited and sent again by hand.
"""

import asyncio
from datetime import timedelta

import pytest
from pika import BlockingConnection, URLParameters
from tests.incidents.alarms_noticed import noticed
from tests.incidents.offices import exported_in_tis
from tests.incidents.services_running import all_but, arrive, at, command, services, until, waiting
from tests.journeys.conversation import Conversation

from tis_esr.operations.alarms.about_queues import QUEUE_WITHOUT_CONSUMER

FIVE_MINUTES = timedelta(minutes=5)
UNREAD = "esr.queue.apprecord.generated"


@pytest.mark.usefixtures("running_here")
async def test_messages_that_the_broker_loses_are_sent_again_and_each_takes_effect_once(
    talk: Conversation,
) -> None:
    with at():
        arrive(talk)
        async with services(talk, *all_but("DataExporter")):
            await until(lambda: waiting(talk, UNREAD) == 5)
            alarm = await asyncio.to_thread(noticed, talk, QUEUE_WITHOUT_CONSUMER, within=FIVE_MINUTES)
            assert UNREAD in alarm.members
        lose(talk.program.settings["TIS_ESR_AMQP_URL"], UNREAD)
        async with services(talk):
            await until(lambda: len(talk.applicants) == 5)
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: exported_in_tis(talk) == [1] * 5)


def lose(amqp_url: str, queue: str) -> None:
    """Have RabbitMQ lose the messages of a queue."""
    with BlockingConnection(URLParameters(amqp_url)) as connection:
        connection.channel().queue_purge(queue)
