"""A4, 22 June 2020: the applicant file of one office, Yorkshire and the Humber, was missing.

TCS was redeployed in the middle of the job, which did not try again; the jobs were too close to each other to be run
again. The lesson noted was that 401 need not mean wrong credentials. The file was missed on the next day at 13:15.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.incidents.alarms_noticed import london, noticed
from tests.incidents.offices import Offices, in_esr, offices, parked
from tests.incidents.services_running import arrive, at, command, services, until
from tests.journeys.conversation import Conversation

from tis_esr.operations.alarms.about_files import FILE_LATE
from tis_esr.simulation.tcs.switches import Switches

THREE = Offices(posts=2, names=("EOE", "YHD", "WES"))


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Conversation]:
    with offices(tmp_path, THREE) as made:
        yield made


def sent(talk: Conversation) -> set[str]:
    """Return the offices that have an applicant file."""
    return {path.name.split("_")[1] for path in (talk.small.folder / "out").glob("DE_*_APP_*.DAT")}


def test_a_tcs_that_is_redeployed_in_the_middle_costs_no_office_its_file(talk: Conversation) -> None:
    redeployed = Switches(fail_next=5, fail_status=401)
    talk.small.tcs.simulator.misbehaviour.switches = redeployed
    talk.day(0)
    assert redeployed.fail_next == 0
    assert sent(talk) == set(THREE.names)
    assert in_esr(talk) == THREE.number
    assert parked(talk) == []


@pytest.mark.usefixtures("running_here")
async def test_the_one_office_whose_file_was_not_written_is_named_45_minutes_after_it_was_due(
    talk: Conversation,
) -> None:
    with at():
        arrive(talk)
        async with services(talk):
            await until(lambda: len(talk.applicants) == THREE.number)
            for office in ("EOE", "WES"):
                await command(talk, "export", "applicants", "--deanery", office)
            await until(lambda: sent(talk) == {"EOE", "WES"})
    grace = timedelta(minutes=45)
    alarm = await asyncio.to_thread(noticed, talk, FILE_LATE, about="APP", since=london(14), within=grace)
    assert [office in alarm.members for office in THREE.names] == [False, True, False]
    assert "2 applicants affected" in alarm.consequence
