"""All that ESR should know of a position, built anew each time from what TIS says now."""

from datetime import date, timedelta

import msgspec
from tests.decisions.invented import NPN, TODAY, incumbent, placement, position

from tis_esr.decisions.notifications.content import Incumbent
from tis_esr.decisions.notifications.position_notifications import PostNow, drafts
from tis_esr.decisions.sent_applicants import SentApplicant

START, END = TODAY + timedelta(days=30), TODAY + timedelta(days=200)
SENT_DATES = f"{START}/{END}"


class InventedIncumbents:
    def now(self, of):
        return incumbent(of, vpd="011")

    def coming(self, of):
        return incumbent(of, vpd="022")


def sent(placement_id=1, start=START, end=END):
    return SentApplicant(
        placement_id=placement_id,
        position_id=7607373,
        person_id=placement_id,
        deanery_number=NPN,
        date_from=start,
        date_to=end,
        last_name="Example1",
        first_name="Testa1",
        gmc_number="7000001",
    )


def built(*placements, applicants=(), asked=None, found_later=False, notified=False):
    post = PostNow(placements=placements, asked=asked or {}, today=TODAY, since=TODAY)
    return drafts(
        position(), post, applicants, InventedIncumbents(), found_later=found_later, notified=notified
    )


def test_who_is_next_is_a_type_1_about_their_placement():
    [draft] = built(placement(1, START, END))
    assert (draft.key, draft.fact, draft.held) == ("7607373:1:next:1", "", "")
    assert draft.notification.next_appointment_trainee_last_name == "Example1"


def test_two_placements_that_would_make_the_same_row_make_one():
    """The same NOT row twice in one DNC (fault K1)."""
    twin = placement(2, START, END, trainee_id=1)
    assert [draft.key for draft in built(placement(1, START, END), twin)] == ["7607373:1:next:1"]


def test_a_sent_applicant_has_a_type_4_with_the_dates_of_today_beside_those_that_esr_has():
    moved = placement(1, START + timedelta(days=7), END)
    _, draft = built(moved, applicants=[sent()])
    assert draft.key == "7607373:sent:1:1"
    assert (draft.fact, draft.held) == (f"{START + timedelta(days=7)}/{END}", SENT_DATES)


def test_dates_as_they_were_sent_are_a_fact_that_esr_holds():
    _, draft = built(placement(1, START, END), applicants=[sent()])
    assert draft.fact == draft.held == SENT_DATES


def test_a_type_4_has_the_trainees_name_where_the_new_start_is_beyond_the_window():
    later = placement(1, TODAY + timedelta(weeks=20), TODAY + timedelta(weeks=60))
    [draft] = built(later, applicants=[sent()])
    assert draft.notification.next_appointment_trainee_last_name == "Example1"
    assert draft.notification.next_appointment_trainee_gmc_number == "7000001"


def test_a_type_4_has_the_names_as_they_were_sent_where_tis_has_none_any_longer():
    class Nameless(InventedIncumbents):
        def coming(self, of):
            return Incumbent(placement=of, person=None)

    post = PostNow(
        placements=[placement(1, START + timedelta(days=7), END)], asked={}, today=TODAY, since=TODAY
    )
    _, draft = drafts(position(), post, [sent()], Nameless(), found_later=False, notified=True)
    assert draft.notification.next_appointment_trainee_last_name == "Example1"
    assert draft.notification.next_appointment_trainee_first_name == "Testa1"
    assert draft.notification.next_appointment_trainee_gmc_number == "7000001"


def test_a_type_4_of_a_placement_that_was_ended_early_has_the_trainee_as_current():
    ended = placement(1, TODAY - timedelta(days=9), TODAY - timedelta(days=1))
    vacant, draft = built(ended, applicants=[sent(start=TODAY - timedelta(days=9))])
    assert draft.notification.current_trainee_last_name == "Example1"
    assert draft.notification.change_of_projected_end_date == TODAY - timedelta(days=1)
    assert (vacant.key, vacant.notification.post_vacant_at_next_rotation) == ("7607373:1:now:1", "Y")


def test_an_applicant_whose_placement_is_gone_is_withdrawn():
    draft, _ = built(applicants=[sent()], asked={1: None})
    assert (draft.key, draft.fact, draft.held) == ("7607373:sent:1:1", "withdrawn", "")
    assert draft.notification.withdrawn_trainee_last_name == "Example1"


