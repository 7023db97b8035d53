"""``tis-esr promise``: prints the share sent in time, what is due, the misses and the trend."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec

from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import HEADING, NOTICE, console, print_json, say
from tis_esr.counted import counted
from tis_esr.decisions.promise import OWNERS, REASON_TEXTS, MissReason
from tis_esr.operations.composition import reader_of, window
from tis_esr.operations.csv_values import csv_text
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.promise.judged import judged_in_words, share_in_words
from tis_esr.operations.promise.left import left_by_day
from tis_esr.operations.promise.promise import Counts, Due, Miss, Per, Promise
from tis_esr.operations.promise.promise import promise as count
from tis_esr.settings import Settings

_SHOWN = 60
_COUNTED = ("trainees", "in_time", "missed", "due", "unknown")


def promise(
    settings: Settings,
    deaneries: Sequence[str],
    day: date,
    weeks: int,
    by: str,
    state: Path | None,
    *,
    listed: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print the promise as tables, JSON or CSV; with ``listed`` its "misses" or what is "due"."""
    with closing(reader_of(settings, state)) as reader, progress() as bars:
        bar = bars.stage("Reading applicant records", "records", total=None)
        found = count(
            reader,
            deaneries,
            day=day,
            weeks=weeks,
            by=Per(by),
            reached_on=window(settings).reached_on,
            advance=bar.advance,
        )
    if as_json:
        print_json(found)
    elif as_csv:
        say(_csv(found, listed).rstrip("\n"))
    elif listed == "misses":
        _show_misses(found.misses)
    elif listed == "due":
        _show_due(found.due)
    else:
        _show(found)


def _csv(found: Promise, listed: str | None) -> str:
    if listed == "misses":
        return csv_text(Miss.__struct_fields__, map(msgspec.structs.astuple, found.misses))
    if listed == "due":
        return csv_text(Due.__struct_fields__, map(msgspec.structs.astuple, found.due))
    header = (found.by.value, *_COUNTED, "share", *(reason.lower() for reason in MissReason))
    rows = [
        (
            line.name,
            *(getattr(line, name) for name in _COUNTED),
            None if line.share is None else f"{line.share:.4f}",
            *(line.reasons[reason] for reason in MissReason),
        )
        for line in found.lines
    ]
    return csv_text(header, rows)


def _show(found: Promise) -> None:
    weeks = found.promised_days // 7
    until = f"{counted(found.weeks, 'week')} from {in_words(found.day)}"
    say(
        f"Data sent {counted(weeks, 'week')} before the start (promised for {found.promised_share:.0%}), starts within {until}",
        style=HEADING,
    )
    if not found.lines:
        say("No trainee with an applicant record starts in that time.")
        return
    say(f"{judged_in_words(found.total)}.")
    _table(found.by.value.capitalize(), [*found.lines, found.total])
    _show_reasons(found.total)
    _show_left(found)
    say("By month of start", style=HEADING)
    _table("Month", found.months)
    say("Unknown: due before the first file from ESR arrived here, or sent by the previous interface.")
    say("tis-esr promise --list misses|due lists placements.")


def _table(head: str, lines: Iterable[Counts]) -> None:
    rows = [
        (line.name, *(f"{getattr(line, name):,}" for name in _COUNTED), share_in_words(line))
        for line in lines
    ]
    headers = (head, "Trainees", "In time", "Missed", "Due", "Unknown", "Share")
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    right = [
        [cell.rjust(width) if place else cell for place, (cell, width) in enumerate(zip(row, widths, strict=True))]
        for row in (headers, *rows)
    ]  # fmt: skip
    console.table(right[0], right[1:])


def _show_reasons(total: Counts) -> None:
    if not total.missed:
        return
    say("Missed, and whose it is", style=HEADING)
    for reason in MissReason:
        if number := total.reasons[reason]:
            say(f"{number:,} {REASON_TEXTS[reason]}: {OWNERS[reason].value}", indent=2)


def _show_left(found: Promise) -> None:
    left = left_by_day(found)
    say("Due", style=HEADING)
    for days, number in left.waiting:
        say(f"{number:,} in the window: {_left(days)}", indent=2)
    for one in left.blocked:
        say(f"{one.number:,} {one.text}: {one.who}", indent=2)
    if left.later or not found.due:
        say(f"{left.later:,} not in the window yet" if left.later else "nobody", indent=2)


def _left(days: int) -> str:
    if not days:
        return "this is the last day"
    return f"{counted(days, 'day')} left"


def _show_misses(misses: Sequence[Miss]) -> None:
    if not misses:
        say("Nobody was missed.")
    for one in misses[:_SHOWN]:
        sent = (
            f"sent {in_words(one.sent_on)}, {counted(one.days_before, 'day')} before"
            if one.sent_on is not None and one.days_before is not None
            else "not sent"
        )
        say(
            f"{one.deanery} {one.trust}, starts {in_words(one.starts)}, {sent}",
            label=f"Placement {one.placement}:",
            style=HEADING,
        )
        say(f"{one.text}: {one.who.value}", indent=4)
    _show_more(len(misses))


def _show_due(due: Sequence[Due]) -> None:
    if not due:
        say("Nobody in the window is due, and nobody is blocked.")
    for one in due[:_SHOWN]:
        style = NOTICE if one.reason is not None else HEADING
        say(
            f"{one.deanery} {one.trust}, starts {in_words(one.starts)}, {_left(one.days_left)}",
            label=f"Placement {one.placement}:",
            style=style,
        )
        if one.reason is not None:
            say(f"{REASON_TEXTS[one.reason]}: {one.who.value}", indent=4)
    _show_more(len(due))


def _show_more(number: int) -> None:
    if number > _SHOWN:
        say(f"and {number - _SHOWN} more: see --csv or --json")
