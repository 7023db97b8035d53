"""Posts whose applicants may not fit into one file: ESR quarantines a file with more than 40 of a post (incident A7)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import msgspec

from tis_esr.decisions.file_packing import MOST_A_POST, post_key

NEAR_LIMIT = MOST_A_POST * 3 // 4
"""From so many applicants of a post in one file on, the post is near the limit."""


class CrowdedPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post with many applicants in the files of one day: ``files`` are as many as the limit makes necessary."""

    deanery: str
    deanery_number: str
    day: date
    applicants: int
    files: int


@dataclass
class PostCounts:
    """Counts the applicants of each post that would go in the files of the same day and deanery."""

    _counts: dict[tuple[str, date, str], tuple[str, int]] = field(default_factory=dict)

    def count(self, deanery: str, day: date, deanery_number: str) -> None:
        """Count an applicant; a post is the same in other letters, or with blanks around its number."""
        key = deanery, day, post_key(deanery_number)
        written, number = self._counts.get(key, (deanery_number.strip(), 0))
        self._counts[key] = written, number + 1

    def crowded(self, near: int = NEAR_LIMIT) -> Iterable[CrowdedPost]:
        """Yield the posts near the limit or above it, by deanery, day and number."""
        for (deanery, day, _), (written, number) in sorted(self._counts.items()):
            if number >= near:
                yield CrowdedPost(
                    deanery=deanery,
                    deanery_number=written,
                    day=day,
                    applicants=number,
                    files=-(-number // MOST_A_POST),
                )
