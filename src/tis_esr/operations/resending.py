"""Resends applicants of an APP file that ESR rejected or lost, in a new file: which rows, and how."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.applicant_eligibility import Cause
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.dates import day as in_words
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.contracts.bodies import MATCHED
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, ask
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, ROWS_A_CHUNK, ExportRun
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    RESENT,
    SENT,
    ApplicantRecord,
    OutboundFile,
    OutboundState,
    RecordState,
    Sending,
)
from tis_esr.services.data_exporter.region_starts import refuse_while_starting
from tis_esr.services.data_exporter.resent_records import save
from tis_esr.services.data_exporter.sent_records import requeued
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

_OPTION = "--resend"
_HINTS = {
    "APP": "rows of a DNC are resent with tis-esr export notifications --resend",
    "DNC": "rows of an APP are resent with tis-esr export applicants --resend",
}


class LeftRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row (counted from 1) that is not resent, and the reason."""

    row: int
    reason: str


@dataclass(frozen=True)
class Plan:
    """The rows of a file to resend: records' keys by row; ``left`` are rows that can't be resent, without accepted ones."""

    file: str
    deanery: str
    rows: dict[int, str]
    left: list[LeftRow]


def rows_of(text: str) -> list[int]:
    """Return the rows that ``3,5-7`` names. Raises UsageError."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)) or int(first) < 1:
            raise UsageError("--only", f"{part.strip()!r} is not a row or a range of rows; write 3,5-7")
        found += range(int(first), int(last or first) + 1)
        if len(found) > 100_000:
            raise UsageError("--only", f"{part.strip()!r} names too many rows")
    return sorted(set(found))


def plan(
    state: Reader,
    name: str,
    only: Sequence[int] | None,
    *,
    day: date,
    window: ApplicantWindow,
    due_days: int,
) -> Plan:
    """Return which rows of a file may be resent on a day: those that ESR rejected, or did not confirm in time.

    Raises UsageError if the file was never sent from here, or if one of the rows ``only`` can't be resent.
    """
    file = sent_file(state, name, ("APP",))
    rows: dict[int, str] = {}
    left: list[LeftRow] = []
    reasons = dict(_judged(state, file, day, window, due_days))
    chosen = range(1, file.rows + 1) if only is None else only
    for row in chosen:
        key, reason, is_accepted = reasons.get(row, ("", f"the file has {counted(file.rows, 'row')}", False))
        if not reason:
            rows[row] = key
        elif not (is_accepted and only is None):
            left.append(LeftRow(row=row, reason=reason))
    if only is not None and left:
        said = "; ".join(f"row {one.row}: {one.reason}" for one in left[:10])
        raise UsageError("--only", f"{name}: nothing was resent. {said}")
    return Plan(name, file.deanery, rows, left)


async def requeue_rows(begin: Callable[[], Work], found: Plan, day: date) -> None:
    """Make the records pending again, chunk by chunk; one that was resent meanwhile is unchanged."""
    await refuse_while_starting(begin(), found.deanery)
    keys = list(found.rows.values())
    for start in range(0, len(keys), ROWS_A_CHUNK):
        work = begin()
        await requeue(work, found.file, keys[start : start + ROWS_A_CHUNK])
        await work.commit()
    work = begin()
    await settle_resent(work, found.file, day)
    await work.commit()


async def resent_files(
    begin: Callable[[], Work], out: FileStore, window: ApplicantWindow, day: date, found: Plan
) -> list[OutboundFile]:
    """Make the rows pending again and write them to a separate file, with the next number."""
    await requeue_rows(begin, found, day)
    run = ExportRun(begin, out, APPLICANT_EXPORT, window=window, only_compared=False)
    files = await run.run(day, [found.deanery], occasion=uuid4().hex, only=list(found.rows.values()))
    return [file for file in files if file.rows]


async def request_resent_file(begin: Callable[[], Work], day: date, found: Plan) -> None:
    """Make the rows pending again and request a separate file for them from a running DataExporter, with TIS's data of then."""
    await requeue_rows(begin, found, day)
    work = begin()
    ask(work, APPLICANT_COMMAND, day, [found.deanery], uuid4().hex, only=list(found.rows.values()))
    await work.commit()


async def requeue(work: Work, file: str, keys: Iterable[str]) -> int:
    """Make records of a file pending again; return how many were not confirmed or resent meanwhile."""
    known = (await work.get(APPLICANTS, keys)).values()
    again = [one for one in known if one.file == file and one.state in SENT]
    again = [one for one in again if one.state is not RecordState.CONFIRMED]
    for record in again:
        await save(work, requeued(record))
    return len(again)


