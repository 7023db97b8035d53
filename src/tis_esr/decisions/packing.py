"""Which applicant records go into one file: ESR quarantines a whole file for one post too many."""

from collections.abc import Callable, Iterable
from typing import TypeVar

R = TypeVar("R")

MOST_A_POST = 40
"""ESR's limit of applicant records per deanery post number in one file (incident A7)."""


class Packing:
    """Takes records in the order they come, at most ``most`` a post over all its positions.

    ``sent`` are duplicates known from earlier files, by what makes two records the same for ESR.
    """

    def __init__(self, *, most: int = MOST_A_POST) -> None:
        self._most = most
        self._taken: dict[str, int] = {}
        self._seen: set[str] = set()

    def count(self, post: str, same_as: str) -> None:
        """Count a record that is in the file already."""
        self._taken[post] = self._taken.get(post, 0) + 1
        self._seen.add(same_as)

    def sort_out(
        self, records: Iterable[R], *, post: Callable[[R], str], same_as: Callable[[R], str], sent: set[str]
    ) -> tuple[list[R], list[R]]:
        """Return those that go and those that are duplicates; the rest waits for the next file."""
        going, duplicates = [], []
        for record in records:
            if same_as(record) in self._seen or same_as(record) in sent:
                duplicates.append(record)
            elif self._taken.get(post(record), 0) < self._most:
                self.count(post(record), same_as(record))
                going.append(record)
        return going, duplicates
