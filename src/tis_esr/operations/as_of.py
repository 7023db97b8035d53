"""The days that a command may be run as of: from the first file on, and not in the future."""

from dataclasses import dataclass
from datetime import date, timedelta

from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.dates import day as in_words
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundState
from tis_esr.services.day_begun import DAYS, DayBegun
from tis_esr.services.inbound_data_reader.file_ledger import FILES, NOT_TAKEN

_OPTION = "--as-of"
_NEXT_DAY = timedelta(days=1)
_LONGEST_JUMP = timedelta(weeks=26)
"""Days that are run manually may be run at any time; one this long after the last one is taken for a typing error: nothing of what waits would still be sent."""


@dataclass(frozen=True)
class KnownDays:
    """The days of a store: of its files and its exports. ``exported`` is the last day of which a file was sent, None if there is none."""

    first: date
    last: date
    exported: date | None


def known_days(state: Reader) -> KnownDays | None:
    """Return the days that a store has something of; None if it has nothing."""
    files = [
        file.day for file in state.find(FILES, {}) if file.day is not None and file.state not in NOT_TAKEN
    ]
    sent = [
        file.day for file in state.find(OUTBOUND_FILES, {}) if file.state is not OutboundState.NOTHING_TO_SEND
    ]
    days = [*files, *sent, *(begun.day for begun in state.get(DAYS, [DayBegun.KEY]))]
    return KnownDays(min(days), max(days), max(sent, default=None)) if days else None


def check_day(known: KnownDays | None, day: date, today: date, *, is_live: bool, dry_run: bool) -> str:
    """Return what a person should know about a day to be run, "" for nothing. Raises UsageError for a day that can't be.

    ``is_live`` says that running services are asked, so a day to come would be anticipated. A dry run may look ahead.
    """
    if known is None:
        return ""
    if day < known.first:
        raise UsageError(
            _OPTION,
            f"{day} is before {in_words(known.first)}, the first day of which a file is known here; name that day or a later one",
        )
    furthest = max(today, known.last + (_NEXT_DAY if is_live else _LONGEST_JUMP))
    if day > furthest and not dry_run:
        raise UsageError(_OPTION, f"{day} {_too_far(known, furthest, is_live=is_live)}")
    if known.exported is not None and day < known.exported and not dry_run:
        return (
            f"files of {in_words(known.exported)} were already exported; what they contain is not sent again"
            f" as of {in_words(day)}"
        )
    return ""


def _too_far(known: KnownDays, furthest: date, *, is_live: bool) -> str:
    if is_live:
        return f"is in the future: the last day possible is {in_words(furthest)}; look ahead with --dry-run"
    return (
        f"is more than 26 weeks after {in_words(known.last)}, the last day known here; check the date,"
        " or look ahead with --dry-run"
    )
