"""Which day a board can show, and what time it is for it."""

from datetime import UTC, date, datetime, time, timedelta

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.kept import kept_from
from tis_esr.operations.unconfirmed import working_day
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.wall_clock import LONDON

_OPTION = "--day"
_END_OF_DAY = time(23, 59)
_LONG_AGO = date(2000, 1, 1)


def shown_as_of(reader: Reader, day: date | None, now: datetime) -> tuple[date, datetime]:
    """Return the day to show, and the moment as of which it is judged: ``now``, or the end of the last day that was run.

    Where days are run one by one, with given dates, the last of them is shown if no ``day`` is named, and it is over.
    Raises UsageError for a day to come, or one before the first day of which a file is known.
    """
    today = now.astimezone(LONDON).date()
    last = working_day(reader, today)
    shown = day or last
    _check(reader, shown, max(today, last), today)
    if last == today or last < shown <= today:
        return shown, now
    return shown, datetime.combine(last, _END_OF_DAY, LONDON).astimezone(UTC)


def instead_of_today(asked: date | None, shown: date, now: datetime) -> str:
    """Return what a person who named no day has to know where another day than today is shown; "" otherwise."""
    today = now.astimezone(LONDON).date()
    if asked is not None or shown == today:
        return ""
    return f"the last day that was run; today is {in_words(today)}"


def _check(reader: Reader, day: date, last: date, today: date) -> None:
    if day > last:
        raise UsageError(_OPTION, f"{day} is in the future; the last day possible is {in_words(last)}")
    oldest = kept_from(reader)
    if oldest is not None and day < oldest:
        raise UsageError(
            _OPTION,
            f"{day} is before {in_words(oldest)}, the oldest day in the ledger (keep_history_days)",
        )
    first = _first_day(reader, last)
    if first is None and day < today:
        raise UsageError(_OPTION, f"{day}: no file of any day is known here yet; leave {_OPTION} out")
    if first is not None and day < first and day != today:
        said = f"{day} is before {in_words(first)}, the first day of which a file is known here"
        raise UsageError(_OPTION, f"{said}; name that day or a later one")


def _first_day(reader: Reader, today: date) -> date | None:
    days = {"day": Between(_LONG_AGO, today + timedelta(days=2))}
    inbound = reader.find(FILES, days, ("day",), 1)
    outbound = reader.find(OUTBOUND_FILES, days, ("day",), 1)
    known = [file.day for file in inbound if file.day is not None] + [file.day for file in outbound]
    return min(known, default=None)
