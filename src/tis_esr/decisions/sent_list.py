"""Which applicants a list of those that the previous interface sent names: by GMC number, position or post, and start."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec


class SentLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list, counted from 1 with the header: it names a position, or the post of any position."""

    number: int
    gmc_number: str
    position_id: int | None
    deanery_number: str | None
    start: date


class LineProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a line (counted from 1) of the list has no effect; without personal data."""

    line: int
    reason: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant record of the deanery that may have been sent before; ``is_marked`` says that it counts as sent already."""

    key: str
    gmc_number: str | None
    position_id: int
    deanery_number: str
    date_from: date
    is_marked: bool


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a list: keys of records to mark; how many are marked already; lines about starts in the past; problems."""

    keys: list[str]
    marked: int
    over: int
    problems: list[LineProblem]


def matching(lines: Sequence[SentLine], candidates: Iterable[Candidate], day: date) -> Matching:
    """Return which records the lines name.

    A line names all records of its person, position and start: for ESR they are one applicant. One that fits several
    positions is ambiguous. A line whose start is not after ``day`` needs no record: who has started is not sent again.
    """
    of_person: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        of_person[candidate.gmc_number or ""].append(candidate)
    found: dict[str, Candidate] = {}
    over, problems = 0, []
    for line in lines:
        named = _named(line, of_person)
        reason = _misfit_reason(line, named, of_person)
        if not reason:
            found |= {candidate.key: candidate for candidate in named}
        elif not named and line.start <= day:
            over += 1
        else:
            problems.append(LineProblem(line=line.number, reason=reason))
    keys = [candidate.key for candidate in found.values() if not candidate.is_marked]
    return Matching(keys=keys, marked=len(found) - len(keys), over=over, problems=problems)


def _named(line: SentLine, of_person: Mapping[str, list[Candidate]]) -> list[Candidate]:
    return [c for c in of_person.get(line.gmc_number, ()) if _is_at(c, line) and c.date_from == line.start]


def _is_at(candidate: Candidate, line: SentLine) -> bool:
    if line.position_id is not None and candidate.position_id != line.position_id:
        return False
    return line.deanery_number in {None, candidate.deanery_number}


def _misfit_reason(
    line: SentLine, named: Sequence[Candidate], of_person: Mapping[str, Sequence[Candidate]]
) -> str:
    """Return why a line names no applicant, or not one; "" if it does."""
    positions = sorted({candidate.position_id for candidate in named})
    if len(positions) > 1:
        return f"it fits positions {', '.join(map(str, positions))}: add the position id"
    if named:
        return ""
    own = of_person.get(line.gmc_number, ())
    if not own:
        return "no applicant of this deanery has this GMC number"
    there = sorted({f"{candidate.date_from}" for candidate in own if _is_at(candidate, line)})
    if there:
        return f"in TIS the placement starts on {', '.join(there)}, not on {line.start}"
    return "the applicants with this GMC number are for other positions"
