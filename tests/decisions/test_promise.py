"""Twelve weeks before the start the trust has the data; if not, one reason says whose it is."""

from datetime import date, timedelta
from typing import Any

import pytest

from tis_esr.decisions.promise import Course, MissReason, is_in_time, last_day, miss_reason, weightiest

START = date(2027, 2, 16)
LAST = date(2026, 11, 24)
BEFORE, AFTER = LAST - timedelta(days=1), LAST + timedelta(days=1)


def course(**changes: Any) -> Course:
    return Course(**{"start": START, "known_since": BEFORE, "sound_since": BEFORE} | changes)


def test_the_last_day_is_84_days_before_the_start() -> None:
    assert last_day(START) == LAST
    assert is_in_time(course(sent_on=LAST))
    assert not is_in_time(course(sent_on=AFTER))
    assert not is_in_time(course())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, MissReason.OURS),
        ({"sent_on": AFTER}, MissReason.OURS),
        ({"known_since": LAST}, MissReason.PLACEMENT_LATE),
        ({"known_since": AFTER, "matched_on": BEFORE}, MissReason.PLACEMENT_LATE),
        ({"known_since": AFTER, "matched_on": AFTER}, MissReason.NO_POSITION),
        ({"known_since": AFTER, "matched_on": AFTER, "is_post_late": True}, MissReason.PLACEMENT_LATE),
        ({"sound_since": None, "is_unsound": True}, MissReason.DATA_MISSING),
        ({"sound_since": LAST, "sent_on": AFTER}, MissReason.DATA_MISSING),
        ({"is_unsound": True, "lacks_from_esr": True}, MissReason.POSITION_DATA_MISSING),
        ({"first_rejected": LAST}, MissReason.ESR_REJECTED),
        ({"first_rejected": LAST, "sent_on": AFTER}, MissReason.ESR_REJECTED),
        ({"first_rejected": AFTER}, MissReason.OURS),
        ({"is_lost": True}, MissReason.NO_POSITION),
    ],
)
def test_each_miss_has_one_reason(changes: dict[str, Any], reason: MissReason) -> None:
    assert miss_reason(course(**changes)) is reason


def test_of_several_positions_the_one_nearest_to_being_in_time_gives_the_reason() -> None:
    assert weightiest([MissReason.NO_POSITION, MissReason.DATA_MISSING]) is MissReason.DATA_MISSING
    assert weightiest([MissReason.PLACEMENT_LATE, MissReason.OURS]) is MissReason.OURS
