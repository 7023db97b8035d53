"""Takes over what ESR was sent since a backup that was restored: from our files in the outbound store, and ESR's answers.

The store knows nothing of these files. Their rows belong to records that it has pending again, because what came since
the backup was read again: those become exported, in the row that they were sent in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import partial

import msgspec

from tis_esr.decisions.quarantine import applicant_for_esr
from tis_esr.engine.collection import Between
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.backups.sent_rows import SentRow, as_written, read_sent
from tis_esr.records.file_names import DEANERIES, BadFileNameError, FileName
from tis_esr.records.row_reading import read_records
from tis_esr.services.data_exporter.export_run import ROWS_A_CHUNK
from tis_esr.services.data_exporter.exported_event import exported
from tis_esr.services.data_exporter.full_export import in_file
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    COUNTERS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    PENDING,
    ApplicantRecord,
    Counter,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.withdrawn_applicants import mark_withdrawn
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState
from tis_esr.services.restored import is_unsettled, mark_settled
from tis_esr.wall_clock import LONDON

_NUMBERED = {"APP": (("APP",), "APC"), "DNC": (("DNC", "DNF"), "DCC")}
"""By counter, the types of our files that it numbers, and the type of ESR's answers, which have the same numbers."""
ANSWERS = {"APP": "APC", "DNC": "DCC", "DNF": "DCC"}
_OPEN = (OutboundState.ALLOCATING, OutboundState.NOTHING_TO_SEND)
_AT = time(14)
_LONG_AGO = date(1900, 1, 1)


@dataclass
class TakenOver:
    """What was found: files, records that became exported, rows without a record, and files that are not to be found.

    ``unmatched`` are rows as ``FILE row N``. ``gone`` are files that ESR has answered, of which neither the store nor the
    outbound store knows anything. ``begun`` are files with rows that the store has not sent and that are nowhere.
    """

    files: list[str] = field(default_factory=list)
    records: int = 0
    unmatched: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)


