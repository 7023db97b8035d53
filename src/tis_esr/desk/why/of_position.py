"""What became of a position, and of what ESR said about a person."""

from collections.abc import Iterable

from tis_esr.desk.why.answers import Answer, Who
from tis_esr.engine.reading import Reader
from tis_esr.engine.rows import RowState
from tis_esr.services.person_journal import JournalEntry, Outcome
from tis_esr.services.reconciliation import Position

_ACTS_ON_ROW = {
    RowState.IGNORED: (Who.NOBODY, ""),
    RowState.SUPERSEDED: (Who.NOBODY, ""),
    RowState.PARKED: (Who.SUPPORT, "look at it with tis-esr parked"),
    RowState.UNMATCHED: (Who.TRUST, "compare the person's number and post in ESR with TIS"),
}
_CORRECT = (Who.TRUST, "correct the value in ESR")


def of_position(position: Position) -> Answer:
    """Say which post a position was matched to, or why to none."""
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
            "see whether Reconciliation runs and TCS answers (tis-esr doctor)",
        )
    elif position.post_id is None:
        said, who, action = (
            f"is unmatched: no post in TIS has the number {position.deanery_number}",
            Who.TRUST,
            "correct the post number in ESR, or have the local office create the post in TIS",
        )
    else:
        named = ", ".join(map(str, position.other_post_ids))
        others = f"; other posts with its number: {named}" if named else ""
        said, who, action = f"is matched to post {position.post_id}{others}", Who.NOBODY, ""
    about = f"Position {position.position_id} (number {position.position_number}, {position.deanery_number})"
    return Answer(
        about=about, sentence=said, who=who, action=action, correlation_ids=[position.correlation_id]
    )


def of_updates(state: Reader, updates: Iterable[JournalEntry]) -> list[Answer]:
    """Say which details ESR changed in TIS, and each refusal once. Values are not shown."""
    entries = list(updates)
    applied = [entry for entry in entries if entry.state is Outcome.APPLIED]
    answers = []
    if applied:
        fields = ", ".join(sorted({entry.field for entry in applied}))
        ids = list(dict.fromkeys(entry.correlation_id for entry in applied))
        answers.append(
            Answer(
                about="Their details in TIS",
                sentence=f"were updated from ESR: {fields}",
                who=Who.NOBODY,
                correlation_ids=ids,
            )
        )
    refused = {entry.reason: entry for entry in entries if entry.state is Outcome.REFUSED}
    return answers + [_of_refusal(state, entry) for entry in refused.values()]


def _of_refusal(state: Reader, entry: JournalEntry) -> Answer:
    """Name who must act by what became of the row, not by the words of the reason."""
    file = entry.correlation_id.rpartition(":")[0]
    row = next(iter(state.rows([(file, entry.row)])), None)
    who, action = _ACTS_ON_ROW.get(row.state, _CORRECT) if row else _CORRECT
    return Answer(
        about=f"An update from ESR ({file}, row {entry.row})",
        sentence=f"was not applied: {entry.reason}",
        who=who,
        action=action,
        correlation_ids=[entry.correlation_id],
    )
