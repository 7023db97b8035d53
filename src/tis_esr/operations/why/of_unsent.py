"""Explains what has no applicant record: not eligible, not processed yet, without a position, or unknown."""

from collections.abc import Iterable
from datetime import date

from tis_esr.decisions.applicant_eligibility import Cause, Verdict, verdict
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.dates import period
from tis_esr.operations.kept import forgotten_before, kept_from, older
from tis_esr.operations.why.answers import Answer
from tis_esr.operations.why.in_tis import InTis
from tis_esr.operations.why.word import Word
from tis_esr.services.app_generator.applicant_generation import Decision
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.tcs.models import Placement

ACTS: dict[Cause, tuple[Who, str]] = {
    Cause.NONE: (Who.NOBODY, ""),
    Cause.STARTED: (Who.TRUST, "create the record in ESR manually, if it does not exist"),
    Cause.TYPE: (Who.LOCAL_OFFICE, "correct the placement's type in TIS if it is wrong"),
    Cause.NOT_APPROVED: (Who.LOCAL_OFFICE, "approve the placement in TIS"),
    Cause.NO_DATES: (Who.LOCAL_OFFICE, "add the dates in TIS"),
    Cause.NO_TRAINEE: (Who.LOCAL_OFFICE, "correct the placement's trainee in TIS"),
}


def who_acts(cause: Cause, placement: Placement | None, today: date) -> tuple[Who, str]:
    """Return who must act on a placement without an applicant record, and what they do: nobody once it has ended."""
    has_ended = placement is not None and placement.date_to is not None and placement.date_to < today
    return ACTS[Cause.NONE] if cause is Cause.STARTED and has_ended else ACTS[cause]


def generate_again(placement_id: int) -> str:
    """Return what support does so that a placement is compared with TIS, and its records are generated again."""
    return f"wait for the daily comparison with TIS, or run: tis-esr regenerate --placement {placement_id}"


def of_decision(decision: Decision, tis: InTis, today: date) -> Answer:
    """Return why no applicant record is produced for a placement, and whether TIS has changed since."""
    about = (
        f"Placement {decision.placement_id} for position {decision.position_id} ({decision.deanery_number})"
    )
    ids = [decision.correlation_id]
    now = tis.asked.get(decision.placement_id) or next(
        (p for p in tis.of_word if p.id == decision.placement_id), None
    )
    judged = verdict(now, today) if now else Verdict(decision.cause, decision.reason)
    if not decision.made and judged.cause is Cause.NONE:
        said = f"produced no applicant record when it was last processed: {decision.reason}; TIS has changed since"
        return Answer(
            about=about,
            sentence=said,
            who=Who.SUPPORT,
            action=generate_again(decision.placement_id),
            correlation_ids=ids,
        )
    who, action = who_acts(judged.cause, now, today)
    said = f"no applicant record is produced: {judged.text or decision.reason}"
    return Answer(about=about, sentence=said, who=who, action=action, correlation_ids=ids)


def of_placement(state: Reader, placement: Placement, tis: InTis, today: date) -> Answer:
    """Return why a placement that TIS has is not known here."""
    number = tis.number_of(placement)
    about = f"Placement {placement.id} in TIS ({number or 'no post'}, {period(placement.date_from, placement.date_to)})"
    oldest = kept_from(state)
    if oldest is not None and placement.date_to is not None and placement.date_to < oldest:
        return Answer(about=about, sentence=f"is not known here: {older(oldest)}", who=Who.NOBODY)
    judged = verdict(placement, today)
    if judged.cause is not Cause.NONE:
        who, action = who_acts(judged.cause, placement, today)
        return Answer(
            about=about, sentence=f"no applicant record is produced: {judged.text}", who=who, action=action
        )
    positions = _of_post(state, number, placement.post_id)
    if not positions:
        return _without_position(about, number)
    live = [position for position in positions if not position.deleted]
    if not live:
        said = "can't be sent: ESR has deleted every position of its post"
        return Answer(
            about=about,
            sentence=said,
            who=Who.TRUST,
            action="create the position in ESR again if it is needed",
        )
    named = ", ".join(str(position.position_id) for position in live)
    said = f"has not been processed yet: TIS did not have it as it is now when position {named} was last reconciled"
    return Answer(about=about, sentence=said, who=Who.SUPPORT, action=generate_again(placement.id))


def of_post_without_position(number: str) -> Answer:
    """Return the answer about a post for which ESR has sent no position."""
    return _without_position(f"Post {number} in TIS", number)


def _without_position(about: str, number: str | None) -> Answer:
    said = f"can't be sent: ESR has sent no position for the post number {number or '(none)'}"
    action = "create the position in ESR with this post number, or correct its post number"
    return Answer(about=about, sentence=said, who=Who.TRUST, action=action)


def of_person_without_placement(word: Word) -> Answer:
    """Return the answer about a person who has no placement in TIS."""
    return Answer(
        about=f"The person with GMC number {word.text}",
        sentence="is in TIS and has no placement there",
        who=Who.LOCAL_OFFICE,
        action="create the placement in TIS if there should be one",
    )


def of_unknown(state: Reader, word: Word, tis: InTis) -> Answer:
    """Return the answer about an unknown word: mistyped, in neither ESR nor TIS, or TIS could not be asked."""
    if word.misfit_reason:
        said = f"is probably mistyped: {word.misfit_reason}"
        return Answer(
            about=word.text, sentence=said, who=Who.ASKER, action="check it and run the command again"
        )
    oldest = forgotten_before(state)
    since = f"; {older(oldest)}" if oldest is not None else ""
    if tis.trouble:
        said = (
            f"is not known here: ESR has sent nothing about it{since}. TIS could not be asked: {tis.trouble}"
        )
        if not tis.has_address:
            return Answer(
                about=word.text,
                sentence=said,
                who=Who.ASKER,
                action="run the command again with the address of TCS",
            )
        return Answer(
            about=word.text,
            sentence=said,
            who=Who.SUPPORT,
            action="run the command again once TCS is available",
        )
    kinds = "placement or GMC number" if word.number is not None else "post number"
    also = "position" if word.number is not None else "position with this post number"
    said = f"is unknown: TIS has no such {kinds}, and ESR has sent no such {also}{since}"
    return Answer(about=word.text, sentence=said, who=Who.ASKER, action="check it for a typing error")


def _of_post(state: Reader, number: str | None, post_id: int | None) -> list[Position]:
    found: dict[int, Position] = {}
    if post_id is not None:
        found |= _by_id(state.find(POSITIONS, {"post_id": post_id}))
    if number:
        found |= _by_id(state.find(POSITIONS, {"deanery_number": number}))
    return list(found.values())


def _by_id(positions: Iterable[Position]) -> dict[int, Position]:
    return {position.position_id: position for position in positions}
