from datetime import date

from tests.decisions.invented import TODAY, placement

from tis_esr.decisions.incumbents import of_post, paired_by_site

AUGUST, APRIL = date(2025, 8, 6), date(2026, 4, 7)
YESTERDAY = date(2026, 3, 1)
SUMMER = date(2026, 8, 4)


def ids(pairs):
    return [
        (pair.current.id if pair.current else None, pair.next.id if pair.next else None) for pair in pairs
    ]


def test_who_is_there_and_who_comes_to_the_same_site_are_one_pair():
    now, then = placement(1, AUGUST, APRIL), placement(2, date(2026, 4, 8), SUMMER, site_code="rx101")
    assert ids(of_post([then, now], TODAY)) == [(1, 2)]


def test_another_site_makes_no_pair():
    now, then = placement(1, AUGUST, APRIL), placement(2, date(2026, 4, 8), SUMMER, site_code="RX102")
    assert ids(of_post([now, then], TODAY)) == [(1, None), (None, 2)]


def test_two_blank_sites_make_no_pair():
    now = placement(1, AUGUST, APRIL, site_code=None)
    then = placement(2, date(2026, 4, 8), SUMMER, site_code=None)
    assert ids(of_post([now, then], TODAY)) == [(1, None), (None, 2)]


def test_each_newcomer_follows_one_trainee_only_the_first_to_start_first():
    share_1, share_2 = placement(1, AUGUST, APRIL), placement(2, AUGUST, APRIL)
    later, sooner = placement(3, date(2026, 5, 1), SUMMER), placement(4, date(2026, 4, 8), SUMMER)
    assert ids(of_post([later, sooner, share_2, share_1], TODAY)) == [(1, 4), (2, 3)]


def test_the_order_in_which_tis_lists_placements_does_not_matter():
    rows = [placement(n, AUGUST, APRIL) for n in (1, 2, 3)] + [
        placement(n, date(2026, 4, 8), SUMMER) for n in (4, 5)
    ]
    assert ids(of_post(rows, TODAY)) == [(1, 4), (2, 5), (3, None)]
    assert ids(of_post(rows[::-1], TODAY)) == [(1, 4), (2, 5), (3, None)]


def test_drafts_and_types_that_do_not_count_are_neither_now_nor_next():
    draft = placement(1, AUGUST, APRIL, lifecycle_state="DRAFT")
    away = placement(2, date(2026, 4, 8), SUMMER, placement_type="OOPR")
    assert of_post([draft, away], TODAY) == []


def test_next_opens_with_the_next_day_and_closes_before_13_weeks():
    starts = {
        1: TODAY,
        2: date(2026, 3, 3),
        3: date(2026, 5, 31),
        4: date(2026, 6, 1),
    }
    rows = [placement(number, start, SUMMER) for number, start in starts.items()]
    assert ids(of_post(rows, TODAY)) == [(1, 2), (None, 3)]


def test_a_placement_that_ends_today_is_current_and_one_that_ended_yesterday_is_not():
    assert ids(of_post([placement(1, AUGUST, TODAY), placement(2, AUGUST, YESTERDAY)], TODAY)) == [(1, None)]


def test_placements_without_dates_are_neither_now_nor_next():
    assert of_post([placement(1, None, None), placement(2, AUGUST, None)], TODAY) == []


def test_a_post_without_placements_has_nobody():
    assert of_post([], TODAY) == []
    assert paired_by_site([], []) == []
