"""Outbound files without their confirmation from ESR by its due day, with the likeliest cause."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.quarantine_suspicion import suspected_causes
from tis_esr.engine.collection import Between, Where
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectations import Waiver
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.processes.announced import is_served
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    RESENT,
    ApplicantRecord,
    OutboundFile,
    OutboundState,
)
from tis_esr.services.day_begun import DAYS, DayBegun
from tis_esr.services.inbound_data_reader.file_ledger import NOT_TAKEN, InboundFile
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

ANSWERED_BY = {"APP": "APC", "DNC": "DCC", "DNF": "DCC"}
"""The file type by which ESR confirms each of ours."""
LONGEST_DAYS = 60
"""An unconfirmed file is reported for this many days: later its placements have started."""
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)
_RESEND = "tis-esr export {kind} --resend {name}"


class Unconfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A file without its APC or DCC, which was ``due``; for an APP also the likely causes of a quarantine.

    ``settled`` says how a person settled it, or waived its answer; ``to_do`` is what a person does.
    """

    name: str
    deanery: str
    type: str
    day: date
    rows: int
    due: date
    suspected: list[str]
    settled: str
    text: str
    to_do: str


def is_overdue(file: OutboundFile, today: date, due_days: int) -> bool:
    """Return whether a sent file should have been confirmed before a day, and within the last LONGEST_DAYS."""
    due = file.day + timedelta(days=due_days)
    return (
        file.state in _GONE_OUT
        and file.type in ANSWERED_BY
        and file.rows > 0
        and due < today <= file.day + timedelta(days=LONGEST_DAYS)
    )


def answer_name(name: str) -> str:
    """Return the name of the file by which ESR confirms one of ours."""
    parsed = FileName.parse(name)
    return str(FileName(parsed.deanery, ANSWERED_BY[parsed.type], parsed.date, parsed.sequence))


def unconfirmed_files(
    inbound: Iterable[InboundFile],
    outbound: Iterable[OutboundFile],
    today: date,
    due_days: int,
    oldest: date | None,
    waivers: Sequence[Waiver],
) -> list[OutboundFile]:
    """Return the files that are unconfirmed on a day, oldest first, settled ones too.

    One whose answer is waived is settled by the waiver: nobody expects it.

    ``oldest`` is the oldest day that the ledger keeps, None if nothing was ever purged: the confirmation of an older
    file may have been purged.
    """
    kept = [file for file in outbound if oldest is None or file.day >= oldest]
    overdue = [file for file in kept if is_overdue(file, today, due_days)]
    came = {file.name for file in inbound if _is_whole(file)} if overdue else ()
    found = [file for file in overdue if answer_name(file.name) not in came]
    return sorted((_with_waiver(file, waivers) for file in found), key=lambda file: (file.day, file.name))


def waivers_in_force(today: date) -> Where:
    """Return where the waivers are that may settle a file which is unconfirmed on a day."""
    return {"until": Between(today - timedelta(days=LONGEST_DAYS), date.max)}


def _with_waiver(file: OutboundFile, waivers: Sequence[Waiver]) -> OutboundFile:
    answer = FileType(ANSWERED_BY[file.type])
    covering = [one for one in waivers if one.covers(file.deanery, answer, file.day)]
    if file.settled or not covering:
        return file
    newest = max(covering, key=lambda one: one.number)
    return msgspec.structs.replace(file, settled=newest.text)


def _is_whole(file: InboundFile) -> bool:
    """Return whether a file was processed to its end: one that is empty or cut off may lack any number of answers."""
    return file.state not in NOT_TAKEN and not file.copy and not file.incomplete


def described(state: Reader, files: Iterable[OutboundFile], due_days: int) -> list[Unconfirmed]:
    """Return unconfirmed files with their likely causes."""
    return [_described(state, file, due_days) for file in files]


def unconfirmed_counts(files: Iterable[OutboundFile]) -> dict[tuple[str, ...], int]:
    """Return the number of unconfirmed files by deanery and type, without settled ones."""
    return Counter((file.deanery, file.type) for file in files if not file.settled)


def working_day(state: Reader, today: date) -> date:
    """Return the day of a state: ``today``, or the last day that was run if days are run one by one with given dates.

    Where services run, it is ``today``, also if a day was run manually before.
    """
    begun = next(iter(state.get(DAYS, [DayBegun.KEY])), None)
    if begun is None or is_served(state):
        return today
    return max([begun.day, *(file.day for file in state.find(OUTBOUND_FILES, {}))])


def _described(state: Reader, file: OutboundFile, due_days: int) -> Unconfirmed:
    due = file.day + timedelta(days=due_days)
    suspected = _suspected(state, file.name) if file.type == "APP" else []
    text = (
        f"{file.name} ({counted(file.rows, 'row')}): no complete {ANSWERED_BY[file.type]} by {in_words(due)}"
    )
    if file.type == "APP":
        causes = f"; likeliest cause: {suspected[0]}" if suspected else ""
        text += f"; ESR may have quarantined the whole file{causes}"
    return Unconfirmed(
        name=file.name,
        deanery=file.deanery,
        type=file.type,
        day=file.day,
        rows=file.rows,
        due=due,
        suspected=suspected,
        settled=file.settled,
        text=text,
        to_do=_to_do(file),
    )


def _to_do(file: OutboundFile) -> str:
    if file.settled:
        return ""
    if file.type == "APP":
        again = _RESEND.format(kind="applicants", name=file.name)
        return f"ask ESR whether it received or quarantined the file; once the cause is gone: {again}"
    again = _RESEND.format(kind="notifications", name=file.name)
    return f"ask ESR whether it loaded the file, and to send the DCC; if it did not: {again}"


def _suspected(state: Reader, name: str) -> list[str]:
    rows: list[ApplicantRecord] = [
        *state.find(APPLICANTS, {"file": name}),
        *(resent.record for resent in state.find(RESENT, {"file": name})),
    ]
    rows.sort(key=lambda row: row.file_row or 0)
    ids = sorted({str(row.position_id) for row in rows})
    deleted = {p.position_id for p in state.get(POSITIONS, ids) if p.deleted} if ids else set()
    return suspected_causes(rows, deleted)
