"""TCS's EsrNotificationResourceIntTest: its scheduled loads N1 (whose turn it is), N2 (in 13 weeks), N3 (vacant).

The ids name the load and what its vector holds; ids that begin with "ours" are edges that it leaves open.
"""

from datetime import date
from decimal import Decimal

import pytest
from tests.decisions.invented import NPN, TODAY, incumbent, placement

from tis_esr.decisions.incumbents import earliest_eligible, next_to_current, vacated
from tis_esr.decisions.notifications.content import type_1

LONG_AGO, YESTERDAY, END = date(2025, 8, 6), date(2026, 3, 1), date(2026, 12, 1)
IN_13_WEEKS, IN_95_DAYS = date(2026, 6, 1), date(2026, 6, 5)
"""Today is 2 March 2026."""


def told(pairs):
    return [
        type_1(NPN, pair.current and incumbent(pair.current), pair.next and incumbent(pair.next))
        for pair in pairs
    ]


def ids(pairs):
    return [(pair.current and pair.current.id, pair.next and pair.next.id) for pair in pairs]


def test_n1_one_row_with_both_trainees_and_their_hours():
    leaving = placement(1, LONG_AGO, YESTERDAY, whole_time_equivalent=0.5)
    starting = placement(2, TODAY, END, whole_time_equivalent=1.0)
    (row,) = told(next_to_current([leaving, starting], TODAY))
    assert row.notification_title_code == "1"
    assert row.deanery_post_number == "EOE/RGT00/021/FY1/013"
    assert row.managing_deanery_body_code == "EOE"
    assert (row.current_trainee_last_name, row.current_trainee_first_name) == ("Example1", "Testa1")
    assert row.current_trainee_gmc_number == "7000001"
    assert row.current_trainee_working_hours_indicator == Decimal("0.5")
    assert (row.next_appointment_trainee_last_name, row.next_appointment_trainee_first_name) == (
        "Example2",
        "Testa2",
    )
    assert row.next_appointment_trainee_gmc_number == "7000002"
    assert row.working_hour_indicator == Decimal("1.0")


@pytest.mark.parametrize(
    ("placements", "expected"),
    [
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, TODAY, END)], [(1, 2)], id="N1: one row"
        ),
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, date(2026, 3, 3), END)],
            [],
            id="ours: nobody starts today",
        ),
        pytest.param(
            [placement(1, LONG_AGO, date(2026, 2, 28)), placement(2, TODAY, END)],
            [(None, 2)],
            id="ours: who left the day before yesterday is not the current one",
        ),
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, TODAY, END), placement(3, TODAY, END)],
            [(1, 3), (1, 2)],
            id="ours: two start, each with the one who left",
        ),
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, TODAY, END, placement_type="OOPC")],
            [],
            id="ours: the one who starts must be of a counting type",
        ),
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY, placement_type="OOPC"), placement(2, TODAY, END)],
            [(1, 2)],
            id="ours: the one who left need not be",
        ),
    ],
)
def test_n1_whose_turn_it_is_today(placements, expected):
    assert ids(next_to_current(placements, TODAY)) == expected


@pytest.mark.parametrize(
    ("placements", "expected"),
    [
        pytest.param([placement(2, IN_13_WEEKS, END)], [(None, 2)], id="N2: next at +13 weeks gives 1"),
        pytest.param(
            [
                placement(1, LONG_AGO, END),
                placement(2, IN_13_WEEKS, END),
                placement(3, IN_13_WEEKS, END),
                placement(4, date(2026, 4, 1), END),
            ],
            [(1, 3), (1, 2)],
            id="N2: two at +13 weeks plus others give 2",
        ),
        pytest.param(
            [placement(1, LONG_AGO, END), placement(2, IN_95_DAYS, END)], [], id="N2: +95 days gives none"
        ),
        pytest.param(
            [placement(2, date(2026, 5, 31), END)], [], id="ours: a day short of 13 weeks gives none"
        ),
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, IN_13_WEEKS, END)],
            [(None, 2)],
            id="ours: who left yesterday is not current",
        ),
    ],
)
def test_n2_who_starts_in_exactly_13_weeks(placements, expected):
    assert ids(earliest_eligible(placements, TODAY)) == expected


def test_n2_makes_type_1():
    (row,) = told(earliest_eligible([placement(1, LONG_AGO, END), placement(2, IN_13_WEEKS, END)], TODAY))
    assert row.notification_title_code == "1"
    assert row.next_appointment_projected_start_date == date(2026, 6, 1)


def test_n3_two_left_yesterday_make_two_rows_of_a_vacant_post():
    left = [placement(1, LONG_AGO, YESTERDAY), placement(2, date(2025, 9, 3), YESTERDAY)]
    rows = told(vacated(left, TODAY))
    assert [row.current_trainee_last_name for row in rows] == ["Example1", "Example2"]
    for row in rows:
        assert row.post_vacant_at_next_rotation == "Y"
        assert row.next_appointment_trainee_last_name is None
        assert row.next_appointment_trainee_first_name is None
        assert row.next_appointment_trainee_gmc_number is None
        assert row.next_appointment_projected_start_date is None


@pytest.mark.parametrize(
    "placements",
    [
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, LONG_AGO, TODAY)],
            id="N3: a post where somebody stays is not listed",
        ),
        pytest.param(
            [placement(1, LONG_AGO, YESTERDAY), placement(2, IN_95_DAYS, END)],
            id="ours: nor one that somebody will come to, however late",
        ),
        pytest.param([placement(1, LONG_AGO, date(2026, 2, 28))], id="ours: nor one that was vacant before"),
    ],
)
def test_n3_other_posts_are_not_vacated(placements):
    assert vacated(placements, TODAY) == []