def test_two_withdrawals_of_one_trainee_are_both_generated_though_their_rows_are_equal():
    again = msgspec.structs.replace(sent(), placement_id=2)
    found = built(applicants=[sent(), again], asked={1: None, 2: None})
    assert [draft.key for draft in found] == ["7607373:sent:1:1", "7607373:sent:2:1", "7607373:1:next:"]


def test_a_withdrawal_has_a_type_1_beside_it_that_says_that_nobody_is_next():
    """TCS writes both; without it ESR would go on to hold the trainee as next."""
    _, draft = built(applicants=[sent()], asked={1: None})
    assert (draft.key, draft.fact, draft.notification.notification_title_code) == ("7607373:1:next:", "", "1")
    assert draft.notification.post_vacant_at_next_rotation == "Y"
    assert draft.notification.next_appointment_trainee_last_name is None


def test_a_position_whose_trainee_went_back_to_draft_or_is_gone_is_notified_as_empty():
    """ESR would go on to hold them as there or next: nobody else's notification replaces theirs."""
    for placements in ([placement(1, START, END, lifecycle_state="DRAFT")], []):
        [draft] = built(*placements, notified=True)
        assert (draft.key, draft.notification.notification_title_code) == ("7607373:1:next:", "1")
        assert draft.notification.post_vacant_at_next_rotation == "Y"


def test_a_position_whose_sent_trainee_went_back_to_draft_is_not_notified_as_empty():
    """TCS's vectors: approved to draft sends nothing, so that approved again with the same dates sends nothing either."""
    drafted = placement(1, START, END, lifecycle_state="DRAFT")
    [draft] = built(drafted, applicants=[sent()], notified=True)
    assert (draft.key, draft.placements) == ("7607373:1:next:", (1,)), (
        "it is sent only if ESR has somebody else"
    )
    assert built(drafted, applicants=[sent()]) == []


def test_a_type_1_has_the_placements_that_it_names():
    now, following = placement(1, TODAY, START), placement(2, START + timedelta(days=1), END)
    assert [draft.placements for draft in built(now, following)] == [(1, 2)]


def test_an_empty_position_that_was_never_notified_has_no_notification():
    assert built() == []


def test_an_applicant_whose_placement_is_another_trainees_now_is_withdrawn():
    first, second = built(placement(1, START, END, trainee_id=2), applicants=[sent()])
    assert (first.key, first.notification.next_appointment_trainee_last_name) == (
        "7607373:1:next:1",
        "Example2",
    )
    assert (second.key, second.fact) == ("7607373:sent:1:1", "withdrawn")
    assert second.notification.withdrawn_trainee_last_name == "Example1"


def test_a_withdrawal_beside_somebody_who_is_there_has_one_type_1():
    there = placement(2, TODAY - timedelta(days=9), END)
    assert [draft.key for draft in built(there, applicants=[sent()], asked={1: None})] == [
        "7607373:1:now:2",
        "7607373:sent:1:1",
    ]


def test_a_placement_that_moved_to_another_post_of_the_same_number_is_not_withdrawn():
    """Fault K7."""
    moved = placement(1, START, END, national_post_number=NPN)
    [draft] = built(applicants=[sent()], asked={1: moved})
    assert draft.key == "7607373:sent:1:1"


def test_a_placement_back_in_draft_says_nothing_of_what_was_sent():
    assert built(placement(1, START, END, lifecycle_state="DRAFT"), applicants=[sent()]) == []


def test_a_post_found_later_is_told_once_for_that_post():
    [draft] = built(found_later=True)
    assert (draft.key, draft.fact) == ("7607373:5", "post 11")


def test_every_notification_has_what_only_esrs_rows_tell_of_the_position():
    for draft in built(placement(1, START, END), applicants=[sent()], found_later=True):
        assert draft.notification.employing_org_vpd_code == "096"
        assert draft.notification.position_id == 7607373


def test_the_same_facts_make_the_same_notifications_in_whatever_order_tis_lists_them():
    rows = [placement(1, START, END), placement(2, date(2026, 1, 1), START - timedelta(days=1))]
    assert built(*rows, applicants=[sent()]) == built(*reversed(rows), applicants=[sent()])
