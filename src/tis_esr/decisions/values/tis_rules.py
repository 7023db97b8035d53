"""TIS's own rules for the values of a person, by field of its DTOs: what its forms would reject is never sent.

TCS checks ContactDetailsDTO and PersonalDetailsDTO on POST and PUT, not on PATCH: an invalid value would be stored, and
from then on that person could not be saved in TIS.
"""

import re
from datetime import date

from tis_esr.decisions.person_refusals import Refusal

LONGEST = 255
"""The length of every text column in TIS's database."""
LONGEST_ATTENDANCE_ID = 10
LONGEST_DURATION = 2**31 - 1
EARLIEST = date(1900, 1, 1)

_PLAIN_LETTERS = re.compile(r"[A-Za-z0-9\-\\' ]*")
_PHONE = re.compile(r"[0-9\\+\- ]*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

_PATTERNS: dict[str, tuple[re.Pattern[str], Refusal]] = {
    "legalSurname": (_PLAIN_LETTERS, Refusal.NOT_PLAIN_LETTERS),
    "legalForenames": (_PLAIN_LETTERS, Refusal.NOT_PLAIN_LETTERS),
    "country": (_PLAIN_LETTERS, Refusal.NOT_PLAIN_LETTERS),
    "telephoneNumber": (_PHONE, Refusal.NOT_A_PHONE_NUMBER),
    "mobileNumber": (_PHONE, Refusal.NOT_A_PHONE_NUMBER),
    "workEmail": (_EMAIL, Refusal.NOT_AN_EMAIL_ADDRESS),
}


def misfit(field: str, value: str, today: date) -> Refusal | None:
    """Return why TIS's rules reject a value of ContactDetailsDTO or PersonalDetailsDTO; None if they accept it.

    The lists of the reference service are in ``value_lists``.
    """
    if len(value) > LONGEST:
        return Refusal.TOO_LONG
    if field == "dateOfBirth":
        try:
            born = date.fromisoformat(value)
        except ValueError:
            return Refusal.UNREADABLE
        return None if EARLIEST <= born <= today else Refusal.IMPLAUSIBLE_DATE
    pattern, refusal = _PATTERNS.get(field, (None, None))
    return refusal if pattern is not None and not pattern.fullmatch(value) else None


def absence_misfit(
    attendance_id: str, days: dict[str, date | None], duration: int | None
) -> dict[str, Refusal]:
    """Return the values of an absence that violate AbsenceDTO's rules, by ESR's column; ``days`` are by column too."""
    refused = {
        column: Refusal.IMPLAUSIBLE_DATE for column, day in days.items() if day is not None and day < EARLIEST
    }
    if len(attendance_id) > LONGEST_ATTENDANCE_ID:
        refused["absenceID"] = Refusal.TOO_LONG
    if duration is not None and duration > LONGEST_DURATION:
        refused["absenceDuration"] = Refusal.TOO_LONG
    return refused
