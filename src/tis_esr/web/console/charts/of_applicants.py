"""Charts about applicants: the coming wave by week, and the promise by month of start."""

from datetime import date, timedelta

from tis_esr.counted import counted, plural
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.forecast import Forecast, Line
from tis_esr.operations.promise.judged import share_in_words
from tis_esr.operations.promise.promise import Promise
from tis_esr.web.console.charts.bars import Bar, bars
from tis_esr.web.console.charts.chart import Chart


def wave(found: Forecast) -> Chart:
    """Return who reaches the window in which week, all offices of the forecast together, and who is in it already."""
    by_day: dict[date, list[Line]] = {}
    for line in found.lines:
        by_day.setdefault(line.reaches_window or found.day, []).append(line)
    weeks = [found.day + timedelta(days=1 + 7 * week) for week in range(found.weeks)]
    listed = [
        Bar(
            "in it" if day == found.day else f"{day.day} {day:%b}",
            [
                sum(getattr(line, name) for line in by_day.get(day, ()))
                for name in ("sent", "sound", "held_back")
            ],
        )
        for day in (found.day, *weeks)
    ]
    total, held = (sum(getattr(line, name) for line in found.lines) for name in ("applicants", "held_back"))
    coming = sum(line.applicants for line in found.lines if line.reaches_window is not None)
    says = (
        f"{coming:,} of {counted(total, 'applicant')} {plural(coming, 'reaches', 'reach')} the window within"
        f" {counted(found.weeks, 'week')}, the others are in it;"
        f" {held:,} of all {plural(held, 'is', 'are')} held back."
    )
    parts = ("Sent", "Sound", "Held back by missing data")
    return bars("wave", "The coming wave", says, parts, listed, first="Week from")


def promise_by_month(found: Promise) -> Chart:
    """Return the promise by month of start, with the share above each bar."""
    listed = [
        Bar(
            f"{date.fromisoformat(f'{one.name}-01'):%b %Y}",
            [one.in_time, one.missed, one.due, one.unknown],
            share_in_words(one, 0),
        )
        for one in found.months
    ]
    decided = [one for one in found.months if one.share is not None]
    below = sum((one.share or 0) < found.promised_share for one in decided)
    says = (
        f"In {below} of {counted(len(decided), 'month')} that can be judged the share was below {found.promised_share:.0%}; as of"
        f" {in_words(found.day)}."
    )
    parts = ("In time", "Missed", "Due", "Unknown")
    return bars("promise-months", "The promise by month of start", says, parts, listed, first="Month")
