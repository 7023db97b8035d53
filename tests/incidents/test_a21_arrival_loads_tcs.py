"""A21, 13 March 2024: 2,358 messages were given up, then 157 and 589 more.

The arrival of the day's files loads TCS; one of its nodes was busy and was taken out, so that the others had more. The
generators were switched off until everything was replayed. It was the third such event since August.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.incidents.offices import Offices, in_esr, offices, parked
from tests.incidents.overloaded_tcs import Overloaded
from tests.incidents.services_running import arrive, at, command, services, until
from tests.journeys.conversation import Conversation

POSTS = 40


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Conversation]:
    with offices(tmp_path, Offices(posts=POSTS)) as made:
        yield made


@pytest.mark.usefixtures("running_here")
async def test_calls_fall_to_what_tcs_can_bear_and_the_export_waits_for_the_arrival(
    talk: Conversation,
) -> None:
    talk.small.tcs.simulator.misbehaviour = tcs = Overloaded(most=3)
    with at():
        arrive(talk)
        async with services(talk):
            await until(lambda: bool(talk.program("files", "--json").json["files"]))
            await command(talk, "export", "applicants", "--deanery", "EOE")
            await until(lambda: bool(list((talk.small.folder / "out").glob("*_APP_*.DAT"))))
            assert parked(talk) == []
        assert tcs.refused > 0
        [_] = (talk.small.folder / "out").glob("*_APP_*.DAT")
        talk.evening(0)
        assert in_esr(talk) == POSTS
