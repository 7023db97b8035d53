"""Which applicant records go into one file: ESR quarantines a whole file for too many records of a post, or a duplicate person."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar


class Candidate(Protocol):
    """The fields of an applicant record that matter here."""

    @property
    def placement_id(self) -> int:
        """Return TIS's id of the placement."""
        ...

    @property
    def person_id(self) -> int:
        """Return TIS's id of the person."""
        ...

    @property
    def deanery_number(self) -> str:
        """Return the post number."""
        ...

    @property
    def same_as(self) -> str:
        """Return what makes two records the same applicant for ESR."""
        ...

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the columns by name."""
        ...


R = TypeVar("R", bound=Candidate)

MOST_A_POST = 40
"""ESR's limit of applicant records per deanery post number in one file (incident A7)."""


@dataclass(frozen=True)
class Sorted(Generic[R]):
    """Records to send, duplicates of records sent or to send, and those held back, with the reason; the rest waits."""

    going: list[R] = field(default_factory=list)
    duplicates: list[R] = field(default_factory=list)
    held_back: list[tuple[R, str]] = field(default_factory=list)


class Packing(Generic[R]):
    """Selects records in their order, at most ``most`` per post over all its positions.

    ``misfit_reason`` says why a single record must not be sent, "" if it may.
    """

    def __init__(self, misfit_reason: Callable[[Mapping[str, Any]], str], *, most: int = MOST_A_POST) -> None:
        self._misfit_reason = misfit_reason
        self._most = most
        self._taken: dict[str, int] = {}
        self._seen: dict[str, R] = {}

    def count(self, record: R) -> None:
        """Count a record that is already in the file."""
        self._taken[post_key(record.deanery_number)] = self._taken.get(post_key(record.deanery_number), 0) + 1
        self._seen[record.same_as] = record

    def sort_out(self, records: Iterable[R], sent: Mapping[str, R]) -> Sorted[R]:
        """Classify records; ``sent`` are those of earlier files by ``same_as``.

        The same person for the same position and start is a duplicate if TIS has one person, and held back if TIS has
        two, because a person has to decide which it is.
        """
        found: Sorted[R] = Sorted()
        for record in records:
            other = self._seen.get(record.same_as) or sent.get(record.same_as)
            if reason := self._misfit_reason(record.fields):
                found.held_back.append((record, reason))
            elif other is not None and other.person_id == record.person_id:
                found.duplicates.append(record)
            elif other is not None:
                found.held_back.append((record, _two_people(record, other)))
            elif self._taken.get(post_key(record.deanery_number), 0) < self._most:
                self.count(record)
                found.going.append(record)
        return found


def post_key(number: str) -> str:
    """Return a post number as ESR compares it."""
    return number.strip().casefold()


def _two_people(record: Candidate, other: Candidate) -> str:
    return (
        f"TIS has the same person twice, as {record.person_id} and {other.person_id}:"
        f" placement {other.placement_id} brings them to the same position on the same day"
    )
