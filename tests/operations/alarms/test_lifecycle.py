"""An alarm is raised once, repeated on schedule, escalated by consequence and cleared; what was not judged stays."""

from datetime import date, datetime, timedelta

import msgspec
import pytest
from tests.operations.alarms.invented import DAY, ME, NOON, gap, judged

from tis_esr.operations.alarms.about_files import FILE_REFUSED
from tis_esr.operations.alarms.alarm import MOST_EVENTS, Alarm, AlarmEvent, AlarmState, What
from tis_esr.operations.alarms.findings import Judged, finding
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.lifecycle import active, changes
from tis_esr.operations.alarms.notice import notice_of

HOUR = timedelta(hours=1)


class Story:
    """Evaluations one after the other, and what people are notified of."""

    def __init__(self) -> None:
        self.known: dict[str, Alarm] = {}
        self.notified: list[tuple[str, What]] = []

    def judge(self, judged: Judged, at: datetime = NOON, today: date = DAY) -> list[What]:
        now = []
        for change in changes(self.known, judged, at, today):
            self.known[change.alarm.id] = change.alarm
            if change.what is not None:
                now.append(change.what)
                self.notified.append((change.alarm.id, change.what))
        return now

    def change(self, id_: str, **fields: object) -> None:
        self.known[id_] = msgspec.structs.replace(self.known[id_], **fields)


REFUSED = "file-refused:RMT"


def test_a_cause_is_raised_once_however_often_it_is_found() -> None:
    story = Story()
    assert story.judge(judged(gap())) == [What.RAISED]
    assert [story.judge(judged(gap()), NOON + timedelta(minutes=n)) for n in (1, 2, 60)] == [[], [], []]
    assert story.known[REFUSED].times == 1


def test_members_that_join_change_the_alarm_and_notify_nobody() -> None:
    story = Story()
    story.judge(judged(gap()))
    assert story.judge(judged(gap(members=["a.DAT", "b.DAT"], number=2)), NOON + timedelta(minutes=1)) == []
    assert (story.known[REFUSED].members, story.known[REFUSED].number) == (["a.DAT", "b.DAT"], 2)


def test_it_is_repeated_as_its_kind_says_and_not_before() -> None:
    story = Story()
    times = [story.judge(judged(gap()), NOON + n * HOUR) for n in range(18)]
    assert [n for n, found in enumerate(times) if found] == [0, 8, 16]
    assert [what for _, what in story.notified] == [What.RAISED, What.REPEATED, What.REPEATED]


def test_without_an_owner_for_a_day_it_becomes_critical_and_with_one_it_does_not() -> None:
    owned, unowned = Story(), Story()
    for story in (owned, unowned):
        story.judge(judged(gap()))
    owned.change(REFUSED, owner="ann")
    assert owned.judge(judged(gap()), NOON + 24 * HOUR) == [What.REPEATED]
    assert unowned.judge(judged(gap()), NOON + 24 * HOUR) == [What.ESCALATED]
    assert [story.known[REFUSED].severity for story in (owned, unowned)] == [
        Severity.WARNING,
        Severity.CRITICAL,
    ]


def test_an_applicant_who_leaves_the_window_makes_it_critical_at_once_and_ends_a_silence() -> None:
    story = Story()
    story.judge(judged(gap()))
    story.change(REFUSED, silenced_until=DAY + timedelta(days=3), silenced_members=["a.DAT"], owner="ann")
    assert story.judge(judged(gap(urgent=True)), NOON + HOUR) == [What.ESCALATED]
    assert story.known[REFUSED].silenced_until is None
    assert Story().judge(judged(gap(urgent=True))) == [What.RAISED]


def silenced_and_cleared(**found: object) -> Story:
    story = Story()
    story.judge(judged(gap(**found)))
    story.change(REFUSED, silenced_until=DAY + timedelta(days=9), silenced_members=["a.DAT"])
    story.judge(judged(kinds=("file-refused",)), NOON + HOUR)
    return story


def test_a_silence_outlasts_a_cause_that_ends_and_returns_as_it_was() -> None:
    story = silenced_and_cleared()
    assert story.judge(judged(gap()), NOON + 2 * HOUR) == []
    assert silenced_and_cleared(urgent=True).judge(judged(gap(urgent=True)), NOON + 2 * HOUR) == []


