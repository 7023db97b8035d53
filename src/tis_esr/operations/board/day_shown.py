"""Which day a board can show, and what time it is for it."""

from datetime import UTC, date, datetime, timedelta

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.kept import kept_from
from tis_esr.operations.unconfirmed import working_day
from tis_esr.services.cron import LONDON
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.day import clock
from tis_esr.services.inbound_data_reader.file_ledger import FILES

_OPTION = "--day"
_LONG_AGO = date(2000, 1, 1)


def moment_of(reader: Reader, now: datetime) -> datetime:
    """Return the moment as of which a store is judged: ``now``, or that time of the last day that was run by itself.

    Where days are run one by one, with given dates, today is the last of them.
    """
    today = now.astimezone(LONDON).date()
    day = working_day(reader, today)
    return now.astimezone(UTC) if day == today else clock(day)()


def check_day(reader: Reader, day: date, today: date) -> None:
    """Raise UsageError for a day to come, or one before the first day of which a file is known."""
    if day > today:
        raise UsageError(_OPTION, f"{day} is in the future; the last day possible is {in_words(today)}")
    oldest = kept_from(reader)
    if oldest is not None and day < oldest:
        raise UsageError(
            _OPTION,
            f"{day} is before {in_words(oldest)}, the oldest day in the ledger (keep_history_days)",
        )
    first = _first_day(reader, today)
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
