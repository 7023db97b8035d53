"""Parked messages are chosen by cause, office, file, age and reason, and named by the beginning of their ids."""

from collections.abc import Sequence

import pytest

from tis_esr.engine.reader_protocol import Trace
from tis_esr.operations.parked.finding import AmbiguousIdError, ShortIdError, UnknownMessageError, full_ids
from tis_esr.operations.parked.listing import Choice, age_text, grouped, is_chosen, parked_message
from tis_esr.parking_causes import ParkingCause

NOW = 1_800_000_000.0
DAY = 86_400.0


def trace(id_: str, **fields: object) -> Trace:
    known = {
        "seq": 1.0, "queue": "q", "state": "PARKED", "attempts": 1, "correlation_id": "", "source_file": "A.DAT", "row": 2,
        "reason": "TCS rejected it", "deanery": "EOE", "cause": "tcs-rejected", "parked_at": NOW - 2 * DAY,
    }  # fmt: skip
    return Trace(id=id_, **{**known, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), True),
        (Choice(cause=ParkingCause.TCS_REJECTED), True),
        (Choice(cause=ParkingCause.TCS_FAILED), False),
        (Choice(deanery="EOE", file="A.DAT", reason="REJECTED"), True),
        (Choice(deanery="LDN"), False),
        (Choice(file="B.DAT"), False),
        (Choice(older_than=DAY), True),
        (Choice(older_than=3 * DAY), False),
        (Choice(ids=["abcd1"]), True),
        (Choice(ids=["abcd2"]), False),
    ],
)
def test_a_message_is_chosen_if_it_meets_every_condition(choice: Choice, expected: bool) -> None:
    assert is_chosen(trace("abcd1"), choice, NOW) is expected


@pytest.mark.parametrize("parked_at", [0.0, NOW + DAY])
def test_after_a_clock_was_set_back_nothing_counts_as_old(parked_at: float) -> None:
    assert not is_chosen(trace("abcd1", parked_at=parked_at), Choice(older_than=60.0), NOW)
    assert age_text(-DAY) == "0 minutes"


def test_messages_are_grouped_by_cause_the_most_frequent_first() -> None:
    some = [trace("1", cause="tcs-failed"), trace("2"), trace("3"), trace("4", cause="")]
    groups = grouped(map(parked_message, some), Choice(deanery="EOE"))
    assert [(group.cause.value, len(group.messages)) for group in groups] == [
        ("tcs-rejected", 2),
        ("other", 1),
        ("tcs-failed", 1),
    ]
    assert groups[0].options == "--cause tcs-rejected --deanery EOE"


class Parked:
    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def parked(self) -> Sequence[Trace]:
        return [trace(id_) for id_ in self.ids]


def test_a_message_of_an_earlier_version_without_a_time_of_parking_is_as_old_as_it_was_sent() -> None:
    [group] = grouped([parked_message(trace("1", parked_at=0.0, at=NOW - 9 * DAY))], Choice())
    assert group.oldest == "2027-01-06T08:00:00+00:00"


def test_the_beginning_of_an_id_names_a_message_if_it_is_the_only_one() -> None:
    reader = Parked("abcd1111", "abcd2222", "ffff0000")
    assert full_ids(reader, ["abcd1", "ffff"]) == ["abcd1111", "ffff0000"]  # type: ignore[arg-type]
    with pytest.raises(
        AmbiguousIdError, match=r"'abcd' is the beginning of 2 ids \(abcd1111, abcd2222\); give"
    ):
        full_ids(reader, ["abcd"])  # type: ignore[arg-type]
    many = Parked(*(f"abcd{number}" for number in range(5)))
    with pytest.raises(
        AmbiguousIdError, match=r"of 5 ids \(abcd0, abcd1, abcd2 and 2 more\); give more of it$"
    ):
        full_ids(many, ["abcd"])  # type: ignore[arg-type]
    with pytest.raises(UnknownMessageError):
        full_ids(reader, ["0000"])  # type: ignore[arg-type]
    with pytest.raises(ShortIdError):
        full_ids(reader, ["abc"])  # type: ignore[arg-type]