def test_a_silence_ends_if_its_cause_returns_critical_or_affects_something_new() -> None:
    story = silenced_and_cleared()
    assert story.judge(judged(gap(urgent=True)), NOON + 2 * HOUR) == [What.RAISED]
    assert story.known[REFUSED].silenced_until is None
    other = silenced_and_cleared()
    assert other.judge(judged(gap(members=["b.DAT"])), NOON + 2 * HOUR) == [What.RAISED]
    assert other.known[REFUSED].silenced_until is None


def test_silenced_it_notifies_nobody_until_the_day_and_is_repeated_on_it() -> None:
    story = Story()
    story.judge(judged(gap()))
    story.change(REFUSED, silenced_until=DAY + timedelta(days=1), silenced_members=["a.DAT"], owner="ann")
    assert story.judge(judged(gap()), NOON + 9 * HOUR) == []
    assert story.judge(judged(gap()), NOON + 13 * HOUR, DAY + timedelta(days=1)) == [What.REPEATED]


PROMISE = gap(kind="promise-at-risk", cause="", members=["a week"])
DAYS = timedelta(days=1)


def raised_in_a_silence() -> Story:
    """An alarm that is repeated once a week ends and returns while it is silenced for 3 days."""
    story = Story()
    story.judge(judged(PROMISE))
    story.change(PROMISE.id, silenced_until=DAY + 3 * DAYS, silenced_members=["a week"])
    story.judge(judged(kinds=("promise-at-risk",)), NOON + HOUR)
    assert story.judge(judged(PROMISE), NOON + 2 * HOUR) == []
    return story


def test_an_alarm_that_was_raised_in_a_silence_is_notified_when_the_silence_ends() -> None:
    story = raised_in_a_silence()
    assert story.known[PROMISE.id].notified_at is None
    assert story.judge(judged(PROMISE), NOON + 2 * DAYS, DAY + 2 * DAYS) == []
    assert story.judge(judged(PROMISE), NOON + 3 * DAYS, DAY + 3 * DAYS) == [What.REPEATED]
    assert story.known[PROMISE.id].times == 2
    assert story.judge(judged(PROMISE), NOON + 4 * DAYS, DAY + 4 * DAYS) == []


def test_an_alarm_that_was_raised_in_a_silence_is_notified_when_a_person_ends_the_silence() -> None:
    story = raised_in_a_silence()
    story.change(PROMISE.id, silenced_until=None, silenced_members=[])
    assert story.judge(judged(PROMISE), NOON + 3 * HOUR) == [What.REPEATED]
    assert story.judge(judged(PROMISE), NOON + 4 * HOUR) == []


def test_nobody_hears_that_an_alarm_is_cleared_of_which_nobody_heard() -> None:
    story = raised_in_a_silence()
    assert story.judge(judged(kinds=("promise-at-risk",)), NOON + 3 * DAYS, DAY + 3 * DAYS) == []
    assert story.known[PROMISE.id].state is AlarmState.CLEARED


def test_an_alarm_of_which_people_heard_is_repeated_once_when_its_silence_ends() -> None:
    story = Story()
    story.judge(judged(PROMISE))
    story.change(PROMISE.id, silenced_until=DAY + 3 * DAYS, silenced_members=["a week"])
    assert story.judge(judged(PROMISE), NOON + 3 * DAYS, DAY + 3 * DAYS) == [What.REPEATED]
    assert story.judge(judged(PROMISE), NOON + 4 * DAYS, DAY + 4 * DAYS) == []
    assert story.known[PROMISE.id].silenced_until is None


def test_a_cause_that_returns_after_its_silence_is_raised_once() -> None:
    story = Story()
    story.judge(judged(PROMISE))
    story.change(PROMISE.id, silenced_until=DAY + 3 * DAYS, silenced_members=["a week"])
    story.judge(judged(kinds=("promise-at-risk",)), NOON + HOUR)
    assert story.judge(judged(PROMISE), NOON + 4 * DAYS, DAY + 4 * DAYS) == [What.RAISED]
    assert story.judge(judged(PROMISE), NOON + 5 * DAYS, DAY + 5 * DAYS) == []


def test_a_silence_ends_when_something_new_is_affected_and_not_when_less_is() -> None:
    story = Story()
    two = gap(members=["a.DAT", "b.DAT"], number=2)
    story.judge(judged(two))
    story.change(REFUSED, silenced_until=DAY + timedelta(days=3), silenced_members=two.members, owner="ann")
    assert story.judge(judged(gap()), NOON + HOUR) == []
    assert story.judge(judged(two), NOON + 2 * HOUR) == []
    assert story.judge(judged(gap(members=["c.DAT"])), NOON + 3 * HOUR) == [What.REPEATED]
    assert story.known[REFUSED].silenced_until is None


