"""What ``why`` reports about a person's details: fields updated in TIS, repairs, and refusals. No values."""

from collections.abc import Iterable, Sequence

from tis_esr.decisions.person_refusals import Refusal
from tis_esr.decisions.who import Who
from tis_esr.operations.why.answers import Answer
from tis_esr.services.inbound_data_writer.person_journal import JournalEntry, Outcome

_CORRECT = (Who.TRUST, "correct the value in ESR")
"""Who must act by default: the trust, whose values are in ESR."""
_ACTS = {
    Refusal.NO_CODE: (Who.SUPPORT, "have the code added to TIS, or its mapping added to this system"),
    Refusal.REFUSED_BY_TCS: (Who.SUPPORT, "see tis-esr parked"),
    Refusal.NOT_MATCHED: (Who.TRUST, "compare the person's number and post in ESR with TIS"),
    Refusal.ABSENCE_DELETED: (Who.LOCAL_OFFICE, "delete the absence in TIS"),
    Refusal.HOST_EMPLOYER: (Who.NOBODY, ""),
    Refusal.DELETED_ASSIGNMENT: (Who.NOBODY, ""),
    Refusal.SUPERSEDED: (Who.NOBODY, ""),
}
_ROWS_NAMED = 3


def of_updates(updates: Sequence[JournalEntry]) -> list[Answer]:
    """Return which fields were updated from ESR, what was repaired, and each refusal once with its columns."""
    return [*_applied(updates), *_repaired(updates), *_refused(updates)]


def _applied(updates: Sequence[JournalEntry]) -> list[Answer]:
    applied = [entry for entry in updates if entry.state is Outcome.APPLIED]
    if not applied:
        return []
    fields = ", ".join(sorted({entry.field for entry in applied}))
    said = f"were updated from ESR: {fields}"
    return [_answer("Their details in TIS", said, Who.NOBODY, applied)]


def _repaired(updates: Sequence[JournalEntry]) -> list[Answer]:
    repaired = [entry for entry in updates if entry.state is Outcome.APPLIED and entry.reason]
    if not repaired:
        return []
    said = "; ".join(sorted({f"{entry.column} ({entry.reason})" for entry in repaired}))
    return [
        _answer(
            "Values from ESR", f"were repaired before they were sent to TIS: {said}", Who.NOBODY, repaired
        )
    ]


def _refused(updates: Sequence[JournalEntry]) -> list[Answer]:
    by_reason: dict[tuple[str, str], list[JournalEntry]] = {}
    for entry in updates:
        if entry.state is Outcome.REFUSED:
            by_reason.setdefault((entry.code, entry.reason), []).append(entry)
    return [_refusal(code, entries) for (code, _), entries in by_reason.items()]


def _refusal(code: str, entries: Sequence[JournalEntry]) -> Answer:
    who, action = who_acts(code)
    return _answer(
        f"An update from ESR ({_rows(entries)})", f"was not applied: {_said(entries)}", who, entries, action
    )


def who_acts(code: str) -> tuple[Who, str]:
    """Return who must act on a refusal, and what to do, "" if nothing is."""
    return _ACTS.get(Refusal(code), _CORRECT) if code in set(Refusal) else _CORRECT


def _rows(entries: Sequence[JournalEntry]) -> str:
    """Name the rows of entries, only the first few if there are many."""
    rows = list(dict.fromkeys(f"{_file_of(e.correlation_id)}, row {e.row}" for e in entries))
    more = f"; and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else ""
    return "; ".join(rows[:_ROWS_NAMED]) + more


def _file_of(correlation_id: str) -> str:
    return correlation_id.rpartition(":")[0] or correlation_id or "sent manually"


def _said(entries: Sequence[JournalEntry]) -> str:
    """Name the columns, or the absences, of entries with one reason."""
    absences = [entry.section for entry in entries if entry.code == Refusal.ABSENCE_DELETED]
    named = absences or [f"column {entry.column}" for entry in entries if entry.column]
    names = ", ".join(dict.fromkeys(named))
    return f"{names}: {entries[0].reason}" if names else entries[0].reason


def _answer(about: str, sentence: str, who: Who, entries: Iterable[JournalEntry], action: str = "") -> Answer:
    ids = list(dict.fromkeys(entry.correlation_id for entry in entries))
    return Answer(about=about, sentence=sentence, who=who, action=action, correlation_ids=ids)
