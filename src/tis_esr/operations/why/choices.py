"""What a number can mean of which more than one exists: a placement, a position and a person may have the same number."""

from tis_esr.operations.dates import period
from tis_esr.operations.why.answers import Choice
from tis_esr.operations.why.holdings import Holdings
from tis_esr.operations.why.in_tis import InTis
from tis_esr.operations.why.of_position import named
from tis_esr.operations.why.word import Kind, Word


def choices(word: Word, held: Holdings, tis: InTis) -> list[Choice]:
    """Return the meanings of a number with the words that say which is meant; none if it has only one."""
    if word.number is None or word.kind is not None:
        return []
    found = {
        Kind.PLACEMENT: _placement(word.number, held, tis),
        Kind.POSITION: _position(held),
        Kind.PERSON: _person(word, held, tis),
    }
    meant = [Choice(word=f"{kind.value}:{word.text}", what=what) for kind, what in found.items() if what]
    return meant if len(meant) > 1 else []


def _placement(number: int, held: Holdings, tis: InTis) -> str:
    for record in held.applicants:
        if record.placement_id == number:
            return f"placement {number} ({record.deanery_number}, {period(record.date_from, record.date_to)})"
    for decision in held.decisions:
        if decision.placement_id == number:
            return f"placement {number} ({decision.deanery_number})"
    found = tis.asked.get(number)
    if found is None:
        return ""
    return (
        f"placement {number} ({tis.number_of(found) or 'no post'}, {period(found.date_from, found.date_to)})"
    )


def _position(held: Holdings) -> str:
    if not held.positions:
        return ""
    return "; ".join(f"position {named(position)}" for position in held.positions)


def _person(word: Word, held: Holdings, tis: InTis) -> str:
    numbers = {one.gmc_number for one in held.applicants}
    numbers |= {one.gmc_number for one in held.decisions} | {one.gmc_number for one in held.updates}
    if tis.people or word.text in numbers:
        return "the person with this GMC number"
    return ""
