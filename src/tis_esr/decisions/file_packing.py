"""Which applicant records go into one file: ESR quarantines a whole file for one post too many, or a person twice."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar


class Candidate(Protocol):
    """What is looked at of an applicant record."""

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
    """Records that go, duplicates of what goes or went, and those held back, with the reason; the rest waits."""

    going: list[R] = field(default_factory=list)
    duplicates: list[R] = field(default_factory=list)
    held_back: list[tuple[R, str]] = field(default_factory=list)


class Packing(Generic[R]):
    """Takes records in the order they come, at most ``most`` a post over all its positions.

    ``misfit_reason`` says why a record must not go by itself, "" where it may.
    """

    def __init__(self, misfit_reason: Callable[[Mapping[str, Any]], str], *, most: int = MOST_A_POST) -> None:
        self._misfit_reason = misfit_reason
        self._most = most
        self._taken: dict[str, int] = {}
        self._seen: dict[str, R] = {}

    def count(self, record: R) -> None:
        """Count a record that is in the file already."""
        self._taken[_post(record)] = self._taken.get(_post(record), 0) + 1
        self._seen[record.same_as] = record

    def sort_out(self, records: Iterable[R], sent: Mapping[str, R]) -> Sorted[R]:
        """Sort records out; ``sent`` are those of earlier files by ``same_as``.

        The same person for the same position and start is a duplicate where TIS has one person, and held back
        where TIS has two: then somebody has to say which it is.
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
            elif self._taken.get(_post(record), 0) < self._most:
                self.count(record)
                found.going.append(record)
        return found


def _post(record: Candidate) -> str:
    return record.deanery_number.strip().casefold()


def _two_people(record: Candidate, other: Candidate) -> str:
    return (
        f"TIS has the same person twice, as {record.person_id} and {other.person_id}:"
        f" placement {other.placement_id} brings them to the same position on the same day"
    )
