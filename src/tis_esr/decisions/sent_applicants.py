"""The present state in TIS of applicants that were sent to ESR: still expected, on which dates, or gone."""

from datetime import date

import msgspec

from tis_esr.decisions.notifications.content import Withdrawn
from tis_esr.decisions.placements import is_reportable, is_reportable_type
from tis_esr.tcs.models import Placement


class SentApplicant(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant as sent to ESR in an applicant file, for one position; ``file`` is the last one, "" if unknown."""

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
        """Return the dates that were sent to ESR, in the form of a type 4's fact."""
        return dates_fact(self.date_from, self.date_to)

    def as_withdrawn(self) -> Withdrawn:
        """Return the withdrawn trainee, with the names that were sent to ESR."""
        return Withdrawn(last_name=self.last_name, first_name=self.first_name, gmc_number=self.gmc_number)


def dates_fact(date_from: date, date_to: date) -> str:
    """Return start and end as ``2026-12-02/2027-03-31``."""
    return f"{date_from}/{date_to}"


def is_dates_fact_over(fact: str, day: date) -> bool:
    """Return whether the end in a ``dates_fact`` is before a day."""
    end = fact.partition("/")[2]
    return bool(end) and date.fromisoformat(end) < day


def is_gone(placement: Placement | None, national_post_number: str) -> bool:
    """Return whether a placement that is missing from its post's list is gone, from TCS's individual response.

    It is gone if TCS has no such placement, or has it in a post of another number: in another post of the same number
    it has moved, and in the same post the list was behind.
    """
    return placement is None or placement.national_post_number != national_post_number


def is_somebody_elses(placement: Placement | None, person_id: int) -> bool:
    """Return whether a placement is another trainee's now: the one whom ESR was sent for it has been withdrawn."""
    return placement is not None and placement.trainee_id not in {None, person_id}


def is_drafted(placement: Placement | None, person_id: int) -> bool:
    """Return whether a sent placement went back to draft and is the same trainee's: it may be approved again any day."""
    if placement is None or is_somebody_elses(placement, person_id):
        return False
    return is_reportable_type(placement) and not is_reportable(placement)


def has_reportable_dates(placement: Placement) -> bool:
    """Return whether a placement's dates are reportable: the placement is, and has both.

    A placement that went back to DRAFT, or is no longer reportable, causes no withdrawal and no change of dates (as in
    TIS: approved to draft sends nothing). Missing dates in TIS are not a change.
    """
    return is_reportable(placement) and placement.date_from is not None and placement.date_to is not None
