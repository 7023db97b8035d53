"""TCS's EsrNotificationServiceImplTest: the 13 weeks, the full load, and how each notification is built.

The ids say what the vector holds; ids that begin with "ours" are edges that it leaves open.
"""

from datetime import date
from decimal import Decimal

import pytest
from tests.decisions.invented import NPN, TODAY, incumbent, placement, position

from tis_esr.decisions.incumbents import earliest_eligible, full_load, of_post
from tis_esr.decisions.notifications.content import for_position, type_1, type_5
from tis_esr.decisions.notifications.placement_events import ApprovedVersion, created, updated
from tis_esr.decisions.periods import notification_period_end

START, END = date(2026, 2, 2), date(2026, 12, 1)
APR_8, APR_15, IN_13_WEEKS = date(2026, 4, 8), date(2026, 4, 15), date(2026, 6, 1)
A, B, BLANK = {"site_code": "RX101"}, {"site_code": "RX102"}, {"site_code": " "}
DRAFT = {"lifecycle_state": "DRAFT"}
"""Today is 2 March 2026."""


def ids(pairs):
    return [(pair.current and pair.current.id, pair.next and pair.next.id) for pair in pairs]


@pytest.mark.parametrize(
    ("day", "end"),
    [
        pytest.param(date(2020, 2, 28), date(2020, 5, 29), id="the 13 week date vector"),
        pytest.param(date(2026, 11, 30), date(2027, 3, 1), id="ours: over the new year"),
    ],
)
def test_the_notification_period_ends_after_13_weeks(day, end):
    assert notification_period_end(day) == end


@pytest.mark.parametrize(
    ("placements", "expected"),
    [
        pytest.param(
            [placement(1, START, END, **A), placement(2, APR_8, END, **A), placement(3, APR_15, END, **A)],
            [(1, 2), (None, 3)],
            id="one current, two futures at the same site: 2 notifications",
        ),
        pytest.param(
            [
                placement(1, START, END, **A),
                placement(2, START, END, **A),
                placement(3, APR_8, END, **A),
                placement(4, APR_8, END, **B),
            ],
            [(1, 3), (2, None), (None, 4)],
            id="two currents at the same site, futures at two sites: 3 notifications",
        ),
        pytest.param(
            [placement(1, START, END, **BLANK), placement(2, APR_8, END, **BLANK)],
            [(1, None), (None, 2)],
            id="ours: a blank site matches nothing",
        ),
        pytest.param(
            [placement(1, START, END, site_code="rx101"), placement(2, APR_8, END, **A)],
            [(1, 2)],
            id="ours: letter case does not matter",
        ),
        pytest.param(
            [placement(1, START, TODAY), placement(2, TODAY, END)],
            [(1, None), (2, None)],
            id="ours: on the day of a change both are current",
        ),
        pytest.param([], [], id="ours: nobody"),
    ],
)
@pytest.mark.parametrize("load", [full_load, of_post])
def test_current_and_next_are_paired_by_site(load, placements, expected):
    """TCS's full load and what our generator asks of a reconciled position pair alike."""
    assert ids(load(placements, TODAY)) == expected


@pytest.mark.parametrize(
    ("coming", "of_tcs", "of_ours"),
    [
        pytest.param(placement(1, date(2026, 3, 3), END), [], [], id="tomorrow"),
        pytest.param(
            placement(1, date(2026, 3, 4), END), [], [(None, 1)], id="the second day ahead: ours takes it"
        ),
        pytest.param(placement(1, date(2026, 3, 5), END), [(None, 1)], [(None, 1)], id="the third day ahead"),
        pytest.param(placement(1, date(2026, 5, 31), END), [(None, 1)], [(None, 1)], id="under 13 weeks"),
        pytest.param(placement(1, IN_13_WEEKS, END), [], [], id="13 weeks"),
        pytest.param(placement(1, APR_8, END, **DRAFT), [(None, 1)], [], id="a draft: ours leaves it out"),
        pytest.param(placement(1, APR_8, END, placement_type="OOPT"), [], [], id="out of programme"),
    ],
)
def test_where_our_load_differs_from_the_full_load_of_tcs(coming, of_tcs, of_ours):
    assert ids(full_load([coming], TODAY)) == of_tcs
    assert ids(of_post([coming], TODAY)) == of_ours