class SentFilesGoneError(TisEsrError):
    """The outbound store lacks a file that was sent before the backup, so it does not show what was sent since."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the outbound store no longer has {name}, which was sent before the backup, so it does not show what was sent"
            " since. Collect copies of those files in a folder (none if none was sent), and repeat tis-esr recover with"
            " --sent FOLDER. Never put them back into the outbound store: ESR would get them again"
        )


async def is_due(runner: Runner, copies: FileStore | None) -> bool:
    """Return whether there is something to take over: the store was restored and that is not settled, or there are copies.

    Else unknown files are another program's.
    """
    return copies is not None or await runner.patiently("recovery", lambda: is_unsettled(runner.work()))


async def take_over(
    runner: Runner, inbound: FileStore, out: FileStore, since: date, copies: FileStore | None = None
) -> TakenOver:
    """Take over every file that the store does not know, of ``since`` or of the last day that it knows files of, or later.

    All that ESR has sent since has to be handled by then: rows of files are found among its records. The files are in
    ``out``, and in ``copies`` if given; in a store that is settled only in these. Counters are raised above every number
    used. Safe to repeat. Raises SentFilesGoneError, DamagedSentFileError, OSError and TransientError.
    """
    found = TakenOver()
    last = await runner.patiently("recovery", lambda: _last_sent(runner.work()))
    where: dict[str, FileStore] = {}
    if copies is None or await is_due(runner, None):
        listing = await out.listing()
        if last is not None and copies is None and not listing.has(last.name):
            raise SentFilesGoneError(last.name)
        where |= dict.fromkeys(listing.names, out)
        found.begun = await runner.patiently("recovery", lambda: _begun(runner.work()))
    if copies is not None:
        where |= dict.fromkeys((await copies.listing()).names, copies)
    since = min(since, last.day) if last is not None else date.min
    names = [name for name in where if _is_ours(name, since)]
    found.begun = [name for name in found.begun if name not in where]
    for name in sorted(names, key=lambda name: FileName.parse(name).sequence):
        known = (await runner.work().get(OUTBOUND_FILES, [name])).get(name)
        if known is None or known.state is not OutboundState.SENT:
            await _take_over_one(runner, inbound, where[name], name, found)
    found.gone = await runner.patiently("recovery", partial(_settle, runner, names, since))
    return found


async def _last_sent(work: Work) -> OutboundFile | None:
    """Return the newest file with rows that the store knows as sent; all that it does not know are of its day or later."""
    files = await work.find(OUTBOUND_FILES, {"day": Between(_LONG_AGO, date.max)})
    sent = [file for file in files if file.state is OutboundState.SENT and file.rows and file.type in ANSWERS]
    return max(sent, key=lambda file: (file.day, FileName.parse(file.name).sequence, file.name), default=None)


async def _begun(work: Work) -> list[str]:
    """Return the names of files with rows that the store does not know as sent."""
    files = await work.find(OUTBOUND_FILES, {"day": Between(_LONG_AGO, date.max)})
    return sorted(file.name for file in files if file.rows and file.state is not OutboundState.SENT)


def _is_ours(name: str, since: date) -> bool:
    try:
        parsed = FileName.parse(name)
    except BadFileNameError:
        return False
    return parsed.type in ANSWERS and parsed.date >= since


async def _take_over_one(
    runner: Runner, inbound: FileStore, out: FileStore, name: str, found: TakenOver
) -> None:
    parsed = FileName.parse(name)
    async with out.open(name) as stream:
        rows = read_sent(stream, parsed)
    for start in range(0, len(rows), ROWS_A_CHUNK):
        chunk = rows[start : start + ROWS_A_CHUNK]
        left = await runner.patiently("recovery", partial(_chunk, runner, parsed, chunk))
        found.records += len(chunk) - len(left)
        found.unmatched += [f"{name} row {row.number + 1}" for row in left]
    await runner.patiently("recovery", partial(_enter, runner, inbound, parsed, len(rows)))
    found.files.append(name)


async def _chunk(runner: Runner, name: FileName, rows: Sequence[SentRow]) -> list[SentRow]:
    """Take over some rows in one transaction; return those without a record."""
    work = runner.work()
    taking = _Taking(work, name)
    take = taking.applicant if name.type == "APP" else taking.notification
    left = [row for row in rows if not await take(row)]
    if len(left) < len(rows):
        await work.commit()
    return left


async def _enter(runner: Runner, inbound: FileStore, name: FileName, rows: int) -> None:
    """Enter a file as sent, and have the rows of ESR's answer requeued."""
    work = runner.work()
    known = (await work.get(OUTBOUND_FILES, [str(name)])).get(str(name))
    blank = OutboundFile(
        name=str(name), type=name.type, deanery=name.deanery, day=name.date, state=OutboundState.SENT
    )
    entry = msgspec.structs.replace(known or blank, state=OutboundState.SENT, rows=rows, notified=rows)
    work.put(OUTBOUND_FILES, entry)
    await _answer_again(work, inbound, name)
    await work.commit()


class _Taking:
    """Takes over one file's rows in a unit of work."""

    def __init__(self, work: Work, name: FileName) -> None:
        self._work, self._name = work, name
        self._taken: set[str] = set()

    async def applicant(self, row: SentRow) -> bool:
        """Mark the pending record of an applicant as sent; return whether there is one, or it had its row before.

        Other services are notified of either: the backup may have been made before they were.
        """
        same = applicant_for_esr(row.fields, row.fields["positionId"])
        found = await self._work.find(APPLICANTS, {"same_as": [same]})
        sent = next((record for record in found if self._is_in(record.file, record.file_row, row)), None)
        if sent is None:
            record = next((record for record in found if self._is_free(record.key, record.state)), None)
            if record is None:
                return False
            sent = _as_sent(record, row, str(self._name))
            self._work.put(APPLICANTS, sent)
        event = msgspec.structs.replace(exported(sent, str(self._name), self._moment()), again=True)
        self._work.emit(
            "apprecord.exported", event, cause=sent.as_cause("sent since", str(self._name), row.number)
        )
        return True

    async def notification(self, row: SentRow) -> bool:
        """Mark the pending notification with these columns as sent; return whether there is one, or it was before.

        A DNF also repeats what ESR has already, as new notifications.
        """
        if "positionId" not in row.fields:
            return False
        found = await self._work.find(NOTIFICATIONS, {"position_id": [row.fields["positionId"]]})
        if any(self._is_in(record.file, record.file_row, row) for record in found):
            return True
        same = [record for record in found if as_written("NOT", record.fields) == row.text]
        record = next((one for one in same if self._is_free(one.key, one.state)), None)
        if record is None and self._name.type == "DNF":
            record = max(
                (one for one in same if one.has_reached_esr), key=lambda one: one.number, default=None
            )
        if record is None:
            return False
        last = max(one.number for one in found if one.about == record.about)
        sent = in_file(record, str(self._name), row.number, last + 1)
        self._work.put(NOTIFICATIONS, sent)
        await mark_withdrawn(self._work, [sent])
        return True

    def _is_in(self, file: str | None, number: int | None, row: SentRow) -> bool:
        return (file, number) == (str(self._name), row.number)

    def _is_free(self, key: str, state: RecordState) -> bool:
        if state not in PENDING or key in self._taken:
            return False
        self._taken.add(key)
        return True

    def _moment(self) -> str:
        return (
            datetime.combine(self._name.date, _AT, LONDON).astimezone(UTC).isoformat(timespec="milliseconds")
        )


