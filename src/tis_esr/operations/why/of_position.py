"""The outcome of a position."""

from tis_esr.decisions.who import Who
from tis_esr.operations.why.answers import Answer
from tis_esr.services.reconciliation.position_reconciliation import Position


def named(position: Position) -> str:
    """Return ``6000001 (number 26000001, EOE/RGT00/800/STR/001)``; ESR may have sent no number."""
    number = f"number {position.position_number}" if position.position_number else "no number"
    return f"{position.position_id} ({number}, {position.deanery_number or 'no post number'})"


def of_position(position: Position) -> Answer:
    """Return which post a position was matched to, or why none."""
    if position.deleted:
        said, who, action = (
            "was deleted by ESR, so nothing is sent for it",
            Who.TRUST,
            "create it again if needed",
        )
    elif not position.status:
        said, who, action = (
            "has not been looked up in TIS yet",
            Who.SUPPORT,
            "check that Reconciliation runs and TCS responds (tis-esr doctor)",
        )
    elif position.post_id is None:
        said, who, action = (
            f"is unmatched: no post in TIS has the number {position.deanery_number}",
            Who.TRUST,
            "correct the post number in ESR, or have the local office create the post in TIS",
        )
    else:
        others = ", ".join(map(str, position.other_post_ids))
        others = f"; other posts with its number: {others}" if others else ""
        said, who, action = f"is matched to post {position.post_id}{others}", Who.NOBODY, ""
    about = f"Position {named(position)}"
    return Answer(
        about=about, sentence=said, who=who, action=action, correlation_ids=[position.correlation_id]
    )
