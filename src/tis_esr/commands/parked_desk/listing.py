"""``tis-esr parked list``: the parked messages by cause, age, office or file, and those that were discarded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from tis_esr import wall_clock
from tis_esr.commands.terminal import BAD, HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of
from tis_esr.operations.dates import day as written
from tis_esr.operations.parked.discarding import Discarded, discarded
from tis_esr.operations.parked.finding import full_ids
from tis_esr.operations.parked.grouping import Group, grouped_by
from tis_esr.operations.parked.kinds import Grouping
from tis_esr.operations.parked.listing import (
    CauseGroup,
    Choice,
    ParkedMessage,
    age_text,
    grouped,
    parked_messages,
)
from tis_esr.settings import Settings

_REASONS: Final = 10
_EXAMPLES: Final = 3
_GROUPS: Final = 20
_HOUR: Final = 3600.0


def chosen(reader: Reader, choice: Choice) -> list[ParkedMessage]:
    """Return the messages that a person means. Raises UnknownMessageError, AmbiguousIdError or ShortIdError."""
    whole = msgspec.structs.replace(choice, ids=full_ids(reader, choice.ids))
    return parked_messages(reader, whole, wall_clock.now().timestamp())


def list_parked(
    settings: Settings, choice: Choice, state: Path | None, by: Grouping | None, *, as_json: bool
) -> Exit:
    """Print the parked messages, by cause if ``by`` is None; DONE_WITH_PARKED if there are any."""
    with closing(reader_of(settings, state)) as reader:
        found = chosen(reader, choice)
    if as_json:
        print_json(grouped_by(by, found, choice, wall_clock.now().timestamp()) if by else found)
    elif not found and choice.is_everything:
        say("Nothing is parked.")
    elif not found:
        say(f"No parked message meets the conditions: {choice.text}.")
    elif by in {None, Grouping.CAUSE}:
        _show_causes(grouped(found, choice))
    else:
        _show_groups(grouped_by(by, found, choice, wall_clock.now().timestamp()), by)
    return Exit.DONE_WITH_PARKED if found else Exit.DONE


def list_discarded(settings: Settings, state: Path | None, *, as_json: bool) -> Exit:
    """Print the discarded messages, the next to be reviewed first."""
    with closing(reader_of(settings, state)) as reader:
        found = discarded(reader)
    if as_json:
        print_json(found)
    elif not found:
        say("No message was discarded.")
    else:
        for one in found:
            _show_discarded(one, wall_clock.today())
    return Exit.DONE


def _show_groups(groups: Sequence[Group], by: Grouping) -> None:
    for group in groups[:_GROUPS]:
        say(group.title, style=HEADING)
        say(f"{counted(group.number, 'message')}{_oldest(group.oldest)}: {_counts(group.causes)}", indent=2)
        say(f"tis-esr parked list {group.options}", indent=2)
    if len(groups) > _GROUPS:
        say(f"and {len(groups) - _GROUPS} more; all of them with --by {by} --json")


def _counts(causes: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {cause}" for cause, number in causes.items())


def _show_causes(groups: Sequence[CauseGroup]) -> None:
    for group in groups:
        _show_cause(group)
    for step in _next_steps(groups):
        say(step)


def _show_cause(group: CauseGroup) -> None:
    number = len(group.messages)
    say(f"{group.title} ({group.cause})", style=HEADING)
    say(f"{counted(number, 'message')}{_oldest(group.oldest)}. Who acts: {group.who}", indent=2)
    say(group.action, indent=2)
    by_reason: dict[tuple[str, str], list[ParkedMessage]] = {}
    for message in group.messages:
        by_reason.setdefault((message.queue, message.reason), []).append(message)
    ranked = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    for (queue, reason), some in ranked[:_REASONS]:
        say(f"{len(some):>6} {queue}: {reason}")
        for message in some[:_EXAMPLES]:
            say(f"{place(message)}{message.id}", indent=9)
    if len(ranked) > _REASONS:
        say(f"and {counted(len(ranked) - _REASONS, 'more reason')}", indent=7)
    say(f"Each of them: tis-esr parked export {group.options}", indent=2)


def _next_steps(groups: Sequence[CauseGroup]) -> Iterator[str]:
    yield "Is a retry safe? tis-esr parked show ID. To discard: tis-esr parked discard ID --why --ticket --review"
    if any(group.can_retry for group in groups):
        yield "Once the cause is fixed: tis-esr parked retry --cause CAUSE --dry-run"


def _oldest(since: str) -> str:
    """Return the age of the oldest message, from an hour on."""
    age = wall_clock.now().timestamp() - datetime.fromisoformat(since).timestamp() if since else 0.0
    return f", oldest {age_text(age)}" if age >= _HOUR else ""


def place(message: ParkedMessage) -> str:
    """Return the file and row of a message, with blanks behind; "" if it has none."""
    return f"{message.source_file} row {message.row}  " if message.source_file else ""


def _show_discarded(one: Discarded, day: date) -> None:
    where = f"{one.source_file} row {one.row}" if one.source_file else one.queue
    say(f"{one.id}  {where}", style=HEADING)
    ticket = f", {one.ticket}" if one.ticket else ""
    say(f"Discarded by {one.who} on {written(one.at.date())}: {one.why}{ticket}", indent=2)
    say(f"It was parked: {one.reason} ({one.cause})", indent=2)
    if one.review_on is not None:
        is_due = one.review_on <= day
        label = "Review is due:" if is_due else "Review on:"
        say(written(one.review_on), label=label, style=BAD if is_due else NOTICE, indent=2)
