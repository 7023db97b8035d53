"""The positions of one office with their posts, and how many positions each office has."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from tis_esr.decisions.post_numbers import post_number_parts
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.contracts.bodies import MATCHED
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

MOST: Final = 20_000
"""Positions of one office; the largest has some 9,000."""


class PositionState(StrEnum):
    """Whether a position has a post in TIS."""

    MATCHED = "MATCHED"
    UNMATCHED = "UNMATCHED"
    NOT_RECONCILED = "NOT_RECONCILED"
    DELETED = "DELETED"


class ListedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position with the codes in its post number. ``deanery`` is the office that ESR sent it for.

    ``beside`` counts the other positions of the office at its post that are not deleted, ``other_posts`` the further
    posts in TIS with its number: with either, it is *shared*.
    """

    position_id: int
    position_number: int | None
    deanery: str
    post_number: str
    trust: str
    specialty: str
    grade: str
    state: PositionState
    post_id: int | None
    beside: int
    other_posts: int

    @property
    def key(self) -> str:
        """Return the position's id."""
        return str(self.position_id)

    @property
    def is_shared(self) -> bool:
        """Return whether it has its post, or its number, together with others."""
        return self.beside > 0 or self.other_posts > 0


class PositionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many positions an office has in each state."""

    deanery: str
    states: dict[PositionState, int]

    @property
    def positions(self) -> int:
        """Return how many there are."""
        return sum(self.states.values())


class PositionList(msgspec.Struct, frozen=True, kw_only=True):
    """The positions of an office; ``is_cut`` says that it has more than were read."""

    deanery: str
    positions: list[ListedPosition]
    is_cut: bool


def position_counts(reader: Reader) -> list[PositionCounts]:
    """Return the counts of every office that has positions, by its code."""
    found: dict[str, Counter[PositionState]] = {}
    for (deanery, status, deleted), number in reader.counts(
        POSITIONS, "deanery", "status", "deleted"
    ).items():
        state = _state(status or "", is_deleted=bool(deleted))
        found.setdefault(deanery or "", Counter())[state] += number
    return [
        PositionCounts(deanery=deanery, states={state: counts[state] for state in PositionState})
        for deanery, counts in sorted(found.items())
        if deanery
    ]


def position_list(reader: Reader, deanery: str) -> PositionList:
    """Return the positions of an office."""
    found = reader.find(POSITIONS, {"deanery": deanery}, ("reconciled_at",), MOST + 1)
    shown = found[:MOST]
    at_post = Counter(one.post_id for one in shown if one.post_id is not None and not one.deleted)
    return PositionList(
        deanery=deanery, positions=[_listed(one, at_post) for one in shown], is_cut=len(found) > MOST
    )


def _listed(position: Position, at_post: Mapping[int, int]) -> ListedPosition:
    parts = post_number_parts(position.deanery_number)
    at_same = 0 if position.deleted or position.post_id is None else at_post[position.post_id]
    return ListedPosition(
        position_id=position.position_id,
        position_number=position.position_number,
        deanery=position.deanery,
        post_number=position.deanery_number,
        trust=parts.trust,
        specialty=parts.specialty,
        grade=parts.grade,
        state=_state(position.status, is_deleted=position.deleted),
        post_id=position.post_id,
        beside=max(0, at_same - 1),
        other_posts=len(position.other_post_ids),
    )


def _state(status: str, *, is_deleted: bool) -> PositionState:
    if is_deleted:
        return PositionState.DELETED
    if not status:
        return PositionState.NOT_RECONCILED
    return PositionState.MATCHED if status == MATCHED else PositionState.UNMATCHED
