"""What ESR was sent about an applicant, what it answered, and what has changed since."""

from datetime import date, timedelta

from tis_esr.counted import counted
from tis_esr.decisions import rejected_by_esr
from tis_esr.decisions.applicant_eligibility import REPORTED, Cause, Verdict, verdict
from tis_esr.decisions.applicants import FROM_ESR
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.rejected_by_esr import OF_NOTIFICATION, REJECTION_WHO
from tis_esr.decisions.sent_applicants import dates_fact, has_reportable_dates, is_somebody_elses
from tis_esr.decisions.who import Who
from tis_esr.operations.dates import day, period
from tis_esr.operations.record_words import kind_words
from tis_esr.operations.why.answers import Answer
from tis_esr.operations.why.holdings import Holdings
from tis_esr.operations.why.in_tis import InTis
from tis_esr.operations.why.of_unsent import ACTS, generate_again
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import (
    PENDING,
    SENT,
    ApplicantRecord,
    EsrAnswer,
    NotificationRecord,
    Outbound,
    OutboundState,
    RecordState,
)
from tis_esr.tcs.models import Placement

_DATES, _WITHDRAWAL = "4", "2"
_BY_HAND = "create the record in ESR manually"
_OTHER_TRAINEE = "has another trainee in TIS now"


def of_applicant(
    record: ApplicantRecord, held: Holdings, tis: InTis, today: date, window: ApplicantWindow
) -> list[Answer]:
    """Return everything about an applicant record, in chronological order."""
    about = (
        f"Placement {record.placement_id} for position {record.position_id} ({record.deanery_number},"
        f" {period(record.date_from, record.date_to)})"
    )
    if record.state in SENT:
        sentence, who, action = _sent(record, held, today)
    elif record.state is RecordState.DELETED_BEFORE_EXPORT:
        sentence, who, action = _cancelled(record, held, tis, today)
    else:
        sentence, who, action = _not_sent(record, today, window)
    first = Answer(
        about=about, sentence=sentence, who=who, action=action, correlation_ids=[record.correlation_id]
    )
    changes = held.told_of(record)
    return [
        first,
        *(of_notification(n, held, today) for n in changes),
        *_not_told(record, changes, tis, today),
    ]


def of_notification(record: NotificationRecord, held: Holdings, today: date) -> Answer:
    """Return the outcome of a notification."""
    about = f"Notification of type {record.type} ({_title(record)}) for position {record.position_id}"
    if record.state in SENT:
        sentence, who, action = _sent(record, held, today)
    elif record.is_held_back:
        action = "correct what the column is built from, or report it to support"
        sentence, who = _held_back(record), Who.SUPPORT
    elif record.state in PENDING:
        sentence, who, action = "waits for the next DNC file", Who.NOBODY, ""
    else:
        sentence, who, action = f"was cancelled before export: {record.reason}", Who.NOBODY, ""
    return Answer(
        about=about, sentence=sentence, who=who, action=action, correlation_ids=[record.correlation_id]
    )


def _title(record: NotificationRecord) -> str:
    if record.type == _DATES:
        first, _, last = record.fact.partition("/")
        return f"new dates {period(date.fromisoformat(first), date.fromisoformat(last))}"
    return {"1": "who is in the post now and next", _WITHDRAWAL: "withdrawal", "5": "new post"}.get(
        record.type, "other"
    )


def _sent(record: Outbound, held: Holdings, today: date) -> tuple[str, Who, str]:
    if record.file is None:
        return f"was {record.reason}", Who.NOBODY, ""
    file = held.files.get(record.file or "")
    where = f"{record.file}, row {record.file_row}"
    if file is not None and file.state in {OutboundState.ALLOCATING, OutboundState.ALLOCATED}:
        action = "find out why the export stopped (tis-esr doctor), then run it again"
        return f"is allocated to {where}; the file has not been written yet", Who.SUPPORT, action
    sent = f"was sent to ESR on {day(file.day)} in {where}" if file else f"was sent to ESR in {where}"
    sent = _before(record) + sent
    if isinstance(record, NotificationRecord) and not record.has_reached_esr:
        return f"{sent}; it was reported as not loaded by ESR, and counts as never sent", Who.NOBODY, ""
    if record.answers and record.state is not RecordState.EXPORTED:
        who, action = _acts_on(record)
        return f"{sent}; {'; '.join(map(answered, record.answers))}", who, action
    if file is not None and file.settled:
        return f"{sent}; ESR has not answered; settled: {file.settled}", Who.NOBODY, ""
    if file is not None and today > file.day + held.answer_due:
        if file.name in held.answered:
            action = "ask ESR the outcome of this row: its confirmation of the file does not answer it"
            return f"{sent}; ESR has confirmed the file, and has not answered this row", Who.SUPPORT, action
        action = "ask ESR whether it received the file or quarantined it"
        return f"{sent}; ESR has not answered, and the answer is overdue", Who.SUPPORT, action
    return f"{sent}; ESR has not answered yet", Who.NOBODY, ""


def answered(answer: EsrAnswer) -> str:
    """Return ESR's answer as part of a sentence, with ESR's own text."""
    text = f': "{answer.text}"' if answer.text else ""
    said = "accepted it" if answer.is_accepted else "rejected it"
    number = f" (applicant number {answer.applicant_number})" if answer.applicant_number else ""
    return f"ESR {said}{kind_words(answer.kind)}{text}{number} ({answer.file}, row {answer.row})"


