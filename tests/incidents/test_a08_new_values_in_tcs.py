"""A8, 16 and 17 March 2021: no applicants for 28 hours.

In TCS one field of a person changed its type, deep within, and services with an older client could read no person any
more. They were redeployed one by one over four hours, and on the next day somebody edited trainees in TIS without
changing anything, so that they were generated again.
"""

from pathlib import Path

from tests.incidents.offices import Offices, in_esr, offices, parked


def test_new_types_values_and_fields_of_tcs_stop_nobody(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=4)) as talk:
        store = talk.small.tcs.simulator.store
        for person in store.people.values():
            person |= {"rightToWork": {"permitToWork": {"code": "T2"}}, "status": "A_NEW_ONE", "new": [1]}
        for placement in store.placements.values():
            placement |= {"status": 7, "newField": {"nested": None}}
        talk.day(0)
        assert in_esr(talk) == 4
        assert parked(talk) == []


def test_a_person_that_can_not_be_read_waits_alone_and_goes_by_one_command_once_it_can(
    tmp_path: Path,
) -> None:
    with offices(tmp_path, Offices(posts=4)) as talk:
        store = talk.small.tcs.simulator.store
        [person, *_] = store.people.values()
        born = person["personalDetails"]["dateOfBirth"]
        person["personalDetails"]["dateOfBirth"] = {"year": 1980}
        talk.day(0)
        assert in_esr(talk) == 3
        reasons = {one.reason for one in parked(talk)}
        assert all(f"person {person['id']}" in reason for reason in reasons), reasons

        person["personalDetails"]["dateOfBirth"] = born
        assert talk.program("redrive", "--reason", "can't be read", "--why", "TIS was corrected").code == 0
        talk.day(1)
        assert in_esr(talk) == 4
