"""Whether an applicant record is produced for a placement, and why not: one rule for the generator and for ``why``."""

from datetime import date
from enum import StrEnum

import msgspec

from tis_esr.decisions.placements import APPROVED, is_reportable_type, unreportable_reason
from tis_esr.tcs.models import Placement


class Cause(StrEnum):
    """Why no applicant record is produced for a placement; NONE if one is."""

    NONE = ""
    TYPE = "type"
    NOT_APPROVED = "not approved"
    NO_DATES = "no dates"
    STARTED = "started"
    NO_TRAINEE = "no trainee"


class Verdict(msgspec.Struct, frozen=True):
    """A cause, and the same in words."""

    cause: Cause
    text: str


REPORTED = Verdict(Cause.NONE, "")
NO_TRAINEE = Verdict(Cause.NO_TRAINEE, "its trainee is not in TIS")


def verdict(placement: Placement, today: date) -> Verdict:
    """Judge a placement by itself: type, approval, dates, start (design: placements that count, not started yet)."""
    if not is_reportable_type(placement):
        return Verdict(Cause.TYPE, unreportable_reason(placement) or "")
    if (placement.lifecycle_state or "").upper() != APPROVED:
        return Verdict(Cause.NOT_APPROVED, unreportable_reason(placement) or "")
    if placement.date_from is None or placement.date_to is None:
        return Verdict(Cause.NO_DATES, "it has no start or no end date")
    if placement.date_from <= today:
        return Verdict(Cause.STARTED, "it has started already")
    return REPORTED