def test_a_silence_holds_for_all_members_also_beyond_those_that_are_named() -> None:
    names = [f"{number}.DAT" for number in range(250)]
    story = Story()
    many = finding(FILE_REFUSED, "RMT", names, "many")
    story.judge(judged(many))
    before = story.known[REFUSED]
    silenced = [*before.members, *before.more_members]
    assert (len(before.members), before.number, len(silenced)) == (200, 250, 250)
    story.change(REFUSED, silenced_until=DAY + timedelta(days=3), silenced_members=silenced, owner="ann")
    assert story.judge(judged(finding(FILE_REFUSED, "RMT", names[::-1], "many")), NOON + HOUR) == []
    joined = finding(FILE_REFUSED, "RMT", [*names, "new.DAT"], "many")
    assert story.judge(judged(joined), NOON + 2 * HOUR) == [What.REPEATED]


def test_an_alarm_that_came_back_too_briefly_to_be_raised_is_still_known_as_cleared() -> None:
    held = gap(kind="file-held", cause="2026-11-24")
    story, kinds = Story(), ("file-held",)
    story.judge(judged(held))
    story.judge(judged(held), NOON + HOUR)
    story.judge(judged(kinds=kinds), NOON + 2 * HOUR)
    story.judge(judged(held), NOON + 3 * HOUR)
    story.judge(judged(kinds=kinds), NOON + 3 * HOUR + timedelta(minutes=2))
    alarm = story.known[held.id]
    assert (alarm.state, alarm.raised_at, alarm.cleared_at) == (
        AlarmState.CLEARED, NOON + HOUR, NOON + 2 * HOUR
    )  # fmt: skip


def test_a_silence_of_parked_messages_covers_those_that_join_with_the_same_cause() -> None:
    parked = gap(kind="parked-old", cause="por.split:x", since=NOON - 25 * HOUR)
    story = Story()
    assert story.judge(judged(parked)) == [What.RAISED]
    story.change(parked.id, silenced_until=DAY + timedelta(days=3), silenced_members=["a.DAT"], owner="ann")
    more = gap(kind="parked-old", cause="por.split:x", members=["b.DAT"], number=1)
    assert story.judge(judged(more), NOON + HOUR) == []


def test_it_is_cleared_when_its_kind_was_judged_and_the_cause_is_gone() -> None:
    story = Story()
    story.judge(judged(gap()))
    assert story.judge(judged(kinds=("file-refused",)), NOON + HOUR) == [What.CLEARED]
    assert story.known[REFUSED].state is AlarmState.CLEARED
    assert story.judge(judged(kinds=("file-refused",)), NOON + 2 * HOUR) == []


def test_a_late_file_that_is_missing_is_not_said_to_be_cleared_and_keeps_its_owner() -> None:
    late = gap(kind="file-late", cause="RMC:2026-11-24", members=["EOE"])
    missing = gap(kind="file-missing", cause="RMC:2026-11-24", members=["EOE"], follows=late.id)
    story = Story()
    story.judge(judged(late))
    story.change(late.id, owner="ann")
    both = ("file-late", "file-missing")
    assert story.judge(judged(missing, kinds=both), NOON + HOUR) == [What.RAISED]
    assert (story.known[late.id].state, story.known[missing.id].owner) == (AlarmState.CLEARED, "ann")
    assert story.known[late.id].events[-1].text == "continued by file-missing:RMC:2026-11-24"
    assert story.judge(judged(kinds=both), NOON + 2 * HOUR) == [What.CLEARED]


def test_a_file_that_never_came_is_never_said_to_be_cleared_when_its_day_is_too_old() -> None:
    missing = gap(kind="file-missing", cause="RMC:2026-11-10", watched_until=NOON + 14 * 24 * HOUR)
    kinds = ("file-missing",)
    came, never = Story(), Story()
    for story in (came, never):
        story.judge(judged(missing))
    assert came.judge(judged(kinds=kinds), NOON + 13 * 24 * HOUR) == [What.CLEARED]
    assert never.judge(judged(kinds=kinds), NOON + 15 * 24 * HOUR) == [What.NO_LONGER_WATCHED]
    alarm = never.known[missing.id]
    assert alarm.state is AlarmState.NO_LONGER_WATCHED
    assert alarm.events[-1].text == "too old to be judged; when it was last judged: a.DAT is refused"
    notice = notice_of(alarm, What.NO_LONGER_WATCHED, NOON, "")
    assert (notice.title, notice.text) == (
        "CRITICAL no longer watched: file-missing",
        alarm.events[-1].text,
    )
    assert never.judge(judged(kinds=kinds), NOON + 16 * 24 * HOUR) == []


