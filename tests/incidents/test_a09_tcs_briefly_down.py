"""A9, April 2021: placements that had gone to ESR showed a question mark in TIS instead of a tick.

TCS was down for a moment while it was told of the export. The service took that for a faulty message and gave it up.
The statuses were filled in by SQL.
"""

from pathlib import Path

from tests.incidents.offices import Offices, exported_in_tis, in_esr, offices, parked

from tis_esr.simulation.tcs.switches import Switches


def test_an_export_reaches_tcs_once_although_tcs_fails_while_it_is_told(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=12)) as talk:
        behaviour = Switches(fail_rate=0.3, fail_after_rate=0.3, fail_status=503)
        talk.small.tcs.simulator.misbehaviour.switches = behaviour
        talk.day(0)
        assert in_esr(talk) == 12
        assert exported_in_tis(talk) == [1] * 12
        assert parked(talk) == []
