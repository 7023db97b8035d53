"""The report of a day: what it did, what it left for a person, and what stands after it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tis_esr.commands.terminal import HEADING, NOTICE, say
from tis_esr.desk.states import words
from tis_esr.desk.summary import Summary
from tis_esr.services.day import DayDone

_REASONS_SHOWN = 12
_EARLIER = {
    "files": "files taken before",
    "parked": "messages parked",
    "invalid": "applicant records with missing data",
    "rejected": "applicant records rejected by ESR",
}


def counted(counts: Mapping[str, int]) -> str:
    """Return ``1,200 Applied, 3 Parked`` for counts by state; "none" where all are 0."""
    return ", ".join(f"{number:,} {words(code)}" for code, number in counts.items() if number) or "none"


def show(done: DayDone, summary: Summary) -> None:
    """Print what the day did, what it left for a person, and what stands after it."""
    refused = {taken.file.name: taken.said for taken in done.taken if taken.said and not taken.fresh}
    if done.taken:
        _files_in(summary, refused)
    else:
        _titled("Files in", "none; the folder has no files. Check --in, or whether ESR has sent any.")
    _files_out(summary)
    _titled("Person updates in TIS", counted(summary.tis_updates))
    _parked(summary)
    _records("Applicant records with missing data", summary.invalid)
    _records("Applicant records rejected by ESR", summary.rejected)
    if any(summary.earlier.values()):
        left = {_EARLIER[name]: number for name, number in summary.earlier.items()}
        _titled("Left by earlier days", _named(left))
    say("After this day, all days together", style=HEADING)
    _standing(summary)


def _standing(summary: Summary) -> None:
    _titled("Positions", counted(summary.positions), indent=2)
    _titled("Applicant records", counted(summary.applicants), indent=2)
    by_type = (
        f"type {kind}: {counted(some)}" for kind, some in summary.notifications.items() if any(some.values())
    )
    _titled("Notifications", "; ".join(by_type) or "none", indent=2)
    _titled("Fields left blank: no matching ESR code", _named(summary.unmapped), indent=2)
    if any(summary.waiting.values()):
        _titled("Messages still waiting", _named(summary.waiting))


def _titled(title: str, text: str, indent: int = 0) -> None:
    say(text, label=f"{title}:", style=HEADING, indent=indent)


def _named(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "none"


def _records(title: str, keys: Sequence[str]) -> None:
    if keys:
        shown = ", ".join(keys[:_REASONS_SHOWN]) + (" ..." if len(keys) > _REASONS_SHOWN else "")
        _titled(title, f"{len(keys)} (placement:position {shown}); ask tis-esr why")


def _files_in(summary: Summary, refused: Mapping[str, str]) -> None:
    say("Files in", style=HEADING)
    for file in summary.files_in:
        say(f"{file['name']}  {file['rows']:,} rows: {counted(file['row_states'])}", indent=2)
        noted = [f"{file['notes']} notes: tis-esr files {file['name']}"] if file["notes"] else []
        for text in (*file["findings"], *filter(None, [refused.get(file["name"])]), *noted):
            say(text, indent=4)
    for gap in summary.gaps:
        say(gap.text, label="Missing:", style=NOTICE, indent=2)


def _files_out(summary: Summary) -> None:
    say("Files out", style=HEADING)
    for file in summary.files_out:
        say(f"{file['name']}  {file['rows']:,} rows, {words(file['state'])}", indent=2)
    if not summary.files_out:
        say("none: nothing new to send", indent=2)


def _parked(summary: Summary) -> None:
    reasons = Counter(parked.reason for parked in summary.parked)
    places = {parked.reason: f"{parked.file} row {parked.row}" for parked in reversed(summary.parked)}
    style = NOTICE if reasons else HEADING
    say(f"{len(summary.parked)}", label="Parked, for a person to look at:", style=style)
    for reason, number in reasons.most_common(_REASONS_SHOWN):
        say(f"{number} x {reason} (first: {places[reason]})", indent=2)
    if len(reasons) > _REASONS_SHOWN:
        say(f"and {len(reasons) - _REASONS_SHOWN} other reasons: see --json", indent=2)
