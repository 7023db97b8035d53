"""A4, 22 June 2020: the applicant file of one office, Yorkshire and the Humber, was missing.

TCS was redeployed in the middle of the job, which did not try again; the jobs were too close to each other to be run
again. The lesson noted was that 401 need not mean wrong credentials. The file was missed on the next day at 13:15.
"""

from pathlib import Path

from tests.incidents.offices import Offices, in_esr, offices

from tis_esr.simulation.tcs.switches import Switches

THREE = Offices(posts=3, names=("EOE", "YHD", "WES"))


def test_a_tcs_that_is_redeployed_in_the_middle_costs_no_office_its_file(tmp_path: Path) -> None:
    with offices(tmp_path, THREE) as talk:
        redeployed = Switches(fail_next=5, fail_status=401)
        talk.small.tcs.simulator.misbehaviour.switches = redeployed
        talk.day(0)
        assert redeployed.fail_next == 0
        sent = {path.name.split("_")[1] for path in (talk.small.folder / "out").glob("*_APP_*")}
        assert sent == {"EOE", "YHD", "WES"}
        assert in_esr(talk) == THREE.number
        assert talk.program("parked").code == 0
