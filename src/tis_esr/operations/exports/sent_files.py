"""Files sent to ESR with the state of their confirmation, and one of them with its rows by ESR's answer."""

from collections.abc import Collection as Some
from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.board.presence import answered_state
from tis_esr.operations.unconfirmed import ANSWERED_BY, answer_name
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RESENT,
    ApplicantRecord,
    NotificationRecord,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, NOT_TAKEN, InboundFile

_GONE_OUT = (OutboundState.WRITTEN, OutboundState.SENT)


class Confirmation(StrEnum):
    """Whether ESR has confirmed a file; OVERDUE is unconfirmed after its due day, PARTIAL an answer that can't be relied on.

    A confirmed file has the state that the board gives it by its rows: CONFIRMED, CONFIRMED_WITH_ERRORS or REJECTED.
    """

    BEING_CREATED = "BEING_CREATED"
    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    CONFIRMED_WITH_ERRORS = "CONFIRMED_WITH_ERRORS"
    REJECTED = "REJECTED"
    PARTIAL = "PARTIAL"
    OVERDUE = "OVERDUE"
    SETTLED = "SETTLED"


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file for ESR with rows. ``answer`` is the file that confirms it, which is due by the end of ``due``.

    ``separate`` says that it is for chosen records only, ``lacks`` what was unfinished when it was created.
    """

    name: str
    office: str
    type: str
    day: date
    rows: int
    held_back: int
    confirmation: Confirmation
    answer: str
    due: date
    settled: str
    separate: bool
    lacks: str


WITH_REJECTED_ROWS = (Confirmation.CONFIRMED_WITH_ERRORS, Confirmation.REJECTED)
"""The states of a file of which ESR rejected rows, or left some without an answer."""


class AnsweredRows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a file ESR accepted, rejected, or has not answered; ``resent`` are in a later file, or wait for one.

    ``lost`` count as never sent. ``not_kept`` are no longer stored.
    """

    accepted: int
    rejected: int
    unanswered: int
    resent: int
    lost: int
    not_kept: int


def sent_files(reader: Reader, offices: Some[str], first: date, today: date, due_days: int) -> list[SentFile]:
    """Return the files with rows of the days from ``first`` on, newest first."""
    found = reader.find(OUTBOUND_FILES, {"day": Between(first, today + timedelta(days=1))})
    mine = [file for file in found if file.rows and file.type in ANSWERED_BY and file.deanery in offices]
    answers, states = _answers(reader, mine), _states(reader, mine)
    files = [
        _sent(file, answers.get(answer_name(file.name)), states.get(file.name, {}), today, due_days)
        for file in mine
    ]
    return sorted(files, key=lambda file: (file.day, file.name), reverse=True)


def sent_file_of(
    reader: Reader, name: str, today: date, due_days: int
) -> tuple[SentFile, AnsweredRows] | None:
    """Return a file with its rows by answer; None if no file of this name with rows is known, or ESR answers none of its type."""
    file = next(iter(reader.get(OUTBOUND_FILES, [name])), None)
    if file is None or not file.rows or file.type not in ANSWERED_BY:
        return None
    answer, states = _answers(reader, [file]).get(answer_name(name)), _states(reader, [file])
    return _sent(file, answer, states.get(name, {}), today, due_days), _rows(reader, file)


def _answers(reader: Reader, files: list[OutboundFile]) -> dict[str, InboundFile]:
    names = [answer_name(file.name) for file in files]
    return {answer.name: answer for answer in reader.get(FILES, names)} if names else {}


def _states(reader: Reader, files: list[OutboundFile]) -> dict[str, dict[str, int]]:
    """Return the numbers of the records of each file by state, counted by the store."""
    found: dict[str, dict[str, int]] = {}
    for collection, types in ((APPLICANTS, ("APP",)), (NOTIFICATIONS, ("DNC", "DNF"))):
        names = [file.name for file in files if file.type in types]
        counted: Any = collection
        if names:
            for (name, state), number in reader.counts(
                counted, "file", "state", where={"file": names}
            ).items():
                found.setdefault(name, {})[state] = number
    return found


def _sent(
    file: OutboundFile, answer: InboundFile | None, states: Mapping[str, int], today: date, due_days: int
) -> SentFile:
    due = file.day + timedelta(days=due_days)
    state = confirmation(file, answer, is_overdue=due < today)
    return SentFile(
        name=file.name,
        office=file.deanery,
        type=file.type,
        day=file.day,
        rows=file.rows,
        held_back=file.held_back,
        confirmation=_by_rows(states) if state is Confirmation.CONFIRMED else state,
        answer=answer_name(file.name),
        due=due,
        settled=file.settled,
        separate=bool(file.only),
        lacks=file.lacks,
    )


def confirmation(file: OutboundFile, answer: InboundFile | None, *, is_overdue: bool) -> Confirmation:
    """Return the state of a file's confirmation by ESR's answer, if one is here."""
    if file.state not in _GONE_OUT:
        return Confirmation.BEING_CREATED
    if answer is not None and answer.state not in NOT_TAKEN and not answer.incomplete:
        return Confirmation.CONFIRMED
    if file.settled:
        return Confirmation.SETTLED
    if answer is not None:
        return Confirmation.PARTIAL
    return Confirmation.OVERDUE if is_overdue else Confirmation.WAITING


def _by_rows(states: Mapping[str, int]) -> Confirmation:
    """Return the state of a confirmed file by the states of its records."""
    confirmed, rejected, unanswered = (
        states.get(state.value, 0)
        for state in (RecordState.CONFIRMED, RecordState.REJECTED, RecordState.EXPORTED)
    )
    return Confirmation(answered_state(confirmed, rejected, unanswered).value)


def _rows(reader: Reader, file: OutboundFile) -> AnsweredRows:
    collection: Any = APPLICANTS if file.type == "APP" else NOTIFICATIONS
    records: list[ApplicantRecord | NotificationRecord] = reader.find(collection, {"file": file.name})
    here = {record.file_row for record in records}
    moved = {one.row for one in reader.find(RESENT, {"file": file.name})} - here
    lost = [one for one in records if isinstance(one, NotificationRecord) and not one.has_reached_esr]
    states = [record.state for record in records if record not in lost]
    return AnsweredRows(
        accepted=states.count(RecordState.CONFIRMED),
        rejected=states.count(RecordState.REJECTED),
        unanswered=states.count(RecordState.EXPORTED),
        resent=len(moved),
        lost=len(lost),
        not_kept=max(0, file.rows - len(here) - len(moved)),
    )
