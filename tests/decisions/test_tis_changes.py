"""What is read of a change record of TIS, and that a faulty one says which field is wrong and quotes nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tis_esr.decisions.tis_changes import BadChangeError, Table, TisChange, read_change

AT = "2026-11-24T09:30:00.123456Z"


def record(table: str = "Placement", operation: str = "update", **data: Any) -> dict[str, Any]:
    metadata = {
        "timestamp": AT,
        "record-type": "data",
        "operation": operation,
        "partition-key-type": "schema-table",
        "schema-name": "tcs",
        "table-name": table,
        "transaction-id": 4711,
    }
    return {"data": {"id": "17", **data}, "metadata": metadata}


def test_a_placement_says_its_post_and_trainee() -> None:
    assert read_change(record(postId="5", traineeId="9", siteCode="RX101")) == TisChange(
        table=Table.PLACEMENT,
        id=17,
        operation="update",
        at=datetime(2026, 11, 24, 9, 30, 0, 123456, UTC),
        post_id=5,
        person_id=9,
    )


def test_a_post_says_its_number_and_a_table_of_a_person_says_whose_it_is() -> None:
    post = read_change(record("Post", "insert", nationalPostNumber=" EOE/RX1/800/STR/001 "))
    assert post is not None
    assert (post.key, post.post_id, post.number) == ("Post:17", 17, "EOE/RX1/800/STR/001")
    for table in ("Person", "ContactDetails", "PersonalDetails", "GmcDetails", "GdcDetails"):
        change = read_change(record(table, "load"))
        assert change is not None
        assert (change.key, change.person_id, change.post_id) == (f"{table}:17", 17, None)


def test_ids_may_be_numbers_moments_of_any_zone_and_names_in_any_case() -> None:
    given = record("placement", "DELETE", id=17, postId=5, traineeId=None)
    given["metadata"]["timestamp"] = "2026-11-24T10:30:00+01:00"
    change = read_change(given)
    assert change is not None
    assert (change.operation, change.post_id, change.person_id) == ("delete", 5, None)
    assert change.at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    given["metadata"]["timestamp"] = "2026-11-24T09:30:00"
    assert read_change(given) == change


@pytest.mark.parametrize("table", ["Absence", "Programme", "awsdms_apply_exceptions"])
def test_another_table_says_nothing(table: str) -> None:
    assert read_change(record(table)) is None


def test_a_control_record_says_nothing() -> None:
    given = record()
    given["metadata"]["record-type"] = "control"
    assert read_change(given) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metadata": None}, "metadata is missing, or not an object"),
        ({"data": ["Specimen"]}, "data is missing, or not an object"),
        ({"data": {}}, "data.id is missing"),
        ({"data": {"id": "Specimen"}}, "data.id is not a whole number"),
        ({"data": {"id": "-1"}}, "data.id is not a whole number"),
        ({"data": {"id": True}}, "data.id is not a whole number"),
        ({"data": {"id": "9" * 30}}, "data.id is not a whole number"),
        ({"data": {"id": 1, "postId": 1.5}}, "data.postId is not a whole number"),
        ({"timestamp": "yesterday"}, "metadata.timestamp is not a moment in ISO form"),
        ({"timestamp": "0001-01-01T00:00:00+05:00"}, "metadata.timestamp is not a moment in ISO form"),
        ({"timestamp": "9999-12-31T23:59:59-05:00"}, "metadata.timestamp is not a moment in ISO form"),
        ({"timestamp": None}, "metadata.timestamp is missing, or not a text"),
        ({"operation": "upsert"}, "metadata.operation is not one of load, insert, update, delete"),
        ({"table-name": ""}, "metadata.table-name is missing, or not a text"),
    ],
)
def test_a_faulty_record_names_its_field(change: dict[str, Any], reason: str) -> None:
    given = record()
    for name, value in change.items():
        (given if name in given else given["metadata"])[name] = value
    with pytest.raises(BadChangeError) as raised:
        read_change(given)
    assert raised.value.reason == reason
    assert "Specimen" not in raised.value.reason


@pytest.mark.parametrize("given", [None, [], "Specimen", 7])
def test_what_is_no_object_is_no_record(given: object) -> None:
    with pytest.raises(BadChangeError, match=r"^the record is not an object$"):
        read_change(given)
