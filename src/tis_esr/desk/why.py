"""Why a placement, post, position or person was, or wasn't, sent to ESR: the support team's ladder, walked.

The ladder is that of the runbook for missing applicants: position known, matched, not deleted; placement
counts; data complete; in time; sent; confirmed.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.desk.answers import Answer, Who
from tis_esr.desk.person_answers import of_updates
from tis_esr.engine.reading import Reader
from tis_esr.services.app_generator import DECISIONS, Decision
from tis_esr.services.outbound import APPLICANTS, NOTIFICATIONS, ApplicantRecord, RecordState
from tis_esr.services.person_journal import JOURNAL
from tis_esr.services.reconciliation import POSITIONS, Position


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline: a row, message, file or decision, with its correlation id."""

    correlation_id: str
    what: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What ``why`` says: the answers, most telling first, and the timeline behind them."""

    word: str
    answers: list[Answer]
    timeline: list[Event]


def explain(state: Reader, word: str, today: date) -> Explanation:
    """Answer for a placement id, post number, position number or id, or GMC number, from the state file."""
    positions = _positions(state, word)
    applicants = _applicants(state, word, positions)
    decisions = _decisions(state, word, positions)
    updates = state.find(JOURNAL, {"gmc_number": word})
    known = {(record.placement_id, record.position_id) for record in applicants}
    answers = [_of_applicant(record, today) for record in applicants]
    answers += [_of_decision(d) for d in decisions if (d.placement_id, d.position_id) not in known]
    answers += [_of_position(position) for position in positions]
    answers += of_updates(updates)
    if not answers:
        answers = [_unknown(word)]
    ids = dict.fromkeys(id_ for answer in answers for id_ in answer.correlation_ids if id_)
    return Explanation(
        word=word, answers=answers, timeline=_timeline(state, list(ids), applicants, positions)
    )


def _positions(state: Reader, word: str) -> list[Position]:
    found = {p.position_id: p for p in state.find(POSITIONS, {"deanery_number": word})}
    if word.isdigit():
        for column in ("position_number", "key"):
            value: int | str = word if column == "key" else int(word)
            found |= {p.position_id: p for p in state.find(POSITIONS, {column: value})}
    return list(found.values())


def _applicants(state: Reader, word: str, positions: Iterable[Position]) -> list[ApplicantRecord]:
    found = {r.key: r for p in positions for r in state.find(APPLICANTS, {"position_id": p.position_id})}
    if word.isdigit():
        found |= {r.key: r for r in state.find(APPLICANTS, {"placement_id": int(word)})}
        found |= {r.key: r for r in state.find(APPLICANTS, {"gmc_number": word})}
    return list(found.values())


def _decisions(state: Reader, word: str, positions: Iterable[Position]) -> list[Decision]:
    found = [d for p in positions for d in state.find(DECISIONS, {"position_id": p.position_id})]
    if word.isdigit():
        found += state.find(DECISIONS, {"placement_id": int(word)})
        found += state.find(DECISIONS, {"gmc_number": word})
    return list({DECISIONS.key(decision): decision for decision in found}.values())


def _of_applicant(record: ApplicantRecord, today: date) -> Answer:
    sentence, who = _said_of(record, today)
    about = f"Placement {record.placement_id} for position {record.position_id} ({record.deanery_number})"
    return Answer(about=about, sentence=sentence, who=who, correlation_ids=[record.correlation_id])


def _said_of(record: ApplicantRecord, today: date) -> tuple[str, Who]:
    first, end = ApplicantWindow().edges(today)
    match record.state:
        case RecordState.EXPORTED:
            return (
                f"was sent to ESR in {record.file}, row {record.file_row}; ESR has not answered yet",
                Who.NOBODY,
            )
        case RecordState.CONFIRMED:
            return f"was sent to ESR in {record.file} and ESR has taken it", Who.NOBODY
        case RecordState.REJECTED:
            return f"was sent to ESR in {record.file} and ESR refused it ({record.confirmation})", Who.TRUST
        case RecordState.INVALID_DATA:
            return f"can't be sent: {record.reason}. Add it in TIS, then it goes by itself", Who.LOCAL_OFFICE
        case RecordState.DELETED_BEFORE_EXPORT:
            return f"was taken back before it was sent: {record.reason}", Who.NOBODY
        case RecordState.TO_EXPORT if record.date_from >= end:
            return f"waits: it starts on {record.date_from}, more than 13 weeks from {today}", Who.NOBODY
        case RecordState.TO_EXPORT if record.date_from < first:
            late = f"was not sent: it starts on {record.date_from}, less than 2 days from {today}"
            return f"{late}, which is too late for ESR: the trust hires by hand", Who.TRUST
        case RecordState.TO_EXPORT:
            return (
                "waits for the next file: it came after the last one, or 40 of its post were in it",
                Who.NOBODY,
            )


def _of_decision(decision: Decision) -> Answer:
    about = (
        f"Placement {decision.placement_id} for position {decision.position_id} ({decision.deanery_number})"
    )
    started = "started" in decision.reason
    return Answer(
        about=about,
        sentence=f"gives no applicant: {decision.reason}",
        who=Who.NOBODY if started else Who.LOCAL_OFFICE,
        correlation_ids=[decision.correlation_id],
    )


def _of_position(position: Position) -> Answer:
    if position.deleted:
        said, who = "was deleted by ESR, so nothing is sent for it", Who.TRUST
    elif not position.status:
        said, who = "has not been looked up in TIS yet", Who.SUPPORT
    elif position.post_id is None:
        said = f"is unmatched: no post in TIS has the number {position.deanery_number}"
        who = Who.TRUST
    else:
        others = f"; other posts with its number: {', '.join(map(str, position.other_post_ids))}"
        said, who = (
            f"is matched to post {position.post_id}{others if position.other_post_ids else ''}",
            Who.NOBODY,
        )
    about = f"Position {position.position_id} (number {position.position_number}, {position.deanery_number})"
    return Answer(about=about, sentence=said, who=who, correlation_ids=[position.correlation_id])


def _unknown(word: str) -> Answer:
    return Answer(
        about=word,
        sentence="is not known here: ESR has sent no position for it, or TIS has no such placement for one that it sent",
        who=Who.TRUST,
        correlation_ids=[],
    )


def _timeline(
    state: Reader, ids: list[str], applicants: list[ApplicantRecord], positions: list[Position]
) -> list[Event]:
    places = [(file, int(row)) for file, _, row in (id_.rpartition(":") for id_ in ids)]
    events = [
        Event(
            correlation_id=f"{row.file}:{row.row}",
            what=f"{row.type} row: {row.state.value} {row.reason}".strip(),
        )
        for row in state.rows(places)
    ]
    events += [
        Event(
            correlation_id=trace.correlation_id, what=f"{trace.queue}: {trace.state} {trace.reason}".strip()
        )
        for trace in state.messages_of(ids)
    ]
    events += [
        Event(
            correlation_id=r.correlation_id,
            what=f"applicant {r.key}: {r.state.value}{_in_file(r.file, r.file_row)}",
        )
        for r in applicants
    ]
    for position in positions:
        for note in state.find(NOTIFICATIONS, {"position_id": position.position_id}):
            what = f"notification of type {note.type}: {note.state.value}{_in_file(note.file, note.file_row)}"
            events.append(Event(correlation_id=note.correlation_id, what=what))
    return events


def _in_file(file: str | None, row: int | None) -> str:
    return f" in {file} row {row}" if file else ""