@pytest.mark.parametrize(
    ("now", "coming", "expected"),
    [
        pytest.param(
            "Site Surgery 01", "Site Surgery 02", ("Site Surgery 01", "Site Surgery 02"), id="VPD texts"
        ),
        pytest.param(None, None, ("NOT KNOWN", "NOT KNOWN"), id="ours: neither is known"),
        pytest.param("", "096", ("NOT KNOWN", "096"), id="ours: an empty one is not known"),
    ],
)
def test_the_vpds_of_the_other_placements(now, coming, expected):
    row = type_1(
        NPN,
        incumbent(placement(1, START, END), vpd=now),
        incumbent(placement(2, APR_8, END), vpd=coming),
    )
    told = (row.current_trainee_vpd_for_next_placement, row.next_appointment_current_placement_vpd)
    assert told == expected


@pytest.mark.parametrize(
    "deanery",
    [pytest.param("KSS", id="deanery body override"), pytest.param("EOE", id="ours: the same body")],
)
def test_the_deanery_of_the_file_is_the_managing_body(deanery):
    row = type_1(NPN, incumbent(placement(1, START, END)), None)
    assert row.managing_deanery_body_code == "EOE"
    assert for_position(row, position(deanery=deanery)).managing_deanery_body_code == deanery


def test_type_5_of_a_new_post():
    row = type_5("EOE/RGT00/021/FY1/013")
    assert row.notification_title_code == "5"
    assert row.deanery_post_number == "EOE/RGT00/021/FY1/013"
    assert row.managing_deanery_body_code == "EOE"
    assert row.post_vacant_at_next_rotation == "Y"


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([placement(2, START, APR_8, **A)], [("Example2", "Example1")], id="site match"),
        pytest.param([placement(2, START, APR_8, **B)], [(None, "Example1")], id="no site match"),
        pytest.param(
            [placement(2, START, APR_8, **A), placement(3, START, APR_8, **A)],
            [("Example2", "Example1"), ("Example3", "Example1")],
            id="ours: one for each match",
        ),
        pytest.param(
            [placement(2, START, APR_8, **DRAFT)], [(None, "Example1")], id="ours: a draft is no match"
        ),
    ],
)
def test_a_new_placement_is_told_with_who_is_at_its_site(others, expected):
    new = placement(1, APR_15, END, **A)
    rows = created(NPN, new, [new, *others], TODAY, incumbent)
    assert [(r.current_trainee_last_name, r.next_appointment_trainee_last_name) for r in rows] == expected


@pytest.mark.parametrize(
    ("placements", "expected"),
    [
        pytest.param(
            [placement(1, START, END), placement(2, IN_13_WEEKS, END)],
            [(1, 2)],
            id="earliest eligible with a current",
        ),
        pytest.param([placement(2, IN_13_WEEKS, END)], [(None, 2)], id="earliest eligible without a current"),
        pytest.param([placement(1, START, END)], [], id="ours: nobody eligible, nothing told"),
    ],
)
def test_earliest_eligible(placements, expected):
    assert ids(earliest_eligible(placements, TODAY)) == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(START, [Decimal("1.0")], id="WTE of the current: saved with 1.0"),
        pytest.param(APR_8, [], id="WTE of the future: nothing"),
    ],
)
def test_other_hours(start, expected):
    before = placement(1, start, END, whole_time_equivalent=0.5)
    after = placement(1, start, END, whole_time_equivalent=1.0)
    logged = ApprovedVersion(date_from=start, date_to=END)
    rows = updated(NPN, before, after, logged, [after], TODAY, incumbent)
    assert [row.current_trainee_working_hours_indicator for row in rows] == expected
    assert all(row.notification_title_code == "1" for row in rows)


@pytest.mark.parametrize(
    ("edited", "other", "expected"),
    [
        pytest.param(
            placement(1, START, END),
            placement(2, APR_8, END),
            ("Example1", "Example2"),
            id="ours: the current one is edited",
        ),
        pytest.param(
            placement(1, APR_8, END),
            placement(2, START, END),
            ("Example2", "Example1"),
            id="ours: the next one is",
        ),
        pytest.param(
            placement(1, START, END),
            placement(2, APR_8, END, **B),
            ("Example1", None),
            id="ours: another site",
        ),
    ],
)
def test_other_dates_are_told_with_the_one_at_the_same_site(edited, other, expected):
    before = ApprovedVersion(date_from=edited.date_from, date_to=date(2026, 11, 1))
    rows = updated(NPN, edited, edited, before, [edited, other], TODAY, incumbent)
    assert [row.notification_title_code for row in rows] == ["1", "4"]
    for row in rows:
        assert (row.current_trainee_last_name, row.next_appointment_trainee_last_name) == expected
