"""What is said of an alarm's end: one that is found again is not said to be no longer watched."""

from datetime import timedelta

import pytest
from tests.operations.alarms.invented import DAY, NOON, gap, judged

from tis_esr.commands.printing_alarms import show_alarm
from tis_esr.operations.alarms.alarm import Alarm, AlarmState
from tis_esr.operations.alarms.lifecycle import changes


def after(known: Alarm | None, *, is_found: bool, hours: int) -> Alarm:
    found = judged(*([gap(kind="file-gap")] if is_found else []), kinds=("file-gap",))
    before = {known.id: known} if known else {}
    done = {one.alarm.id: one.alarm for one in changes(before, found, NOON + timedelta(hours=hours), DAY)}
    return done["file-gap:RMT"]


def test_an_alarm_that_is_found_again_was_cleared_before(capsys: pytest.CaptureFixture[str]) -> None:
    pending = after(None, is_found=True, hours=0)
    active = after(pending, is_found=True, hours=5)
    again = after(after(active, is_found=False, hours=6), is_found=True, hours=7)
    assert (active.state, again.state) == (AlarmState.ACTIVE, AlarmState.PENDING)
    show_alarm(again)
    said = capsys.readouterr().out
    assert "cleared 24 Nov 2026 18:00" in said
    assert "no longer watched" not in said
