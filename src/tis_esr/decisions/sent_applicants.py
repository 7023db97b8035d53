"""What became of applicants that ESR already has: unchanged, moved to other dates, or gone."""

from collections.abc import Iterable
from datetime import date
from enum import Enum

import msgspec

from tis_esr.decisions.notifications import Withdrawn
from tis_esr.decisions.placements import counts
from tis_esr.tcs.models import Placement


class SentApplicant(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant as ESR knows them: the dates it was last told, for one position.

    ``withdrawn`` from the moment that ESR is told that they will not come.
    """

    placement_id: int
    position_id: int
    person_id: int
    deanery_number: str
    date_from: date
    date_to: date
    last_name: str
    first_name: str
    gmc_number: str | None
    withdrawn: bool = False

    def as_withdrawn(self) -> Withdrawn:
        """Return who will not come, by the names that ESR was sent."""
        return Withdrawn(last_name=self.last_name, first_name=self.first_name, gmc_number=self.gmc_number)


class Change(Enum):
    """What TIS says of it now; NEW_DATES makes a type 4, GONE a type 2, each with a type 1."""

    NONE = "unchanged"
    NEW_DATES = "other dates"
    GONE = "gone"


def change_of(sent: SentApplicant, placements: Iterable[Placement]) -> tuple[Change, Placement | None]:
    """Compare what ESR has with the placements that the position's post has in TIS now.

    Only a placement that is no longer there at all is gone: one that went back to DRAFT, or no longer
    counts, withdraws nobody (as in TIS: approved to draft sends nothing). Dates that TIS has lost are no
    other dates: there is nothing to tell.
    """
    if sent.withdrawn:
        return Change.NONE, None
    placement = next((p for p in placements if p.id == sent.placement_id), None)
    if placement is None:
        return Change.GONE, None
    if not counts(placement) or None in (placement.date_from, placement.date_to):
        return Change.NONE, placement
    same = (placement.date_from, placement.date_to) == (sent.date_from, sent.date_to)
    return (Change.NONE if same else Change.NEW_DATES), placement
