from datetime import date

import pytest
from tests.decisions.invented import NPN, placement

from tis_esr.decisions.notifications import Withdrawn
from tis_esr.decisions.sent_applicants import Change, SentApplicant, change_of

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


def test_an_applicant_whose_placement_has_the_dates_sent_is_unchanged():
    same = placement(1, START, END)
    assert change_of(sent(), [placement(2, START, END), same]) == (Change.NONE, same)


@pytest.mark.parametrize("dates", [(date(2026, 4, 9), END), (START, date(2026, 8, 5))])
def test_another_start_or_end_is_a_change_of_dates(dates):
    moved = placement(1, *dates)
    assert change_of(sent(), [moved]) == (Change.NEW_DATES, moved)


def test_a_placement_that_the_post_no_longer_has_is_gone():
    assert change_of(sent(), [placement(2, START, END)]) == (Change.GONE, None)
    assert change_of(sent(), []) == (Change.GONE, None)


def test_a_placement_that_went_back_to_draft_is_not_gone_and_its_dates_wait_for_approval():
    draft = placement(1, date(2026, 5, 1), END, lifecycle_state="DRAFT")
    assert change_of(sent(), [draft]) == (Change.NONE, draft)


def test_a_placement_whose_type_no_longer_counts_is_not_gone():
    away = placement(1, START, END, placement_type="OOPR")
    assert change_of(sent(), [away]) == (Change.NONE, away)


@pytest.mark.parametrize("dates", [(None, END), (START, None)])
def test_dates_that_tis_has_lost_are_no_other_dates(dates):
    assert change_of(sent(), [placement(1, *dates)])[0] is Change.NONE


def test_who_is_withdrawn_is_told_once():
    assert change_of(sent(withdrawn=True), []) == (Change.NONE, None)


def test_who_will_not_come_has_the_names_that_esr_was_sent():
    assert sent().as_withdrawn() == Withdrawn(last_name="Example1", first_name="Testa1", gmc_number="7000001")
