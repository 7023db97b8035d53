"""A22, 10 to 20 August 2024: no notifications for nine days.

The export could not finish within the time that the database allows one transaction. What failed was moved out of
sight by a shovel that somebody had set up weeks before and forgotten, so that the alarm on dead letters was silent.
Somebody noticed that ESR's confirmations were absent.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pika import BlockingConnection, URLParameters
from tests.incidents.alarms_noticed import london, noticed, noticed_all
from tests.incidents.offices import Offices, offices, parked

from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.protocol import Put
from tis_esr.operations.alarms.about_files import CONFIRMATION_OVERDUE, FILE_LATE
from tis_esr.operations.alarms.about_queues import PARKED_OLD
from tis_esr.services.data_exporter import export_run
from tis_esr.services.data_exporter.outbound import NOTIFICATIONS

POSTS = 40
CHUNK = 10


class TimeLimit:
    """Has MongoDB end each transaction of the export once, as it ends what takes too long; ``sizes`` are their rows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        original = ProductionEngine._apply
        ended: set[str] = set()

        async def apply(engine: ProductionEngine, session: Any, commit: Any) -> Any:
            packets = await original(engine, session, commit)
            exported = [put.key for put in commit.puts if put.collection is NOTIFICATIONS and is_sent(put)]
            if exported:
                self.sizes.append(len(exported))
            if exported and not ended.issuperset(exported):
                ended.update(exported)
                await engine._client.admin.command("killSessions", [session.session_id])
            return packets

        monkeypatch.setattr(ProductionEngine, "_apply", apply)


def is_sent(put: Put) -> bool:
    """Return whether a notification belongs to a file of ours."""
    return msgspec.json.decode(put.body)["file"] is not None


def test_the_export_is_many_short_transactions_and_one_that_the_database_ends_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "ROWS_A_CHUNK", CHUNK)
    limit = TimeLimit(monkeypatch)
    with offices(tmp_path, Offices(posts=POSTS)) as talk:
        talk.day(0)
        assert len(talk.small.sent("DNC")) == POSTS
        assert max(limit.sizes) == CHUNK
        assert len(limit.sizes) >= 2 * POSTS / CHUNK


def test_what_waits_for_a_person_stays_in_sight_whoever_empties_the_queues(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=2)) as talk:
        talk.morning(0)
        [file] = (talk.small.folder / "in").iterdir()
        file.write_bytes(file.read_bytes().replace(b"POR,2,", b"POR,two,"))
        talk.run(0)
        with BlockingConnection(URLParameters(talk.program.settings["TIS_ESR_AMQP_URL"])) as connection:
            connection.channel().queue_purge("esr.queue.dead")
        assert [(one.source_file, one.row) for one in parked(talk)] == [(file.name, 4)]
        [alarm] = noticed_all(talk, PARKED_OLD, within=timedelta(hours=24))
        assert alarm.members == [f"{file.name} row 4"]


def test_absent_notifications_are_named_on_the_day_and_absent_confirmations_on_the_next(
    tmp_path: Path,
) -> None:
    with offices(tmp_path, Offices(posts=2)) as talk:
        talk.morning(0)
        talk.run(0)
        next_day, grace = london(15, day_number=1), timedelta(minutes=45)
        alarm = noticed(talk, FILE_LATE, about="DNC", since=next_day, within=grace)
        assert "EOE" in alarm.members
        alarm = noticed(talk, CONFIRMATION_OVERDUE, since=next_day, within=timedelta(minutes=90))
        assert "_DNC_20261124_" in alarm.text
