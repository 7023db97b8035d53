"""Parked messages are grouped by cause, age, office or file, and the options of a group choose exactly its messages."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from tests.operations.test_parked_listing import NOW, trace

from tis_esr.engine.reader_protocol import Trace
from tis_esr.operations.parked.ages import age_band
from tis_esr.operations.parked.grouping import Group, grouped_by
from tis_esr.operations.parked.kinds import AgeBand, Grouping
from tis_esr.operations.parked.listing import Choice, is_chosen, parked_message
from tis_esr.parking_causes import ParkingCause

DAY = 86_400.0
SOME = [
    trace("1", parked_at=NOW, deanery="EOE", source_file="A.DAT"),
    trace("2", parked_at=NOW - 2 * DAY, deanery="EOE", source_file="B.DAT", cause="tcs-failed"),
    trace("3", parked_at=NOW - 40 * DAY, deanery="LDN", source_file="A.DAT"),
    trace("4", parked_at=NOW - 9 * DAY, deanery="", source_file="", cause="tis-change-invalid"),
    trace("5", parked_at=0.0, deanery="EOE", source_file="A.DAT"),
]


def groups(by: Grouping, chosen: Choice = Choice(), some: list[Trace] = SOME) -> list[Group]:  # noqa: B008
    return grouped_by(by, map(parked_message, some), chosen, NOW)


def ids(group: Group) -> list[str]:
    return [message.id for message in group.messages]


def test_the_groups_of_an_office_are_the_largest_first_with_their_causes() -> None:
    first, *others = groups(Grouping.OFFICE)
    assert (first.key, first.title, first.number) == ("EOE", "EOE", 3)
    assert first.causes == {"tcs-rejected": 2, "tcs-failed": 1}
    assert first.options == "--deanery EOE"
    assert [(group.title, group.options) for group in others] == [
        ("LDN", "--deanery LDN"),
        ("No office", "--deanery none"),
    ]


def test_the_groups_of_ages_begin_with_the_oldest() -> None:
    assert [(group.title, ids(group), group.options) for group in groups(Grouping.AGE)] == [
        ("Parked more than 30 days ago", ["3"], "--age over-30d"),
        ("Parked 8 to 30 days ago", ["4"], "--age 8-30d"),
        ("Parked 1 to 7 days ago", ["2"], "--age 1-7d"),
        ("Parked today", ["1"], "--age today"),
        ("Time of parking not stored", ["5"], "--age unknown"),
    ]


def test_the_groups_of_files_and_causes() -> None:
    assert [(group.title, ids(group), group.options) for group in groups(Grouping.FILE)] == [
        ("A.DAT", ["1", "3", "5"], "--file A.DAT"),
        ("B.DAT", ["2"], "--file B.DAT"),
        ("No file", ["4"], "--file none"),
    ]
    assert [(group.title, group.key, ids(group)) for group in groups(Grouping.CAUSE)] == [
        ("TCS rejected the call", "tcs-rejected", ["1", "3", "5"]),
        ("TCS failed on this record", "tcs-failed", ["2"]),
        ("A change record of TIS is not valid", "tis-change-invalid", ["4"]),
    ]


@pytest.mark.parametrize("by", Grouping)
def test_the_filter_of_a_group_chooses_its_messages_and_no_others(by: Grouping) -> None:
    filters = {
        Grouping.CAUSE: lambda key: Choice(cause=ParkingCause(key)),
        Grouping.AGE: lambda key: Choice(age=AgeBand(key)),
        Grouping.OFFICE: lambda key: Choice(deanery=key),
        Grouping.FILE: lambda key: Choice(file=key),
    }
    for group in groups(by):
        choice = filters[by](group.key)
        assert [one.id for one in SOME if is_chosen(one, choice, NOW)] == ids(group)
        assert group.options == " ".join(choice.options)


def test_the_options_of_a_group_keep_the_conditions_of_the_list() -> None:
    chosen = Choice(cause=ParkingCause.TCS_REJECTED, reason="TCS rejected", older_than=3 * 3600.0)
    [group] = groups(Grouping.OFFICE, chosen, SOME[:1])
    assert group.options == ("--cause tcs-rejected --deanery EOE --reason 'TCS rejected' --older-than 3h")


def test_an_age_is_of_london_days_also_when_the_clock_changes_and_when_it_was_set_back() -> None:
    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London")).timestamp()

    now = at("2026-10-26T00:10")
    assert age_band(at("2026-10-26T00:00"), now) is AgeBand.TODAY
    assert age_band(at("2026-10-25T23:59"), now) is AgeBand.WEEK
    assert age_band(at("2026-10-19T00:00"), now) is AgeBand.WEEK
    assert age_band(at("2026-10-18T23:59"), now) is AgeBand.MONTH
    assert age_band(at("2026-09-25T23:59"), now) is AgeBand.OLDER
    assert age_band(now + DAY, now) is AgeBand.TODAY
