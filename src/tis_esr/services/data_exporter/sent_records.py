"""How a sent applicant record changes with ESR's answers and TIS's data, and when it is to be resent.

Part of the DataExporter. Pure, with the same result in whatever order answers and newer versions arrive: a record that
ESR rejected is resent once TIS has other data than were sent, and stays rejected if TIS has the sent data again.
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

REPLACED = "ESR was sent its withdrawal, and another applicant for its placement"
ANSWERS_KEPT = 20
"""How many rows of ESR's answers are stored for one record: one is usual, a success with a warning has two."""


@dataclass(frozen=True)
class Change:
    """A changed record, and its earlier sending if that is to be stored from now on."""

    record: ApplicantRecord
    kept: Resent | None = None


def generated_again(stored: ApplicantRecord, fresh: ApplicantRecord, before: Resent | None) -> Change:
    """Return the change of a record that was sent, or sent ``before``, now that TIS has it as ``fresh``."""
    if stored.state in SENT:
        differs = fresh.fields != stored.fields
        return _followed_up(msgspec.structs.replace(stored, newer=fresh if differs else None))
    if before is not None and not stored.resend and fresh.fields == before.record.fields:
        return _as_before(stored, before)
    return Change(
        msgspec.structs.replace(fresh, answers=stored.answers, earlier=stored.earlier, resend=stored.resend)
    )


def replaced(
    stored: ApplicantRecord, fresh: ApplicantRecord, before: Resent | None
) -> ApplicantRecord | None:
    """Return the sending that ``fresh`` does not follow but replaces: of another trainee, or withdrawn since; else None."""
    sent = stored if stored.state in SENT else before.record if before is not None else None
    if sent is None or not (stored.withdrawn or stored.person_id != fresh.person_id):
        return None
    answers = [answer for answer in stored.answers if (answer.of or sent.file) == sent.file]
    return msgspec.structs.replace(sent, answers=answers, newer=None, replaced=True, reason=REPLACED)


def generated_no_more(stored: ApplicantRecord, before: Resent | None) -> Change | None:
    """Return the change of a record that is no longer generated; None if that is not decided here.

    One that waits to be resent is again what it was before.
    """
    if stored.state in PENDING and before is not None:
        return _as_before(stored, before)
    if stored.state in SENT and stored.newer is not None:
        return Change(msgspec.structs.replace(stored, newer=None))
    return None


def answered(stored: ApplicantRecord, answer: EsrAnswer, before: Resent | None) -> Change:
    """Return the change of a record by an answer of ESR to its last sending, or to the one ``before``.

    What ESR accepted once stays accepted, whatever it answers to another sending.
    """
    record = msgspec.structs.replace(stored, answers=with_answer(stored.answers, answer))
    if record.state in SENT:
        return _followed_up(msgspec.structs.replace(record, state=state_by(record.answers, record.file)))
    if before is None or state_by(record.answers, before.file) is not RecordState.CONFIRMED:
        return Change(record)
    back = _as_before(record, before).record
    if record.state in PENDING and record.fields != back.fields:
        newer = msgspec.structs.replace(record, answers=[], earlier=[], resend=False)
        back = msgspec.structs.replace(back, newer=newer)
    return Change(back)


def requeued(stored: ApplicantRecord) -> Change:
    """Return a sent record as one to resend on a person's request, with TIS's present data."""
    again = stored.newer or stored
    return _to_resend(stored, msgspec.structs.replace(again, resend=True, built_at=0.0))


def state_by(answers: Iterable[EsrAnswer], file: str | None) -> RecordState:
    """Return the state of a record whose last file is ``file``: in each file the last row of the answer decides."""
    last = {answer.of or file: answer for answer in answers}
    if any(answer.is_accepted for answer in last.values()):
        return RecordState.CONFIRMED
    return RecordState.REJECTED if file in last else RecordState.EXPORTED


def with_answer(answers: Iterable[EsrAnswer], answer: EsrAnswer) -> list[EsrAnswer]:
    """Return answers with one more, in the order of their files and rows; the same row changes nothing."""
    places = {(known.file, known.row): known for known in answers} | {(answer.file, answer.row): answer}
    return [places[place] for place in sorted(places)][-ANSWERS_KEPT:]


def _followed_up(record: ApplicantRecord) -> Change:
    """Return a sent record, as one to resend if ESR rejected it and TIS has other data since."""
    if record.state is not RecordState.REJECTED or record.newer is None:
        return Change(record)
    return _to_resend(record, record.newer)


def _to_resend(sent: ApplicantRecord, again: ApplicantRecord) -> Change:
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
    """Return a record that is not to be resent after all: as it was sent before."""
    state = state_by(stored.answers, before.file)
    return Change(msgspec.structs.replace(before.record, answers=stored.answers, state=state))