async def settle_resent(work: Work, name: str, day: date) -> None:
    """Settle the missing confirmation of a file whose unanswered rows are all resent."""
    file = (await work.get(OUTBOUND_FILES, [name]))[name]
    waiting = [
        record
        for record in await work.find(APPLICANTS, {"file": name})
        if record.file == name and record.state is RecordState.EXPORTED
    ]
    if not waiting and not file.settled:
        settled = f"its rows were resent on {in_words(day)}"
        work.put(OUTBOUND_FILES, msgspec.structs.replace(file, settled=settled))


def sent_file(state: Reader, name: str, types: Sequence[str]) -> OutboundFile:
    """Return a file that was sent from here; raises UsageError if it was not, or has another type than ``types``."""
    try:
        parsed = FileName.parse(name)
    except BadFileNameError as error:
        raise UsageError(_OPTION, str(error)) from error
    if parsed.type not in types:
        raise UsageError(_OPTION, f"{name} is not of type {' or '.join(types)}; {_HINTS[types[0]]}")
    file = next(iter(state.get(OUTBOUND_FILES, [name])), None)
    if file is None or not file.rows:
        raise UsageError(_OPTION, f"{name}: no file of this name was sent from here")
    if file.state not in {OutboundState.WRITTEN, OutboundState.SENT}:
        kind = "applicants" if parsed.type == "APP" else "notifications"
        raise UsageError(_OPTION, f"{name} is not written yet; run tis-esr export {kind} to finish it")
    return file


def _judged(
    state: Reader, file: OutboundFile, day: date, window: ApplicantWindow, due_days: int
) -> Iterator[tuple[int, tuple[str, str, bool]]]:
    """Yield for each row its record's key, why it can't be resent ("" if it can), and whether ESR accepted it."""
    now = state.find(APPLICANTS, {"file": file.name})
    judge = _Judge(state, file, day, window, due_days, now)
    for record in now:
        is_accepted = record.state is RecordState.CONFIRMED
        reason = "ESR accepted it" if is_accepted else judge.reason(record)
        yield record.file_row or 0, (record.key, reason, is_accepted)
    here = {record.file_row for record in now}
    moved = [one for one in state.find(RESENT, {"file": file.name}) if one.row not in here]
    of_positions = state.find(APPLICANTS, {"position_id": sorted({one.position_id for one in moved})})
    since = {place: record for record in of_positions for place in record.earlier}
    for one in moved:
        yield one.row, (one.record.key, _went(since.get(Sending(one.file, one.row))), False)


class _Judge:
    """Returns why a record that ESR has not accepted can't be resent, "" if it can."""

    def __init__(
        self,
        state: Reader,
        file: OutboundFile,
        day: date,
        window: ApplicantWindow,
        due_days: int,
        records: Sequence[ApplicantRecord],
    ) -> None:
        ids = sorted({str(record.position_id) for record in records})
        keys = [record.place for record in records]
        self._positions = {p.position_id: p for p in state.get(POSITIONS, ids)} if ids else {}
        self._decided = {DECISIONS.key(d): d for d in state.get(DECISIONS, keys)} if keys else {}
        self._due = file.day + timedelta(days=due_days)
        self._day, self._window = day, window

    def reason(self, record: ApplicantRecord) -> str:
        if record.state is RecordState.EXPORTED and self._day <= self._due:
            return f"ESR has until {in_words(self._due)} to answer"
        return self._of_position(record) or self._of_sending(record) or self._of_data(record)

    def _of_sending(self, record: ApplicantRecord) -> str:
        if record.replaced:
            return f"placement {record.placement_id} had another trainee since, or another record was sent for it"
        return "ESR was sent its withdrawal" if record.withdrawn else ""

    def _of_position(self, record: ApplicantRecord) -> str:
        position, decision = self._positions.get(record.position_id), self._decided.get(record.place)
        if position is not None and position.deleted:
            return f"ESR deleted position {record.position_id}"
        if position is not None and position.status != MATCHED:
            return f"position {record.position_id} is no longer matched to a post in TIS"
        if decision is not None and decision.person_id not in {None, record.person_id}:
            return f"placement {record.placement_id} has another trainee in TIS"
        if decision is not None and decision.cause is not Cause.NONE:
            return f"no applicant record is produced for its placement: {decision.reason}"
        return ""

    def _of_data(self, record: ApplicantRecord) -> str:
        again = record.newer or record
        if again.missing:
            return f"TIS lacks {', '.join(again.missing)}"
        if not again.fields:
            return "its data are no longer kept (keep_personal_days)"
        if not self._window.holds(again.date_from, self._day):
            return f"it starts on {in_words(again.date_from)}, outside of the applicant window"
        return ""


def _went(record: ApplicantRecord | None) -> str:
    if record is None:
        return "its record is no longer kept (keep_history_days)"
    if record.file:
        return f"it was resent in {record.file}, row {record.file_row}"
    return "it waits to be resent with the next file"
