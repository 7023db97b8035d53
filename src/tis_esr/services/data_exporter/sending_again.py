"""How an applicant record follows ESR's answers and TIS once it was sent, and becomes one to be sent again.

Part of the DataExporter. Pure, and the same in whatever order answers and newer versions come: a record that ESR
rejected goes once more as soon as TIS has it otherwise than it was sent, and stays rejected once TIS has it so again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from tis_esr.services.data_exporter.outbound import (
    PENDING,
    SENT,
    ApplicantRecord,
    EsrAnswer,
    RecordState,
    Resent,
    Sending,
)

ANSWERS_KEPT = 20
"""How many rows of ESR's answers are kept of one record: one is usual, a warning with a success makes two."""


@dataclass(frozen=True)
class Change:
    """A record as it becomes, and how it was sent before, where that is to be kept from now on."""

    record: ApplicantRecord
    kept: Resent | None = None


def generated_again(stored: ApplicantRecord, fresh: ApplicantRecord, before: Resent | None) -> Change:
    """Return what becomes of a record that was sent, or sent ``before``, now that TIS has it as ``fresh``."""
    if stored.state in SENT:
        differs = fresh.fields != stored.fields
        return _anew(msgspec.structs.replace(stored, newer=fresh if differs else None))
    if before is not None and not stored.resend and fresh.fields == before.record.fields:
        return _as_before(stored, before)
    return Change(
        msgspec.structs.replace(fresh, answers=stored.answers, earlier=stored.earlier, resend=stored.resend)
    )


def generated_no_more(stored: ApplicantRecord, before: Resent | None) -> Change | None:
    """Return what becomes of a record that TIS no longer asks for; None where that is not decided here.

    One that waits to go again is what it was before.
    """
    if stored.state in PENDING and before is not None:
        return _as_before(stored, before)
    if stored.state in SENT and stored.newer is not None:
        return Change(msgspec.structs.replace(stored, newer=None))
    return None


def answered(stored: ApplicantRecord, answer: EsrAnswer, before: Resent | None) -> Change:
    """Return what becomes of a record by an answer of ESR: to its last sending, or to the one ``before``.

    What ESR accepted once it has, whatever it says of it another time.
    """
    record = msgspec.structs.replace(stored, answers=with_answer(stored.answers, answer))
    if record.state in SENT:
        return _anew(msgspec.structs.replace(record, state=state_by(record.answers, record.file)))
    if before is None or state_by(record.answers, before.file) is not RecordState.CONFIRMED:
        return Change(record)
    back = _as_before(record, before).record
    if record.state in PENDING and record.fields != back.fields:
        newer = msgspec.structs.replace(record, answers=[], earlier=[], resend=False)
        back = msgspec.structs.replace(back, newer=newer)
    return Change(back)


def put_back(stored: ApplicantRecord) -> Change:
    """Return a record that was sent as one to be sent again, because a person asks for it; as TIS has it by now."""
    again = stored.newer or stored
    return _to_go_again(stored, msgspec.structs.replace(again, resend=True, built_at=0.0))


def state_by(answers: Iterable[EsrAnswer], file: str | None) -> RecordState:
    """Return the state of a record that was sent in ``file`` last: in each file the last row of the answer decides."""
    last = {answer.of or file: answer for answer in answers}
    if any(answer.is_accepted for answer in last.values()):
        return RecordState.CONFIRMED
    return RecordState.REJECTED if file in last else RecordState.EXPORTED


def with_answer(answers: Iterable[EsrAnswer], answer: EsrAnswer) -> list[EsrAnswer]:
    """Return answers with one more, in the order of their files and rows; the same row again changes nothing."""
    places = {(known.file, known.row): known for known in answers} | {(answer.file, answer.row): answer}
    return [places[place] for place in sorted(places)][-ANSWERS_KEPT:]


def _anew(record: ApplicantRecord) -> Change:
    """Return a record that was sent, as one to go again where ESR rejected it and TIS has it otherwise since."""
    if record.state is not RecordState.REJECTED or record.newer is None:
        return Change(record)
    return _to_go_again(record, record.newer)


def _to_go_again(sent: ApplicantRecord, again: ApplicantRecord) -> Change:
    place = Sending(sent.file or "", sent.file_row or 0)
    waiting = msgspec.structs.replace(
        again,
        state=RecordState.INVALID_DATA if again.missing else RecordState.TO_EXPORT,
        file=None,
        file_row=None,
        answers=sent.answers,
        earlier=[*sent.earlier, place],
        newer=None,
    )
    was = msgspec.structs.replace(sent, newer=None)
    return Change(waiting, Resent(file=place.file, row=place.row, position_id=sent.position_id, record=was))


def _as_before(stored: ApplicantRecord, before: Resent) -> Change:
    """Return a record that is not to go again after all: as it was sent before."""
    state = state_by(stored.answers, before.file)
    return Change(msgspec.structs.replace(before.record, answers=stored.answers, state=state))