def _as_sent(record: ApplicantRecord, row: SentRow, file: str) -> ApplicantRecord:
    """Return a record as it was sent; what TIS has now is kept beside it if that differs."""
    differs = as_written("APP", row.fields) != as_written("APP", record.fields)
    return msgspec.structs.replace(
        record,
        state=RecordState.EXPORTED,
        reason="",
        fields=row.fields,
        missing=[],
        file=file,
        file_row=row.number,
        newer=record if differs else None,
        resend=False,
    )


async def _answer_again(work: Work, inbound: FileStore, name: FileName) -> None:
    """Requeue the rows of ESR's answer to a file if it was read when the file was not known."""
    answer = str(FileName(name.deanery, ANSWERS[name.type], name.date, name.sequence, name.digits))
    known = (await work.get(FILES, [answer])).get(answer)
    if known is None or known.state is not FileState.SPLIT or not (await inbound.listing()).has(answer):
        return
    kind = ANSWERS[name.type]
    async with inbound.open(answer) as stream:
        rows = [record for record in read_records(stream) if record.type == kind and not record.unusable]
    for record in rows:
        cause = Message(
            id=derived_id("sent since", answer, record.row),
            queue="",
            correlation_id=f"{answer}:{record.row}",
            source_file=answer,
            deanery=name.deanery,
            row=record.row,
            body=b"",
        )
        values = {column: value for column, value in record.values.items() if value is not None}
        work.emit(f"{kind.lower()}.split", values, cause=cause)


async def _settle(runner: Runner, names: Sequence[str], since: date) -> list[str]:
    """Raise the counters, and end the withholding of exports, in one step; return the names of files that are gone."""
    work = runner.work()
    missing: list[str] = []
    counters = await work.get(COUNTERS, list(_NUMBERED))
    here = [FileName.parse(name) for name in names]
    for counter, (types, answer) in _NUMBERED.items():
        last = counters[counter].last if counter in counters else 0
        answers = await work.find(FILES, {"deanery": list(DEANERIES), "counter": [answer]})
        answered = [name for name in (FileName.parse(file.name) for file in answers) if name.date >= since]
        sent = [name for name in here if name.type in types]
        numbers = [name.sequence for name in (*sent, *answered)]
        if max(numbers, default=0) > last:
            work.put(COUNTERS, Counter(type=counter, last=max(numbers)))
        missing += await _gone(work, answered, types)
    await mark_settled(work)
    if work.has_changes:
        await work.commit()
    return missing


async def _gone(work: Work, answered: Sequence[FileName], types: Sequence[str]) -> list[str]:
    """Return the names of files that ESR has answered and that were not sent, as far as the store knows by now."""
    asked = {name: [str(replace(name, type=type_)) for type_ in types] for name in answered}
    entries = await work.get(OUTBOUND_FILES, [name for names in asked.values() for name in names])
    sent = {name for name, entry in entries.items() if entry.state not in _OPEN}
    return sorted(names[0] for names in asked.values() if sent.isdisjoint(names))
