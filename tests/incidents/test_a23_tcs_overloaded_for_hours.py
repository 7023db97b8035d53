"""A23, 8 and 9 October 2024: TCS answered 502 for two hours, and twice more on that day.

Users in Wessex reported it before the monitoring did. The services were stopped by hand, so that TCS could recover,
and started again after somebody had read the logs. What no longer held was sorted out by hand before it was sent.
"""

from datetime import timedelta
from pathlib import Path

from tests.incidents.alarms_noticed import london, noticed
from tests.incidents.offices import Offices, in_esr, npn, offices, parked
from tests.journeys.conversation import position

from tis_esr.operations.alarms.about_files import FILE_LATE
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.tcs.switches import Switches

LOCUM_POST = 9
GRACE = timedelta(minutes=45)


def a_locum_comes_and_goes(world: World) -> None:
    """While TCS is away somebody leaves, a locum comes and goes, and a third one begins."""
    post = world.post("EOE", npn=npn(LOCUM_POST))
    for first, last in ((-100, 2), (3, 5), (6, 100)):
        world.placement(post, world.person(), first, last)


def test_after_the_outage_what_still_holds_goes_by_itself_and_what_does_not_is_counted(
    tmp_path: Path,
) -> None:
    with offices(tmp_path, Offices(posts=3), also=a_locum_comes_and_goes) as talk:
        talk.esr.holdings.positions[LOCUM_POST] = position(LOCUM_POST, npn(LOCUM_POST))
        talk.day(0)
        world = talk.small.world
        late = world.placement_to_be(world.posts[0], world.people[1], 40, 90)
        switches = Switches(fail_rate=1.0, fail_status=502)
        talk.small.tcs.simulator.misbehaviour.switches = switches
        talk.program.settings["TIS_ESR_PATIENCE_SECONDS"] = "0.5"
        assert talk.run(1).code == 3
        assert parked(talk) == []

        alarm = noticed(talk, FILE_LATE, about="APP", since=london(14, day_number=1), within=GRACE)
        assert "EOE" in alarm.members

        talk.small.tcs.simulator.store.put_placement(late)
        switches.fail_rate = 0.0
        talk.program.settings["TIS_ESR_PATIENCE_SECONDS"] = "30"
        said = talk.day(7)
        assert "began and is over" in said.text
        assert in_esr(talk) == 6