def test_what_was_not_judged_stays_active() -> None:
    story = Story()
    story.judge(judged(gap()))
    assert story.judge(judged(kinds=("backlog-old",)), NOON + HOUR) == []
    assert [alarm.id for alarm in active(story.known.values())] == [REFUSED]


def test_a_cause_that_returns_is_the_same_alarm_raised_again_with_its_history() -> None:
    story = Story()
    story.judge(judged(gap()))
    story.judge(judged(kinds=("file-refused",)), NOON + HOUR)
    assert story.judge(judged(gap()), NOON + 2 * HOUR) == [What.RAISED]
    events = [event.what for event in story.known[REFUSED].events]
    assert events == [What.RAISED, What.CLEARED, What.RAISED]
    assert story.known[REFUSED].times == 2


def test_what_people_noted_outlasts_the_repetitions_of_an_alarm() -> None:
    story = Story()
    story.judge(judged(gap()))
    noted = AlarmEvent(at=NOON, what=What.NOTED, who="ann", text="ticket 4711")
    story.known[REFUSED] = story.known[REFUSED].with_event(noted)
    for times in range(1, 100):
        story.judge(judged(gap()), NOON + times * 8 * HOUR)
    events = story.known[REFUSED].events
    assert len(events) == MOST_EVENTS
    assert [event.what for event in events[:3]] == [What.RAISED, What.NOTED, What.ESCALATED]
    assert story.known[REFUSED].times == 1


def test_a_condition_that_must_last_is_pending_first_and_one_that_ends_before_is_never_raised() -> None:
    held = gap(kind="file-held", cause="2026-11-24")
    story = Story()
    assert story.judge(judged(held)) == []
    assert story.known[held.id].state is AlarmState.PENDING
    assert story.judge(judged(held), NOON + timedelta(minutes=9)) == []
    assert story.judge(judged(held), NOON + timedelta(minutes=10)) == [What.RAISED]
    brief = Story()
    brief.judge(judged(held))
    assert brief.judge(judged(kinds=("file-held",)), NOON + timedelta(minutes=5)) == []
    assert brief.judge(judged(held), NOON + timedelta(minutes=11)) == []


def test_a_cause_that_began_before_it_was_found_has_lasted_since_then() -> None:
    held = gap(kind="file-held", cause="2026-11-24", since=NOON - HOUR)
    assert Story().judge(judged(held)) == [What.RAISED]


def test_what_one_process_finds_of_itself_no_other_clears_until_it_is_gone_for_a_quarter_of_an_hour() -> None:
    open_ = gap(kind="task-restarts", cause="one")
    story = Story()
    story.judge(judged(open_, process="one"))
    other = judged(kinds=("task-restarts",), process="two")
    assert story.judge(other, NOON + timedelta(minutes=14)) == []
    assert story.judge(judged(open_, process="one"), NOON + timedelta(minutes=14)) == []
    assert story.judge(other, NOON + timedelta(minutes=28)) == []
    assert story.judge(other, NOON + timedelta(minutes=29)) == [What.CLEARED]
    mine = Story()
    mine.judge(judged(open_, process=ME))
    assert mine.judge(judged(kinds=("task-restarts",)), NOON + HOUR) == [What.CLEARED]


@pytest.mark.parametrize("jump", [timedelta(days=3), timedelta(days=-3)])
def test_after_a_clock_that_jumped_it_is_repeated_at_the_next_evaluation_and_not_lost(
    jump: timedelta,
) -> None:
    story = Story()
    story.judge(judged(gap()))
    story.change(REFUSED, owner="ann")
    assert story.judge(judged(gap()), NOON + jump) == [What.REPEATED]
    assert story.judge(judged(gap()), NOON + jump + HOUR) == []


def test_an_alarm_whose_kind_this_version_does_not_have_is_cleared() -> None:
    story = Story()
    story.judge(judged(gap()))
    story.known = {"old:1": msgspec.structs.replace(story.known[REFUSED], id="old:1", kind="old")}
    assert story.judge(judged()) == [What.CLEARED]


def test_the_critical_ones_come_first_then_the_oldest() -> None:
    story = Story()
    story.judge(judged(gap("2"), gap("1", since=NOON - HOUR), gap("3", urgent=True)))
    assert [alarm.id for alarm in active(story.known.values())] == [
        "file-refused:3",
        "file-refused:1",
        "file-refused:2",
    ]
