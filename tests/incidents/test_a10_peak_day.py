"""A10, 8 June 2021: 2,474 placements that had gone to ESR were not shown as exported in TIS.

It was the largest day of the year. The path by which TCS is told of the exports did not keep up with the number,
and nobody compared. A script added the statuses ten days later.
"""

import asyncio
from pathlib import Path

import pytest
from tests.incidents.alarms_noticed import noticed
from tests.incidents.offices import Offices, exported_in_tis, in_esr, offices, parked
from tests.incidents.overloaded_tcs import Overloaded
from tests.incidents.services_running import arrive, at, command, services, until
from tests.journeys.conversation import Conversation
from tests.journeys.small_world import TODAY

from tis_esr.operations.alarms.about_people import STATUS_DRIFT


def test_on_a_peak_day_tcs_is_told_of_each_export_once_however_slow_it_gets(tmp_path: Path) -> None:
    peak = Offices(posts=15, people=8)
    with offices(tmp_path, peak) as talk:
        talk.small.tcs.simulator.misbehaviour = tcs = Overloaded(most=6)
        talk.day(0)
        assert tcs.refused > 0
        assert in_esr(talk) == peak.number
        assert exported_in_tis(talk) == [1] * peak.number
        assert parked(talk) == []


@pytest.mark.usefixtures("running_here")
async def test_statuses_that_tis_lost_are_found_by_the_comparison_and_sent_again_by_one_command(
    talk: Conversation,
) -> None:
    events = talk.small.tcs.simulator.store.placement_events
    with at():
        arrive(talk)
        async with services(talk):
            await until(lambda: len(talk.applicants) == 5)
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: exported_in_tis(talk) == [1] * 5)
            for placement in list(events)[:2]:
                events[placement].clear()
            await command(talk, "reconcile-status", "--as-of", TODAY)
            alarm = await asyncio.to_thread(noticed, talk, STATUS_DRIFT)
            assert "2" in alarm.text
            await command(talk, "reconcile-status", "--repair", "--as-of", TODAY)
            await until(lambda: exported_in_tis(talk) == [1] * 5)
