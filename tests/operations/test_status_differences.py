"""What differs between what was sent and what TIS lists, and when the nightly comparison is due."""

from datetime import UTC, datetime

import msgspec
import pytest

from tis_esr.operations.status_check.differences import (
    Difference,
    DifferenceKind,
    Linked,
    Sent,
    of_placement,
    of_post,
)
from tis_esr.operations.status_check.stored_run import StatusRun
from tis_esr.process.nightly_statuses import is_due
from tis_esr.tcs.models import PlacementEsrEvent, PostEsrEvent

APP = "DE_EOE_APP_20261124_00000008.DAT"
SENT = Sent(placement_id=17, position_id=1, position_number=1001, file=APP, deanery="EOE")
EVENT = PlacementEsrEvent(filename=APP, position_number=1001, position_id=1)
LINKED = Linked(post_id=5, position_id=1, position_number=1001, deanery="EOE", is_listed=True)
LISTED = PostEsrEvent(
    event_date_time=datetime(2026, 11, 24, tzinfo=UTC), position_number=1001, position_id=1, status="RECONCILED"
)  # fmt: skip


def kinds(found: list[Difference]) -> list[tuple[DifferenceKind, bool]]:
    return [(difference.kind, difference.is_repairable) for difference in found]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([EVENT], []),
        ([], [(DifferenceKind.MISSING, True)]),
        ([msgspec.structs.replace(EVENT, filename="older.DAT")], [(DifferenceKind.MISSING, True)]),
        ([EVENT, EVENT], [(DifferenceKind.DOUBLED, False)]),
        ([msgspec.structs.replace(EVENT, position_number=9)], [(DifferenceKind.DIFFERENT, False)]),
        ([EVENT, msgspec.structs.replace(EVENT, filename="older.DAT")], []),
    ],
)
def test_a_placement_lists_each_file_and_position_once(
    events: list[PlacementEsrEvent], expected: list[tuple[DifferenceKind, bool]]
) -> None:
    assert kinds(of_placement([SENT], events)) == expected


@pytest.mark.parametrize(
    ("linked", "events", "expected"),
    [
        (LINKED, [LISTED], []),
        (LINKED, [], [(DifferenceKind.MISSING, True)]),
        (LINKED, [LISTED, LISTED], [(DifferenceKind.DOUBLED, False)]),
        (msgspec.structs.replace(LINKED, is_listed=False), [LISTED], [(DifferenceKind.DIFFERENT, True)]),
        (msgspec.structs.replace(LINKED, is_listed=False), [], []),
    ],
)
def test_a_post_lists_the_positions_that_were_reconciled_with_it(
    linked: Linked, events: list[PostEsrEvent], expected: list[tuple[DifferenceKind, bool]]
) -> None:
    assert kinds(of_post([linked], events)) == expected


def at(day: int, hour: int) -> float:
    return datetime(2026, 11, day, hour, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (None, at(24, 23), False),
        (None, at(25, 2), True),
        (StatusRun(begun_at=at(25, 2), deaneries=[], repairs=True, finished_at=at(25, 3)), at(25, 20), False),
        (StatusRun(begun_at=at(25, 2), deaneries=[], repairs=True, finished_at=at(25, 3)), at(26, 2), True),
        (StatusRun(begun_at=at(25, 2), deaneries=[], repairs=True, until=at(25, 5)), at(25, 4), False),
        (StatusRun(begun_at=at(25, 2), deaneries=[], repairs=True, until=at(25, 3)), at(25, 4), True),
    ],
)
def test_the_nightly_comparison_is_due_once_a_night_and_goes_on_where_it_was_left(
    last: StatusRun | None, now: float, expected: bool
) -> None:
    assert is_due(last, "0 2 * * *", at(24, 20), now) == expected
