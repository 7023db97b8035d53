"""A17, 26 and 27 June 2023: 20 inbound files were not processed.

A node of RabbitMQ, which other systems shared, reached its memory limit, so that nobody could publish. Somebody missed
the usual messages of the morning, and sent the instructions for 20 files again by their names.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.faults.conftest import OwnServers
from tests.incidents.alarms_noticed import noticed
from tests.incidents.offices import Offices, in_esr
from tests.incidents.servers_in_trouble import Reached, broker_out_of_memory, on, run_while

from tis_esr.operations.alarms.about_servers import BROKER_ALARM


@pytest.mark.timeout(180)
def test_files_that_came_while_rabbitmq_accepted_nothing_are_processed_by_themselves_afterwards(
    own_servers: OwnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = Offices(posts=2, names=("EOE", "LDN", "WES"))
    with on(own_servers, tmp_path, three) as talk:
        reached = Reached(monkeypatch, "esr.queue.por.split")

        def blocked() -> None:
            with broker_out_of_memory(own_servers, reached):
                noticed(talk, BROKER_ALARM, within=timedelta(minutes=2))

        talk.morning(0)
        run_while(talk, 0, blocked)
        talk.evening(0)
        files = talk.program("files", "--json").json["files"]
        assert [file["state"] for file in files] == ["SPLIT"] * 3
        assert in_esr(talk) == three.number
