"""A12, 31 July to 12 August 2021: applicants who were to start on 4 August stayed ready to export.

The scheduled exports conflicted with each other, it seems, and their retries were switched off. Users found it, not
the monitoring; trusts might have had to hire by hand. Commands were put on a queue office by office over two weeks.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.faults.days import Zygote
from tests.faults.test_two_processes import both
from tests.incidents.alarms_noticed import london, noticed
from tests.incidents.disturbed_days import killable, sent_rows
from tests.incidents.offices import Offices, in_esr, npn
from tests.incidents.services_running import arrive, at, command, services, until
from tests.journeys.conversation import Conversation
from tests.journeys.small_world import por

from tis_esr.operations.alarms.about_files import FILE_LATE
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.services.data_exporter.outbound import RecordState

POSTS = 12
STARTS, LAST = "2026-11-28", 2
"""Who starts on the 28th must be in a file of the 26th."""
GRACE = timedelta(minutes=45)


def test_two_exports_of_one_office_at_once_send_each_applicant_once(tmp_path: Path, zygote: Zygote) -> None:
    other = Zygote()
    try:
        rows = [por(number, npn(number, "EMD")) for number in range(1, POSTS + 1)]
        with killable(tmp_path, zygote, Offices(posts=POSTS, names=["EMD"]).build, rows, "EMD") as made:
            assert both(made, other) == (0, 0)
            applicants = [int(row.split(",")[30]) for row in sent_rows(made, "APP")]
            assert sorted(applicants) == list(range(1, POSTS + 1))
            assert made.found()[0]["parked"] == []
    finally:
        other.close()


@pytest.mark.usefixtures("running_here")
async def test_who_was_not_exported_for_days_is_named_before_the_window_closes_and_goes_with_the_next_run(
    talk: Conversation,
) -> None:
    for placement in talk.small.tcs.simulator.store.placements.values():
        placement["dateFrom"] = STARTS
    with at():
        arrive(talk)
        async with services(talk):
            await until(lambda: ready(talk) == 5)
    first = await asyncio.to_thread(noticed, talk, FILE_LATE, about="APP", since=london(14), within=GRACE)
    assert "5 applicants affected" in first.consequence
    last = {"about": "APP:2026-11-26", "since": london(14, day_number=LAST)}
    alarm = await asyncio.to_thread(noticed, talk, FILE_LATE, **last, within=GRACE)
    assert alarm.severity is Severity.CRITICAL
    assert "5 of them leave the window tomorrow" in alarm.consequence
    with at(day_number=LAST):
        async with services(talk):
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: ready(talk) == 0)
        talk.evening(LAST)
        assert in_esr(talk) == 5


def ready(talk: Conversation) -> int:
    return sum(record.state is RecordState.TO_EXPORT for record in talk.applicants.values())
