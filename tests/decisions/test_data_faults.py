from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tis_esr.decisions.data_faults import Fault, FaultKind, data_faults

GOOD = {
    "lastName": "Specimen",
    "firstName": "Testa",
    "dob": "1990-01-15",
    "positionId": 1,
    "positionNumber": 1001,
    "projectedHireDate": "2026-12-24",
    "projectedEndDate": "2027-06-12",
    "deaneryNumber": "EOE/RX1/800/STR/001",
}


@dataclass(frozen=True)
class Record:
    placement_id: int = 1
    person_id: int = 1
    fields: dict[str, Any] = field(default_factory=lambda: dict(GOOD))
    missing: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)


FOREIGN = {**GOOD, "address.postcode": "Doha, Qatar"}
NO_POSTCODE = "column address.postcode is not a valid British postcode"
NO_BIRTH_DATE = {name: value for name, value in GOOD.items() if name != "dob"}


@pytest.mark.parametrize(
    ("record", "faults"),
    [
        (Record(), []),
        (Record(fields=NO_BIRTH_DATE, missing=["dob"]), [Fault(FaultKind.MISSING, ("dob",))]),
        (
            Record(fields=NO_BIRTH_DATE, missing=["dob"], unmapped=["dob"]),
            [Fault(FaultKind.MISSING, ("dob",))],
        ),
        (Record(fields=FOREIGN), [Fault(FaultKind.UNFIT, detail=NO_POSTCODE)]),
        (Record(unmapped=["address.postcode"]), [Fault(FaultKind.BLANK, ("address.postcode",))]),
        (
            Record(fields=FOREIGN, unmapped=["gender"]),
            [Fault(FaultKind.UNFIT, detail=NO_POSTCODE), Fault(FaultKind.BLANK, ("gender",))],
        ),
    ],
)
def test_what_is_wrong_with_a_record_by_itself(record, faults):
    assert data_faults(record, []) == faults


def test_a_record_after_another_of_the_same_applicant_is_a_duplicate_or_of_a_person_whom_tis_has_twice():
    first = Record(placement_id=70)
    [same] = data_faults(Record(placement_id=80), [first])
    [other] = data_faults(Record(placement_id=80, person_id=2), [first])
    assert same == Fault(FaultKind.DUPLICATE, other_placement=70)
    assert other == Fault(FaultKind.TWO_PEOPLE, other_placement=70)


@pytest.mark.parametrize("kind", FaultKind)
def test_only_a_field_left_blank_lets_the_applicant_be_sent(kind):
    assert Fault(kind).is_blocking is (kind is not FaultKind.BLANK)


def test_a_fault_names_columns_and_never_values():
    assert "Doha" not in str(data_faults(Record(fields=FOREIGN), []))
    assert "Specimen" not in str(data_faults(replace(Record(), missing=["dob"]), []))
