"""The outcome of one row: of a file from ESR, or of a file to ESR, and who must act."""

from collections.abc import Iterator

from tis_esr.counted import counted
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.operations.kept import files_without_rows
from tis_esr.operations.record_words import record_words
from tis_esr.operations.states import words
from tis_esr.operations.unconfirmed import ANSWERED_BY
from tis_esr.operations.why.answers import Answer
from tis_esr.operations.why.of_position import of_position
from tis_esr.operations.why.of_updates import of_updates
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    RESENT,
    ApplicantRecord,
    NotificationRecord,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

Record = ApplicantRecord | NotificationRecord
_OF_ASSIGNMENTS = frozenset({"PER", "PBD", "ADD", "ABS"})
_BACK = 200
"""How many rows of one assignment are searched for its ASG row."""
_NO_BODY = (Who.NOBODY, "")
_UNMATCHED_BY_TYPE = {
    "POR": (Who.TRUST, "correct the post number in ESR, or have the local office create the post in TIS"),
    "POS": (Who.TRUST, "correct the post number in ESR, or have the local office create the post in TIS"),
    "APC": (Who.SUPPORT, "ask ESR which record it answers"),
    "DCC": (Who.SUPPORT, "ask ESR which record it answers"),
}
_UNMATCHED = (Who.TRUST, "compare the person's number and post in ESR with TIS")
_ACTS = {
    RowState.PENDING: (
        Who.SUPPORT,
        "check that the services run and TCS responds (tis-esr doctor); it goes on by itself",
    ),
}


def record_of_row(state: Reader, file: str, row: int) -> Record | None:
    """Return the record that was sent in a row of one of our files; None if no record is known that was."""
    where = {"file": file, "file_row": row}
    found: list[Record] = [*state.find(APPLICANTS, where), *state.find(NOTIFICATIONS, where)]
    if found:
        return found[0]
    return next((resent.record for resent in state.get(RESENT, [f"{file}:{row}"])), None)


def of_row(state: Reader, file: str, number: int) -> tuple[bool, list[Answer]]:
    """Return whether an inbound row is known, and the answers about it: its outcome, and what it is about."""
    rows = state.rows([(file, number)])
    if not rows:
        return False, [_unknown(state, file, number)]
    return True, list(_answers(state, rows[0]))


def _unknown(state: Reader, file: str, number: int) -> Answer:
    about = f"Row {number} of {file}"
    known = next(iter(state.get(FILES, [file])), None)
    if known is not None and not known.rows_gone:
        said = f"is not known: the file has {counted(known.rows, 'row')}"
        return Answer(about=about, sentence=said, who=Who.ASKER, action="check the number of the row")
    if files_without_rows(state, [file]):
        return Answer(about=about, sentence="has been purged (keep_rows_days)", who=Who.NOBODY)
    action = "check its name: tis-esr files lists those that are known"
    return Answer(
        about=about, sentence="is not known: no such file is known here", who=Who.ASKER, action=action
    )


def _answers(state: Reader, row: Row) -> Iterator[Answer]:
    yield _outcome(row)
    id_ = f"{row.file}:{row.row}"
    for position in state.find(POSITIONS, {"correlation_id": id_}):
        yield of_position(position)
    if row.type in _OF_ASSIGNMENTS or row.type == "ASG":
        entries = state.find(JOURNAL, {"correlation_id": _assignment(state, row)})
        yield from of_updates([entry for entry in entries if entry.row == row.row])
    for file_type, answer in ANSWERED_BY.items():
        if row.type == answer and f"_{answer}_" in row.file:
            yield from _answered(state, row, row.file.replace(f"_{answer}_", f"_{file_type}_"))


def parked_action(file: str) -> str:
    """Return what support does about parked rows of a file: for each cause the parked desk says who acts, and whether a retry helps."""
    return f"see who acts, and whether a retry helps: tis-esr parked list --file {file}"


def _outcome(row: Row) -> Answer:
    who, action = _ACTS.get(row.state, _NO_BODY)
    if row.state is RowState.PARKED:
        who, action = Who.SUPPORT, parked_action(row.file)
    elif row.state is RowState.UNMATCHED:
        who, action = _UNMATCHED_BY_TYPE.get(row.type, _UNMATCHED)
    why = f": {row.reason}" if row.reason else ""
    return Answer(
        about=f"Row {row.row} of {row.file} ({record_words(row.type)})",
        sentence=f"ended as {words(row.state.name)}{why}"
        if row.state is not RowState.PENDING
        else "is not handled yet",
        who=who,
        action=action,
        correlation_ids=[f"{row.file}:{row.row}"],
    )


def _assignment(state: Reader, row: Row) -> str:
    """Return the correlation id of the assignment that a row belongs to: that of its ASG row."""
    before = [(row.file, number) for number in range(max(1, row.row - _BACK), row.row + 1)]
    heads = [other.row for other in state.rows(before) if other.type == "ASG"]
    return f"{row.file}:{max(heads, default=row.row)}"


def _answered(state: Reader, row: Row, ours: str) -> Iterator[Answer]:
    """Yield which record a row of a confirmation answers."""
    found: list[Record] = [
        *state.find(APPLICANTS, {"file": ours}),
        *state.find(NOTIFICATIONS, {"file": ours}),
    ]
    for record in found:
        if any((answer.file, answer.row) == (row.file, row.row) for answer in record.answers):
            said = f"is the one that it answers, now {words(record.state.value)}; ask with {_word(record)} for all about it"
            kind = "Applicant" if isinstance(record, ApplicantRecord) else "Notification"
            yield Answer(
                about=f"{kind} {record.key} (row {record.file_row} of {ours})", sentence=said, who=Who.NOBODY
            )


def _word(record: Record) -> str:
    if isinstance(record, ApplicantRecord):
        return f"placement:{record.placement_id}"
    return f"position:{record.position_id}"
