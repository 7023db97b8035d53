"""Throughput and backlog by day: files and rows that came and went, and what of each day is still parked."""

from collections.abc import Collection as Several
from datetime import UTC, date, datetime, timedelta

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.dates import midnight
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FILES, NOT_TAKEN
from tis_esr.wall_clock import LONDON

DAYS = 30
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)


class DayFlow(msgspec.Struct, kw_only=True):
    """A day: files and rows from ESR that were accepted, files and rows for ESR, by the day in the file's name.

    ``parked`` are the messages that were parked on it and still are.
    """

    day: date
    files_in: int = 0
    rows_in: int = 0
    files_out: int = 0
    rows_out: int = 0
    parked: int = 0


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """The DAYS up to a day, oldest first; ``parked_before`` are messages parked before them. ``waiting`` is by queue, now.

    ``waiting`` is empty for accounts of some offices: queues hold messages of all.
    """

    days: list[DayFlow]
    parked_before: int
    waiting: dict[str, int]


def throughput(reader: Reader, *, last: date, offices: Several[str] | None = None) -> Throughput:
    """Return the flow of some offices or of all. What is parked without a known time counts as before."""
    first = last - timedelta(days=DAYS - 1)
    days = {day: DayFlow(day=day) for day in (first + timedelta(days=n) for n in range(DAYS))}
    within = {"day": Between(first, last + timedelta(days=1))}
    for came in reader.find(FILES, within):
        if came.day is None or came.copy or came.state in NOT_TAKEN or _is_others(came.deanery, offices):
            continue
        days[came.day].files_in += 1
        days[came.day].rows_in += came.rows
    for ours in reader.find(OUTBOUND_FILES, within):
        if ours.state in _GONE_OUT and ours.rows and not _is_others(ours.deanery, offices):
            days[ours.day].files_out += 1
            days[ours.day].rows_out += ours.rows
    before = 0
    starts = [midnight(one).timestamp() for one in (*days, last + timedelta(days=1))]
    for tally in reader.parked_tallies(starts):
        if _is_others(tally.deanery, offices):
            continue
        flow = days.get(datetime.fromtimestamp(tally.oldest, UTC).astimezone(LONDON).date())
        if flow is None:
            before += tally.number
        else:
            flow.parked += tally.number
    waiting = {queue: number for queue, number in reader.waiting().items() if number}
    return Throughput(
        days=list(days.values()), parked_before=before, waiting={} if offices is not None else waiting
    )


def _is_others(deanery: str, offices: Several[str] | None) -> bool:
    return offices is not None and deanery not in offices
