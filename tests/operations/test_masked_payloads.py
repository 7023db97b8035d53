"""The body of a parked message is masked by field: whatever may be personal is not shown, ids and states are."""

import msgspec
import pytest

from tis_esr.operations.parked.payload import MASKED, masked, unmasked
from tis_esr.records.record_types import LAYOUTS

PERSONAL = {
    "lastName": "Specimen", "firstName": "Testa", "dob": "1990-01-01", "address1": "1 Invented Road",
    "address.postcode": "ZZ1 1ZZ", "ukNino": "QQ123456C", "emailAddress": "testa@specimen.invalid", "gmcNumber": "7200001",
    "homeTel": "020", "ethnicOriginCode": "A", "religiousBelief": "none", "raw": "PER,1,Specimen", "messageText": "Specimen",
    "currentTraineeLastName": "Specimen", "nextAppointmentTraineeEmailAddress": "t@specimen.invalid", "regNumber": "7200001",
    "surname": "Specimen", "title": "Dr", "fact": "Specimen", "name": "Specimen",
}  # fmt: skip


@pytest.mark.parametrize("field", PERSONAL)
@pytest.mark.parametrize("place", ["values", "fields", "columns", "data"])
def test_a_personal_field_is_masked_wherever_it_is(field: str, place: str) -> None:
    body = {"rows": [{"row": 2, place: {field: PERSONAL[field], "positionId": 7}}]}
    found = masked(msgspec.json.encode(body))
    assert found == {"rows": [{"row": 2, place: {field: MASKED, "positionId": 7}}]}


def test_a_field_that_is_not_listed_is_masked_and_empty_ones_are_shown_as_such() -> None:
    body = {
        "invented": "Specimen",
        "empty": "",
        "nothing": None,
        "is_so": True,
        "status": "MATCHED",
        "personId": 12,
    }
    assert masked(msgspec.json.encode(body)) == {**body, "invented": MASKED}


def test_no_column_of_a_trainee_is_shown() -> None:
    words = ("name", "dob", "address", "tel", "email", "nino", "gmc", "gender", "marital", "ethnic", "relig", "nation", "disab", "sexual")  # fmt: skip
    columns = {column.name for layout in LAYOUTS.values() for column in layout.columns}
    personal = {name for name in columns if any(word in name.lower() for word in words)} - {"fileName"}
    assert len(personal) > 30
    found = masked(msgspec.json.encode({"values": dict.fromkeys(personal, "Specimen")}))
    assert set(found["values"].values()) == {MASKED}


def test_a_body_that_is_not_json_is_masked_as_a_whole() -> None:
    assert masked(b"Specimen,Testa") == "(masked) 14 bytes that are not JSON"
    assert unmasked(b"Specimen,Testa") == "Specimen,Testa"
    assert unmasked(b'{"lastName":"Specimen"}') == {"lastName": "Specimen"}
