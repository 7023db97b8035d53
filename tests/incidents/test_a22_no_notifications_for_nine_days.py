"""A22, 10 to 20 August 2024: no notifications for nine days.

The export could not finish within the time that the database allows one transaction. What failed was moved out of
sight by a shovel that somebody had set up weeks before and forgotten, so that the alarm on dead letters was silent.
Somebody noticed that ESR's confirmations were absent.
"""

from pathlib import Path

import pymongo
import pytest
from pika import BlockingConnection, URLParameters
from tests.faults.conftest import OwnServers
from tests.faults.wire import Fault, wire
from tests.incidents.offices import Offices, offices
from tests.incidents.servers_in_trouble import on

from tis_esr.services.data_exporter import export_run

POSTS = 40
SLOW = [Fault(seconds_a_block=0.002)] * 500


@pytest.mark.timeout(180)
def test_an_export_is_no_long_transaction_however_slow_the_database_is(
    own_servers: OwnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "ROWS_A_CHUNK", 10)
    with on(own_servers, tmp_path, Offices(posts=POSTS)) as talk, wire(own_servers.mongo.port, SLOW) as line:
        with pymongo.MongoClient[dict[str, object]](own_servers.mongo.url) as client:
            client.admin.command({"setParameter": 1, "transactionLifetimeLimitSeconds": 1})
        talk.program.settings["TIS_ESR_MONGODB_URL"] = f"mongodb://127.0.0.1:{line.port}/?directConnection=true"
        talk.morning(0)
        assert talk.run(0).code == 0
        assert len(talk.small.sent("DNC")) == POSTS


def test_what_waits_for_a_person_stays_in_sight_whoever_empties_the_queues(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=2)) as talk:
        talk.morning(0)
        [file] = (talk.small.folder / "in").iterdir()
        file.write_bytes(file.read_bytes().replace(b"POR,2,", b"POR,two,"))
        talk.run(0)
        with BlockingConnection(URLParameters(talk.program.settings["TIS_ESR_AMQP_URL"])) as connection:
            connection.channel().queue_purge("esr.queue.dead")
        said = talk.program("parked")
        assert (said.code, file.name in said.text) == (1, True)


def test_a_confirmation_that_is_absent_is_named_on_the_next_day_but_one(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=2)) as talk:
        talk.morning(0)
        talk.run(0)
        talk.run(2)
        names = [file["name"] for file in talk.program("files", "--json").json["unconfirmed"]]
        assert [name.split("_")[2] for name in names] == ["APP", "DNC"]
