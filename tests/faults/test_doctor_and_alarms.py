"""``doctor`` on a RabbitMQ whose alarm is raised: that is named, and the check itself comes to an end."""

from pathlib import Path

import pytest
from tests.faults.conftest import OwnServers
from tests.journeys.program import Program


@pytest.mark.timeout(180)
def test_an_alarm_of_rabbitmq_is_named(own_servers: OwnServers, tmp_path: Path) -> None:
    here = Program(
        "production",
        tmp_path,
        {
            "TIS_ESR_ENGINE": "production",
            "TIS_ESR_AMQP_URL": own_servers.place.amqp_url,
            "TIS_ESR_MONGODB_URL": own_servers.place.mongodb_url,
            "TIS_ESR_MONGODB_DATABASE": "doctor_and_alarms",
        },
    )
    assert here("install").code == 0
    named = "engine: TIS_ESR_AMQP_URL: RabbitMQ accepts no messages: its memory or disk alarm is raised"
    assert named not in here("doctor").text
    own_servers.rabbit.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        said = here("doctor")
    finally:
        own_servers.rabbit.control("set_vm_memory_high_watermark", "absolute", "1GB")
    assert (said.code, named in said.text) == (3, True), said.text
