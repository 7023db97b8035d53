"""Files for ESR that it has not confirmed by the day on which it should have, with the likeliest cause."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from tis_esr.decisions.quarantine_suspicion import suspected_causes
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.dates import day as in_words
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
"""Days after which a file that was never confirmed is no longer reported: nobody can do anything about it."""
_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)
_RESEND = "tis-esr export applicants --resend {name}"


class Unconfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A file without its APC or DCC: the day by which that was ``due``, and of an APP what may have had it quarantined.

    ``settled`` says who has dealt with it, and how; ``to_do`` what a person does.
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
    """Say whether a file that went out should have been confirmed before a day, though not so long before that nobody asks."""
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
    inbound: Iterable[InboundFile], outbound: Iterable[OutboundFile], today: date, due_days: int
) -> list[OutboundFile]:
    """Return the files that are unconfirmed on a day, oldest first, settled ones too."""
    overdue = [file for file in outbound if is_overdue(file, today, due_days)]
    came = {file.name for file in inbound if file.state not in NOT_TAKEN and not file.copy} if overdue else ()
    found = [file for file in overdue if answer_name(file.name) not in came]
    return sorted(found, key=lambda file: (file.day, file.name))


def described(state: Reader, files: Iterable[OutboundFile], due_days: int) -> list[Unconfirmed]:
    """Return unconfirmed files with what may be the cause of it."""
    return [_described(state, file, due_days) for file in files]


def unconfirmed_counts(files: Iterable[OutboundFile]) -> dict[tuple[str, ...], int]:
    """Return how many unconfirmed files there are by deanery and type, less what is settled."""
    return Counter((file.deanery, file.type) for file in files if not file.settled)


def working_day(state: Reader, today: date) -> date:
    """Return the day that a state stands at: ``today``, or the last day where days are run one by one for given dates."""
    begun = next(iter(state.get(DAYS, [DayBegun.KEY])), None)
    if begun is None:
        return today
    return max([begun.day, *(file.day for file in state.find(OUTBOUND_FILES, {}))])


def _described(state: Reader, file: OutboundFile, due_days: int) -> Unconfirmed:
    due = file.day + timedelta(days=due_days)
    suspected = _suspected(state, file.name) if file.type == "APP" else []
    text = f"{file.name} ({file.rows} rows): no {ANSWERED_BY[file.type]} by {in_words(due)}"
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
        again = _RESEND.format(name=file.name)
        return f"ask ESR whether it received or quarantined the file; once the cause is gone: {again}"
    return "ask ESR whether it received the file, and to send the DCC"


def _suspected(state: Reader, name: str) -> list[str]:
    rows: list[ApplicantRecord] = [
        *state.find(APPLICANTS, {"file": name}),
        *(resent.record for resent in state.find(RESENT, {"file": name})),
    ]
    rows.sort(key=lambda row: row.file_row or 0)
    ids = sorted({str(row.position_id) for row in rows})
    deleted = {p.position_id for p in state.get(POSITIONS, ids) if p.deleted} if ids else set()
    return suspected_causes(rows, deleted)
