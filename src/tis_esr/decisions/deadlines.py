"""Who leaves the window unless the next file has them, who has left it unsent, and who goes first (incident A12)."""

from datetime import date
from enum import StrEnum

from tis_esr.decisions.periods import ApplicantWindow

FIRST_TO_GO = ("date_from", "placement_id", "position_id")
"""The order of applicants in their files: the earliest start leaves the window first, so it goes first.

What has to wait for a later file (more than 40 of a post) is thereby always what has more days left.
"""


class Deadline(StrEnum):
    """Where an applicant stands who was not sent."""

    LEAVING = "leaves the window unless it is sent today"
    MISSED = "left the window before it was sent"


def deadline(start: date, day: date, window: ApplicantWindow) -> Deadline | None:
    """Return where a placement that starts on ``start`` stands if the files of a day lack it; None if it can wait."""
    if start < window.edges(day)[0]:
        return Deadline.MISSED
    if start < can_wait_from(day, window):
        return Deadline.LEAVING
    return None


def can_wait_from(day: date, window: ApplicantWindow) -> date:
    """Return the first start that is still in the window when the next file after a day's is written."""
    return window.edges(window.next_file(day))[0]
