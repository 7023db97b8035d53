from datetime import date

import pytest
from tests.decisions.invented import NPN, placement

from tis_esr.decisions.notifications.content import Withdrawn
from tis_esr.decisions.sent_applicants import SentApplicant, has_reportable_dates, is_drafted, is_gone

START, END = date(2026, 4, 8), date(2026, 8, 4)


def sent(**changes):
    usual = {
        "placement_id": 1,
        "position_id": 7607373,
        "person_id": 1,
        "deanery_number": NPN,
        "date_from": START,
        "date_to": END,
        "last_name": "Example1",
        "first_name": "Testa1",
        "gmc_number": "7000001",
    }
    return SentApplicant(**{**usual, **changes})


def test_a_placement_that_tis_no_longer_has_is_gone():
    assert is_gone(None, NPN)


def test_a_placement_in_a_post_of_another_number_is_gone_from_this_one():
    assert is_gone(placement(1, START, END, national_post_number="EOE/RGT00/021/FY1/999"), NPN)


def test_a_placement_that_its_posts_list_lacks_but_tcs_has_under_the_number_is_not_gone():
    """It moved to another post of the same number, or the list was behind (fault K7)."""
    assert not is_gone(placement(1, START, END, national_post_number=NPN), NPN)


def test_a_placement_that_went_back_to_draft_tells_no_dates():
    assert not has_reportable_dates(placement(1, START, END, lifecycle_state="DRAFT"))


@pytest.mark.parametrize(
    ("found", "drafted"),
    [
        (placement(1, START, END, lifecycle_state="DRAFT"), True),
        (placement(1, START, END), False),
        (placement(1, START, END, lifecycle_state="DRAFT", placement_type="OOPR"), False),
        (placement(1, START, END, lifecycle_state="DRAFT", trainee_id=2), False),
        (None, False),
    ],
)
def test_a_sent_placement_is_drafted_where_it_only_waits_for_approval(found, drafted):
    assert is_drafted(found, 1) is drafted


def test_a_placement_whose_type_no_longer_counts_tells_no_dates():
    assert not has_reportable_dates(placement(1, START, END, placement_type="OOPR"))


@pytest.mark.parametrize("dates", [(None, END), (START, None)])
def test_dates_that_tis_has_lost_are_no_other_dates(dates):
    assert not has_reportable_dates(placement(1, *dates))


def test_the_dates_sent_are_written_as_the_fact_of_a_type_4():
    assert sent().dates == "2026-04-08/2026-08-04"


def test_who_will_not_come_has_the_names_that_esr_was_sent():
    assert sent().as_withdrawn() == Withdrawn(last_name="Example1", first_name="Testa1", gmc_number="7000001")
