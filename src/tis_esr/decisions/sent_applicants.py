"""What TIS says now of applicants that ESR was sent: still to come, on which dates, or gone."""

from datetime import date

import msgspec

from tis_esr.decisions.notifications.content import Withdrawn
from tis_esr.decisions.placements import is_reportable
from tis_esr.tcs.models import Placement


class SentApplicant(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant as ESR was sent them in an applicant file, for one position; last in ``file``, "" where that is not known."""

    placement_id: int
    position_id: int
    person_id: int
    deanery_number: str
    date_from: date
    date_to: date
    last_name: str
    first_name: str
    gmc_number: str | None
    file: str = ""

    @property
    def dates(self) -> str:
        """Return the dates that ESR was sent, as the fact of a type 4 is written."""
        return dates_fact(self.date_from, self.date_to)

    def as_withdrawn(self) -> Withdrawn:
        """Return who will not come, by the names that ESR was sent."""
        return Withdrawn(last_name=self.last_name, first_name=self.first_name, gmc_number=self.gmc_number)


def dates_fact(date_from: date, date_to: date) -> str:
    """Return start and end as ``2026-12-02/2027-03-31``."""
    return f"{date_from}/{date_to}"


def is_gone(placement: Placement | None, national_post_number: str) -> bool:
    """Return whether a placement that its post's list lacks is gone, by what TCS says of it when asked for it alone.

    It is gone where TCS has no such placement, or has it in a post of another number: in another post of the
    same number it has moved, and in the same post the list was behind.
    """
    return placement is None or placement.national_post_number != national_post_number


def has_reportable_dates(placement: Placement) -> bool:
    """Return whether a placement's dates are reportable: it counts, and has both.

    A placement that went back to DRAFT, or no longer counts, causes no withdrawal and no change of dates (as in TIS:
    approved to draft sends nothing). Dates that TIS has lost are no other dates.
    """
    return is_reportable(placement) and placement.date_from is not None and placement.date_to is not None
