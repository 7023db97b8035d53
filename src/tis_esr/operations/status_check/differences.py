"""What differs between what was exported and reconciled, and the ESR events that TCS lists."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from tis_esr.tcs.models import PlacementEsrEvent, PostEsrEvent


class DifferenceKind(StrEnum):
    """Whether TCS lacks an event, lists it more than once, or lists another one than it should."""

    MISSING = "MISSING"
    DOUBLED = "DOUBLED"
    DIFFERENT = "DIFFERENT"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference about a placement or a post, which TCS names by ``id``.

    ``file`` is the applicant file, "" for a post. What TCS lists twice can't be repaired: events are only appended.
    """

    kind: DifferenceKind
    of: str
    id: int
    deanery: str
    position_id: int
    position_number: int
    file: str = ""
    is_repairable: bool = True

    @property
    def key(self) -> str:
        """Return what identifies it."""
        return f"{self.kind}:{self.of}:{self.id}:{self.position_id}:{self.position_number}:{self.file}"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant who was sent in a file, of whom TCS should list one event on the placement."""

    placement_id: int
    position_id: int
    position_number: int
    file: str
    deanery: str


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """A position that TCS should list on a post, or with ``is_listed`` false not list there."""

    post_id: int
    position_id: int
    position_number: int
    deanery: str
    is_listed: bool


def of_placement(sent: Iterable[Sent], events: Sequence[PlacementEsrEvent]) -> list[Difference]:
    """Return the differences about one placement."""
    found = []
    for one in sent:
        same = [
            event for event in events if (event.filename, event.position_id) == (one.file, one.position_id)
        ]
        if not same:
            found.append(_of_sent(DifferenceKind.MISSING, one))
        if len(same) > 1:
            found.append(_of_sent(DifferenceKind.DOUBLED, one, is_repairable=False))
        if any(event.position_number != one.position_number for event in same):
            found.append(_of_sent(DifferenceKind.DIFFERENT, one, is_repairable=False))
    return found


def of_post(linked: Iterable[Linked], events: Sequence[PostEsrEvent]) -> list[Difference]:
    """Return the differences about one post; ``events`` are those that it lists."""
    listed = Counter((event.position_id, event.position_number) for event in events)
    found = []
    for one in linked:
        number = listed[one.position_id, one.position_number]
        if one.is_listed and not number:
            found.append(_of_linked(DifferenceKind.MISSING, one))
        if not one.is_listed and number:
            found.append(_of_linked(DifferenceKind.DIFFERENT, one))
        if one.is_listed and number > 1:
            found.append(_of_linked(DifferenceKind.DOUBLED, one, is_repairable=False))
    return found


def _of_sent(kind: DifferenceKind, sent: Sent, *, is_repairable: bool = True) -> Difference:
    return Difference(
        kind=kind, of="placement", id=sent.placement_id, deanery=sent.deanery, position_id=sent.position_id,
        position_number=sent.position_number, file=sent.file, is_repairable=is_repairable,
    )  # fmt: skip


def _of_linked(kind: DifferenceKind, linked: Linked, *, is_repairable: bool = True) -> Difference:
    return Difference(
        kind=kind, of="post", id=linked.post_id, deanery=linked.deanery, position_id=linked.position_id,
        position_number=linked.position_number, is_repairable=is_repairable,
    )  # fmt: skip
