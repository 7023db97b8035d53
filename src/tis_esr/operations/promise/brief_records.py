"""Applicant records and positions with no more than the promise needs, which are read in a third of the time."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter

import msgspec

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.data_exporter.outbound import APPLICANTS, EsrAnswer, RecordState, Sending
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

_A_PAGE = 2000
_BEYOND = 2**63 - 1


class BriefRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The part of an ApplicantRecord that says what happened to it."""

    placement_id: int
    person_id: int
    position_id: int
    deanery: str
    deanery_number: str
    date_from: date
    state: RecordState
    reason: str = ""
    built_on: date
    file: str | None = None
    answers: list[EsrAnswer] = []
    missing: list[str] = []
    earlier: list[Sending] = []
    withdrawn: bool = False
    replaced: bool = False
    known_since: date | None = None
    sound_since: date | None = None

    @property
    def files(self) -> list[str]:
        """Return the files that it is or was in."""
        before = [sending.file for sending in self.earlier]
        return before if self.file is None else [*before, self.file]


class BriefPosition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The part of a Position that says whether, and since when, an applicant can be sent."""

    position_id: int
    deleted: bool = False
    post_id: int | None = None
    found_later: bool = False
    matched_on: date | None = None


BRIEF_APPLICANTS = Collection(
    APPLICANTS.name,
    BriefRecord,
    lambda record: f"{record.placement_id}:{record.position_id}",
    APPLICANTS.indexes,
)
BRIEF_POSITIONS = Collection(
    POSITIONS.name, BriefPosition, lambda position: str(position.position_id), POSITIONS.indexes
)
_placement = attrgetter("placement_id")


def placements(state: Reader) -> Iterator[Sequence[Sequence[BriefRecord]]]:
    """Yield all records, those of each placement together, a page of placements at a time, by the index of placements.

    Records of neighbouring placements are neighbours in the store too: one pass over all of them takes less than one
    for each office and state.
    """
    first, limit = 0, _A_PAGE
    while True:
        page = state.find(
            BRIEF_APPLICANTS,
            {"placement_id": Between(first, _BEYOND)},
            order_by=("placement_id",),
            limit=limit,
        )
        groups = [list(some) for _, some in groupby(page, _placement)]
        if len(page) < limit:
            yield groups
            return
        if len(groups) == 1:  # a placement that fills a page
            limit *= 2
            continue
        *whole, last = groups
        yield whole
        first, limit = last[0].placement_id, _A_PAGE
