"""Why a placement, post, position or person was, or wasn't, sent to ESR: the steps of the support team's runbook.

The steps are those of the runbook for missing applicants: position known, matched, not deleted; placement
counts; data complete; in time; sent; confirmed; and what changed since. What is not stored here is read from TIS.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.why.answers import Answer, Event, Explanation
from tis_esr.operations.why.changes import changes
from tis_esr.operations.why.choices import choices
from tis_esr.operations.why.holdings import NOTHING_HELD, Holdings, about_sent, holdings
from tis_esr.operations.why.in_tis import InTis, look_up
from tis_esr.operations.why.of_alarm import of_alarm, unknown
from tis_esr.operations.why.of_file import of_file
from tis_esr.operations.why.of_position import of_position
from tis_esr.operations.why.of_row import Record, of_row, record_of_row
from tis_esr.operations.why.of_sent import of_applicant, of_notification
from tis_esr.operations.why.of_unsent import (
    of_decision,
    of_person_without_placement,
    of_placement,
    of_post_without_position,
    of_unknown,
)
from tis_esr.operations.why.of_updates import of_updates
from tis_esr.operations.why.timeline import timeline
from tis_esr.operations.why.word import Kind, Word, read_word
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import SENT, ApplicantRecord
from tis_esr.tcs.client import Tcs


async def explain(
    state: Reader,
    typed: str,
    today: date,
    *,
    window: ApplicantWindow | None = None,
    tcs: Tcs | None = None,
    due_days: int = 1,
    show_values: bool = False,
) -> Explanation:
    """Answer for a placement id, post number, position number or id, GMC number, file, or row. Raises BadWordError.

    Without ``tcs``, or while TCS is unavailable, the answer says that TIS was not asked. Personal values of what has
    changed are masked unless ``show_values``: who shows them must have a reason, and have it audited.
    """
    word = read_word(typed)
    if word.kind is Kind.FILE:
        known, answers = of_file(state, word.text, word.path, today, due_days)
        return _plain(word, answers, known=known)
    if word.kind is Kind.ROW:
        record = record_of_row(state, word.text, word.row)
        if record is None:
            known, answers = of_row(state, word.text, word.row)
            ids = [id_ for answer in answers for id_ in answer.correlation_ids]
            events = timeline(state, ids, NOTHING_HELD) if known else []
            return _plain(word, answers, events, known=known)
        word = word_of(record)
    if word.kind is Kind.ALARM or word.misfit_reason:
        answers, choices_ = of_alarm(state, word.text)
        if answers or choices_ or word.kind is Kind.ALARM:
            known = bool(answers or choices_)
            told = answers or ([] if choices_ else [unknown(word.text)])
            return msgspec.structs.replace(_plain(word, told, known=known), choices=choices_)
    held = holdings(state, word, due_days)
    tis = await look_up(tcs, word, held.placements)
    if meant := choices(word, held, tis):
        return Explanation(word=word.text, known=True, tis="", answers=[], timeline=[], choices=meant)
    answers = list(_answers(state, word, held, tis, today, window or ApplicantWindow()))
    known = bool(answers)
    ids = list(dict.fromkeys(id_ for answer in answers for id_ in answer.correlation_ids if id_))
    changed = changes(state, held, show_values=show_values)
    return Explanation(
        word=word.text,
        known=known,
        tis=tis.trouble,
        answers=answers or [of_unknown(state, word, tis)],
        timeline=timeline(state, ids, held),
        changes=changed,
        records=sorted({change.record for change in changed}),
    )


def _plain(word: Word, answers: list[Answer], events: Sequence[Event] = (), *, known: bool) -> Explanation:
    """Return the explanation of what TIS knows nothing of."""
    text = f"{word.text}:{word.row}" if word.row else word.text
    return Explanation(word=text, known=known, tis="", answers=answers, timeline=list(events))


def word_of(record: Record) -> Word:
    """Return the word for all about a record that was sent in a row."""
    if isinstance(record, ApplicantRecord):
        return Word(text=f"{record.placement_id}", number=record.placement_id, kind=Kind.PLACEMENT)
    return Word(text=f"{record.position_id}", number=record.position_id, kind=Kind.POSITION)


def _answers(
    state: Reader, word: Word, held: Holdings, tis: InTis, today: date, window: ApplicantWindow
) -> Iterable[Answer]:
    for record in held.applicants:
        yield from of_applicant(record, held, tis, today, window)
    known = {(record.place, person) for record in held.applicants for person in (record.person_id, None)}
    for decision in held.decisions:
        if (DECISIONS.key(decision), decision.person_id) not in known:
            yield of_decision(decision, tis, today)
    yield from _only_in_tis(state, word, held, tis, today)
    for position in held.positions:
        yield of_position(position)
    yield from _notifications_to_act_on(held, today)
    yield from of_updates(held.updates)


def _only_in_tis(state: Reader, word: Word, held: Holdings, tis: InTis, today: date) -> Iterable[Answer]:
    seen = held.placements
    for placement in tis.of_word:
        is_past = placement.date_to is not None and placement.date_to < today
        if placement.id not in seen and not (is_past and placement.id != word.number):
            yield of_placement(state, placement, tis, today)
    if tis.posts and not held.positions:
        yield of_post_without_position(tis.posts[0].national_post_number or word.text)
    if tis.people and not tis.of_word and not held.applicants:
        yield of_person_without_placement(word)


def _notifications_to_act_on(held: Holdings, today: date) -> Iterable[Answer]:
    """Return the position's other notifications that need a person; the rest is in the timeline."""
    about = set(map(about_sent, held.applicants))
    for record in held.notifications:
        if (record.state in SENT or record.is_held_back) and record.about not in about:
            answer = of_notification(record, held, today)
            if answer.who is not Who.NOBODY:
                yield answer
