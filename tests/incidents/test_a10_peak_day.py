"""A10, 8 June 2021: 2,474 placements that had gone to ESR were not shown as exported in TIS.

It was the largest day of the year. The path by which TCS is told of the exports did not keep up with the number,
and nobody compared. A script added the statuses ten days later.
"""

from pathlib import Path

from tests.incidents.offices import Offices, exported_in_tis, in_esr, offices, parked
from tests.incidents.overloaded_tcs import Overloaded


def test_on_a_peak_day_tcs_is_told_of_each_export_once_however_slow_it_gets(tmp_path: Path) -> None:
    peak = Offices(posts=15, people=8)
    with offices(tmp_path, peak) as talk:
        talk.small.tcs.simulator.misbehaviour = tcs = Overloaded(most=6)
        talk.day(0)
        assert tcs.refused > 0
        assert in_esr(talk) == peak.number
        assert exported_in_tis(talk) == [1] * peak.number
        assert parked(talk) == []
