"""What ``why`` says of a person's details: which were updated in TIS, what was repaired, and each refusal. No values."""

from collections.abc import Iterable, Sequence

from tis_esr.decisions.refusals import Refusal
from tis_esr.desk.answers import Answer, Who
from tis_esr.services.person_journal import JournalEntry, Outcome

_WHO = {
    Refusal.NO_CODE: Who.SUPPORT,
    Refusal.REFUSED_BY_TCS: Who.SUPPORT,
    Refusal.ABSENCE_DELETED: Who.LOCAL_OFFICE,
    Refusal.HOST_EMPLOYER: Who.NOBODY,
    Refusal.DELETED_ASSIGNMENT: Who.NOBODY,
    Refusal.SUPERSEDED: Who.NOBODY,
}
"""Who must act where it isn't the trust, whose values ESR has."""


def of_updates(updates: Sequence[JournalEntry]) -> list[Answer]:
    """Say which fields ESR changed in TIS, what was repaired in them, and each refusal once with its columns."""
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
        _answer("Values from ESR", f"were repaired before they went to TIS: {said}", Who.NOBODY, repaired)
    ]


def _refused(updates: Sequence[JournalEntry]) -> list[Answer]:
    by_reason: dict[tuple[str, str], list[JournalEntry]] = {}
    for entry in updates:
        if entry.state is Outcome.REFUSED:
            by_reason.setdefault((entry.code, entry.reason), []).append(entry)
    return [
        _answer("An update from ESR", f"was not applied: {_said(entries)}", _who(code), entries)
        for (code, _), entries in by_reason.items()
    ]


def _said(entries: Sequence[JournalEntry]) -> str:
    """Name the columns, or the absences, of entries with one reason."""
    absences = [entry.section for entry in entries if entry.code == Refusal.ABSENCE_DELETED]
    named = absences or [f"column {entry.column}" for entry in entries if entry.column]
    names = ", ".join(dict.fromkeys(named))
    return f"{names}: {entries[0].reason}" if names else entries[0].reason


def _who(code: str) -> Who:
    return _WHO.get(Refusal(code), Who.TRUST) if code in set(Refusal) else Who.TRUST


def _answer(about: str, sentence: str, who: Who, entries: Iterable[JournalEntry]) -> Answer:
    ids = list(dict.fromkeys(entry.correlation_id for entry in entries))
    return Answer(about=about, sentence=sentence, who=who, correlation_ids=ids)
