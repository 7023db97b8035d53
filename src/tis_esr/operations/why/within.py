"""Whose a thing is: explanations for people who see some offices only, of what belongs to these and to no other."""

from collections.abc import Iterator, Set
from datetime import date

from msgspec.structs import replace

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.why.answers import Choice, Explanation
from tis_esr.operations.why.explain import explain, word_of
from tis_esr.operations.why.holdings import Holdings, holdings
from tis_esr.operations.why.in_tis import look_up
from tis_esr.operations.why.of_row import record_of_row
from tis_esr.operations.why.word import Kind, Word, read_word
from tis_esr.records.file_names import DEANERIES, FileName
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS
from tis_esr.tcs.client import Tcs


async def explain_within(
    state: Reader,
    typed: str,
    today: date,
    offices: Set[str],
    *,
    window: ApplicantWindow | None = None,
    tcs: Tcs | None = None,
    due_days: int = 1,
) -> Explanation | None:
    """Answer as ``explain`` does, for a placement, post, position, file or row of these offices. Raises BadWordError.

    None is for what belongs to another office, what is not known, and what belongs to no office (persons, alarms): who
    asks can't tell which.
    """
    meant = await meanings_within(state, typed, offices, tcs=tcs)
    if not meant:
        return None
    if len(meant) > 1:
        choices = [Choice(word=_typed(word), what=_typed(word).replace(":", " ")) for word in meant]
        return Explanation(word=typed.strip(), known=True, tis="", answers=[], timeline=[], choices=choices)
    return await explain(state, _typed(meant[0]), today, window=window, tcs=tcs, due_days=due_days)


async def meanings_within(
    state: Reader, typed: str, offices: Set[str], *, tcs: Tcs | None = None
) -> list[Word]:
    """Return what a word can mean that belongs to these offices and to no other. Raises BadWordError."""
    found = []
    for word in _meanings(read_word(typed)):
        whose = await _offices_of(state, word, tcs)
        if whose and whose <= offices:
            found.append(word)
    return found


def _meanings(word: Word) -> Iterator[Word]:
    """Yield the meanings that can belong to an office; a file by its name alone."""
    if word.kind is None:
        yield from (replace(word, kind=kind) for kind in (Kind.PLACEMENT, Kind.POSITION))
    elif word.kind not in {Kind.PERSON, Kind.ALARM} and not word.path and not _is_no_post(word):
        yield word


def _is_no_post(word: Word) -> bool:
    return word.kind is Kind.POST and "/" not in word.text


def _typed(word: Word) -> str:
    if word.kind is Kind.ROW:
        return f"{word.text}:{word.row}"
    return word.text if word.kind is Kind.FILE else f"{word.kind}:{word.text}"


async def _offices_of(state: Reader, word: Word, tcs: Tcs | None) -> set[str]:
    """Return the offices that a placement, post, position, file or row belongs to; none if that is not known."""
    if word.kind is Kind.FILE:
        return {FileName.parse(word.text).deanery}
    if word.kind is Kind.ROW:
        record = record_of_row(state, word.text, word.row)
        of_record = set() if record is None else await _offices_of(state, word_of(record), tcs)
        return {FileName.parse(word.text).deanery} | of_record
    if found := _offices_held(state, holdings(state, word, 1)):
        return found
    numbers = word.post_numbers if word.kind is Kind.POST else await _numbers_in_tis(tcs, word)
    return {office for number in numbers if (office := number.partition("/")[0]) in DEANERIES}


def _offices_held(state: Reader, held: Holdings) -> set[str]:
    """Return the offices of the records; a decision has that of its position."""
    named = {position.position_id for position in held.positions}
    others = sorted({str(decision.position_id) for decision in held.decisions} - {str(id_) for id_ in named})
    positions = [*held.positions, *state.get(POSITIONS, others)]
    of_records = {record.deanery for record in (*held.applicants, *held.notifications)}
    return (of_records | {position.deanery for position in positions}) - {""}


async def _numbers_in_tis(tcs: Tcs | None, word: Word) -> list[str]:
    """Return the number of the post of a placement that only TIS has."""
    if word.kind is not Kind.PLACEMENT:
        return []
    tis = await look_up(tcs, word, [])
    return [number for placement in tis.of_word if (number := tis.number_of(placement))]