def _before(record: Outbound) -> str:
    """Return the earlier files in which an applicant was sent, as the beginning of a sentence."""
    if not isinstance(record, ApplicantRecord) or not record.earlier:
        return ""
    return "".join(f"was sent in {place.file}, row {place.row}; then " for place in record.earlier)


def _acts_on(record: Outbound) -> tuple[Who, str]:
    if record.state is RecordState.REJECTED:
        is_applicant = isinstance(record, ApplicantRecord)
        action = (
            rejected_by_esr.of_applicant(record.file, record.file_row) if is_applicant else OF_NOTIFICATION
        )
        return REJECTION_WHO, action
    if any(answer.is_warning for answer in record.answers):
        return Who.TRUST, "read ESR's warning and check the record in ESR"
    return Who.NOBODY, ""


def _not_sent(record: ApplicantRecord, today: date, window: ApplicantWindow) -> tuple[str, Who, str]:
    first, end = window.edges(today)
    is_late = record.date_from < first
    late = f"it starts less than {counted(window.opens_days, 'day')} from {day(today)}, too late for ESR"
    if record.state is RecordState.INVALID_DATA:
        said, who, action = _invalid(record)
        return (f"{said}; {late}", Who.TRUST, _BY_HAND) if is_late else (said, who, action)
    if record.date_from >= end:
        due = record.date_from - timedelta(weeks=window.closes_weeks) + timedelta(days=1)
        said = f"is not due yet: it starts {counted(window.closes_weeks, 'week')} or more from {day(today)}"
        return f"{said}; it will be sent on {day(due)}", Who.NOBODY, ""
    if is_late:
        return f"was not sent: {late}", Who.TRUST, _BY_HAND
    if record.earlier:
        said = f"{_before(record)}waits to be resent with the next APP file, with the present data of TIS"
        return "; ".join([said, *map(answered, record.answers)]), Who.NOBODY, ""
    said = "waits for the next APP file: it was created after the last one, or that file had 40 records for its post"
    return said, Who.NOBODY, ""


def _cancelled(record: ApplicantRecord, held: Holdings, tis: InTis, today: date) -> tuple[str, Who, str]:
    """Return why a record was cancelled: from the placement's present state in TIS, else from the last decision."""
    now = tis.asked.get(record.placement_id)
    decided = next((d for d in held.decisions if DECISIONS.key(d) == record.place), None)
    if record.placement_id in tis.asked and now is None:
        return "was cancelled before export: TIS no longer has the placement", Who.NOBODY, ""
    if is_somebody_elses(now, record.person_id):
        return f"was cancelled before export: {_OTHER_TRAINEE}", Who.NOBODY, ""
    judged = Verdict(decided.cause, decided.reason) if decided else REPORTED
    if now is not None:
        judged = verdict(now, today)
    if judged.cause is Cause.STARTED:
        said = "was not sent: its placement started before it could be sent"
        return said, Who.TRUST, _BY_HAND
    if judged.cause is Cause.NONE:
        return f"was cancelled before export: {record.reason}", Who.NOBODY, ""
    return f"was cancelled before export: {judged.text}", *ACTS[judged.cause]


def _invalid(record: ApplicantRecord) -> tuple[str, Who, str]:
    """Return who adds or corrects the value: the trust for ESR's own columns, otherwise the local office."""
    if record.is_held_back:
        action = "correct it in TIS; the record is built again with the next daily comparison"
        return _held_back(record), Who.LOCAL_OFFICE, action
    from_esr = [name for name in record.missing if name in FROM_ESR]
    from_tis = [name for name in record.missing if name not in FROM_ESR]
    sentence = f"can't be sent: {record.reason}"
    if from_tis or not from_esr:
        return (
            sentence,
            Who.LOCAL_OFFICE,
            "add it in TIS; the record is built again with the next daily comparison",
        )
    return sentence, Who.TRUST, "add it to the position in ESR; the record is sent once ESR's file has it"


def _held_back(record: Outbound) -> str:
    return f"was {record.reason}; ESR would reject it, or quarantine the whole file"


def _not_told(
    record: ApplicantRecord, changes: list[NotificationRecord], tis: InTis, today: date
) -> list[Answer]:
    """Return where TIS now differs from what was last sent to ESR, or is about to be sent."""
    if record.state not in SENT or record.placement_id not in tis.asked or record.date_to < today:
        return []
    told = [n for n in changes if n.has_reached_esr or n.state in PENDING]
    now = tis.asked[record.placement_id]
    about = f"Placement {record.placement_id} in TIS"
    last = told[-1].fact if told else dates_fact(record.date_from, record.date_to)
    action = generate_again(record.placement_id)
    if now is None or is_somebody_elses(now, record.person_id):
        if told and told[-1].type == _WITHDRAWAL:
            return []
        said = "no longer exists" if now is None else _OTHER_TRAINEE
        said += ", which has not been sent to ESR yet"
        return [Answer(about=about, sentence=said, who=Who.SUPPORT, action=action)]
    if _differs(now, last):
        said = f"is now {period(now.date_from, now.date_to)}, which has not been sent to ESR yet"
        return [Answer(about=about, sentence=said, who=Who.SUPPORT, action=action)]
    return []


def _differs(now: Placement, last: str) -> bool:
    if not has_reportable_dates(now) or now.date_from is None or now.date_to is None:
        return False
    return dates_fact(now.date_from, now.date_to) != last
