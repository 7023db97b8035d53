"""The report of a day: what it did, what needs a person, and the totals after it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tis_esr.commands.printing_deadlines import show_unsent
from tis_esr.commands.terminal import HEADING, NOTICE, say
from tis_esr.counted import counted
from tis_esr.decisions.notifications.date_events import STALE_REASONS, Passage
from tis_esr.operations.day_summary import Summary
from tis_esr.operations.states import words
from tis_esr.services.day import DayDone

_REASONS_SHOWN = 12
_EARLIER = {
    "parked": ("message parked", "messages parked"),
    "invalid": ("applicant record with missing data", "applicant records with missing data"),
    "files_taken": ("file processed before", "files processed before"),
    "rejected": ("applicant record rejected by ESR", "applicant records rejected by ESR"),
    "unsent": ("applicant record too late to send", "applicant records too late to send"),
}


def by_state(counts: Mapping[str, int]) -> str:
    """Return ``1,200 Applied, 3 Parked`` for counts by state; "none" where all are 0."""
    return ", ".join(f"{number:,} {words(code)}" for code, number in counts.items() if number) or "none"


def show(done: DayDone, summary: Summary) -> None:
    """Print what the day did, what needs a person, and the totals after it."""
    refused = {taken.file.name: taken.said for taken in done.taken if taken.said and not taken.fresh}
    if summary.files_in:
        say("Files in", style=HEADING)
        _files_in(summary, refused)
    elif done.taken:
        titled("Files in", "nothing new; every file in the folder was processed on an earlier day.")
    else:
        titled("Files in", "none; the folder is empty. Check --in, or whether ESR has sent files.")
    for gap in summary.gaps:
        say(gap.text, label="Missing:", style=NOTICE, indent=2)
    for late in summary.unconfirmed:
        say(late.text, label="Unconfirmed:", style=NOTICE, indent=2)
    _files_out(summary)
    titled("Person updates in TIS", by_state(summary.tis_updates))
    _parked(summary)
    _records("Applicant records with missing data", summary.invalid)
    _records("Records held back: ESR would not load them", summary.held_back)
    _records("Applicant records rejected by ESR", summary.rejected)
    show_unsent(summary.unsent)
    if any(summary.stale.values()):
        why = {STALE_REASONS[Passage[name]]: number for name, number in summary.stale.items()}
        titled("Changes of missed days, no longer sent", named(why))
    if any(summary.earlier.values()):
        left = [_left(name, number) for name, number in summary.earlier.items() if number]
        titled("Left by earlier days", ", ".join(left))
    say("Totals after this day", style=HEADING)
    _standing(summary)


def _standing(summary: Summary) -> None:
    titled("Positions", by_state(summary.positions), indent=2)
    titled("Applicant records", by_state(summary.applicants), indent=2)
    titled("Notifications", by_type(summary.notifications), indent=2)
    titled("Fields left blank: no matching ESR code", named(summary.unmapped), indent=2)
    if any(summary.waiting.values()):
        titled("Messages waiting", named(summary.waiting))


def _left(name: str, number: int) -> str:
    """Return what earlier days left; a name such as ``files_refused`` is a state of files."""
    state = name.removeprefix("files_")
    return counted(number, *_EARLIER.get(name, (f"file {state}", f"files {state}")))


def by_type(notifications: Mapping[str, Mapping[str, int]]) -> str:
    """Return ``type 1: 3 Exported; type 4: 1 To export``; "none" where there is none."""
    types = (f"type {kind}: {by_state(some)}" for kind, some in notifications.items() if any(some.values()))
    return "; ".join(types) or "none"


def titled(title: str, text: str, indent: int = 0) -> None:
    """Print a line that begins with its title."""
    say(text, label=f"{title}:", style=HEADING, indent=indent)


def named(counts: Mapping[str, int]) -> str:
    """Return ``2 APP, 3 DNC`` for counts by name; "none" where all are 0."""
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "none"


def _records(title: str, keys: Sequence[str]) -> None:
    if keys:
        shown = ", ".join(keys[:_REASONS_SHOWN]) + (" ..." if len(keys) > _REASONS_SHOWN else "")
        titled(title, f"{len(keys)} (placement:position {shown}); run tis-esr why")


def _files_in(summary: Summary, refused: Mapping[str, str]) -> None:
    for file in summary.files_in:
        say(f"{file['name']}  {counted(file['rows'], 'row')}: {by_state(file['row_states'])}", indent=2)
        noted = [f"warnings: {file['notes']}; run tis-esr files {file['name']}"] if file["notes"] else []
        said = file["findings"] or filter(None, [refused.get(file["name"])])
        for text in (*said, *noted):
            say(text, indent=4)


def _files_out(summary: Summary) -> None:
    say("Files out", style=HEADING)
    for file in summary.files_out:
        say(f"{file['name']}  {counted(file['rows'], 'row')}, {words(file['state'])}", indent=2)
    if not summary.files_out:
        say("none: nothing new to send", indent=2)


def _parked(summary: Summary) -> None:
    reasons = Counter(parked.reason for parked in summary.parked)
    places = {parked.reason: f"{parked.file} row {parked.row}" for parked in reversed(summary.parked)}
    style = NOTICE if reasons else HEADING
    say(f"{len(summary.parked)}", label="Parked messages:", style=style)
    for reason, number in reasons.most_common(_REASONS_SHOWN):
        say(f"{number} x {reason} (first: {places[reason]})", indent=2)
    if len(reasons) > _REASONS_SHOWN:
        say(f"and {counted(len(reasons) - _REASONS_SHOWN, 'other reason')}: see --json", indent=2)
