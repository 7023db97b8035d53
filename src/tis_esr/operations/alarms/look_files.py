"""Sources about files: the board, the ledgers of both directions, ESR's rejections."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms import about_files
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.judge_board import absent_files, answered_late, leaving_tomorrow
from tis_esr.operations.alarms.judge_files import (
    READ_DAYS,
    RECENT_DAYS,
    Answered,
    bad_files,
    missing_numbers,
    unconfirmed,
    unusual_rejections,
)
from tis_esr.operations.alarms.sight import Sight, Source
from tis_esr.operations.board.board import board
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.board.expectations import WAIVERS
from tis_esr.operations.kept import kept_from
from tis_esr.operations.ledger import gaps, other_gaps
from tis_esr.operations.unconfirmed import described, unconfirmed_files, waivers_in_force
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, OUTBOUND_FILES, RecordState
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.settings import Settings

_USUAL_DAYS = timedelta(days=28)


async def _files(sight: Sight) -> list[Finding]:
    return await sight.read(lambda reader: file_findings(reader, sight.settings, sight.now, sight.today))


def file_findings(reader: Reader, settings: Settings, now: datetime, today: date) -> list[Finding]:
    """Judge the files of the last weeks by the board and by both directions' ledgers."""
    changed = Between((now - READ_DAYS).timestamp(), (now + READ_DAYS).timestamp())
    files = reader.find(FILES, {"changed_at": changed})
    sent = reader.find(OUTBOUND_FILES, {"day": Between(today - READ_DAYS, today + READ_DAYS)})
    oldest, due_days = kept_from(reader), settings.confirmation_due_days
    of_today = board(reader, day=today, now=now, terms=terms_of(settings))
    cells = [*of_today.cells, *of_today.earlier]
    waivers = reader.find(WAIVERS, waivers_in_force(today))
    late = unconfirmed_files(files, sent, today, due_days, oldest, waivers)
    overdue = {file.name: file for file in [*late, *answered_late(cells, sent)] if not file.settled}
    return [
        *absent_files(cells),
        *bad_files(files),
        *missing_numbers(other_gaps(gaps(files, sent, oldest), late), today),
        *unconfirmed(described(reader, overdue.values(), due_days), leaving_tomorrow(cells)),
    ]


async def _rejections(sight: Sight) -> list[Finding]:
    return await sight.read(lambda reader: rejection_findings(reader, sight.today))


def rejection_findings(reader: Reader, today: date) -> list[Finding]:
    """Judge the rejections of ESR by our file: those of the last days by those of four weeks before."""
    where = {"state": RecordState.REJECTED.value, "deanery": list(DEANERIES)}
    rejected: dict[str, int] = {}
    for record in _rejected(reader, where):
        rejected[record] = rejected.get(record, 0) + 1
    days = Between(today - _USUAL_DAYS, today + timedelta(days=1))
    answered = [
        Answered(name=file.name, type=file.type, day=file.day, rows=file.rows, rejected=rejected.get(file.name, 0))
        for file in reader.find(OUTBOUND_FILES, {"day": days})
        if file.rows and file.type in {"APP", "DNC"}
    ]  # fmt: skip
    recent = [file for file in answered if file.day >= today - RECENT_DAYS]
    return unusual_rejections(recent, answered)


def _rejected(reader: Reader, where: Mapping[str, Any]) -> Iterable[str]:
    yield from (record.file or "" for record in reader.find(APPLICANTS, where))
    yield from (record.file or "" for record in reader.find(NOTIFICATIONS, where))


SOURCES = (
    Source(
        (
            about_files.FILE_LATE,
            about_files.FILE_MISSING,
            about_files.FILE_HELD,
            about_files.FILE_REFUSED,
            about_files.FILE_INCOMPLETE,
            about_files.FILE_GAP,
            about_files.CONFIRMATION_OVERDUE,
            about_files.SUSPECTED_QUARANTINE,
        ),
        _files,
        seconds=120,
    ),
    Source((about_files.REJECTS_ABOVE_USUAL,), _rejections, seconds=3600),
)
