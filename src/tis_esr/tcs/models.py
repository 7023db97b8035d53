"""TCS's DTOs, with the fields that are needed here.

Lenient: unknown fields are ignored, every field may be missing, and enumerations are plain text, so that a new value in
TIS never makes a record unreadable (incident A8). Field names are TCS's, in snake case; dates are Europe/London days.
"""

from datetime import date, datetime
from typing import Final

import msgspec


class Dto(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What all DTOs share: immutable, camelCase on the wire, unknown fields ignored."""


class Post(Dto, frozen=True):
    """PostDTO: a training post. ``status`` is the computed funding status (CURRENT, INACTIVE)."""

    id: int
    national_post_number: str | None = None
    status: str | None = None
    owner: str | None = None
    current_reconciled_events: list["PostEsrEvent"] | None = None


class ListedPost(Dto, frozen=True):
    """PostViewDTO: a post as searches list it, without the names of its trainees, which are not read."""

    id: int
    national_post_number: str | None = None
    status: str | None = None
    owner: str | None = None
    primary_site_code: str | None = None
    primary_site_name: str | None = None
    approved_grade_name: str | None = None
    primary_specialty_name: str | None = None


class PostEsrEvent(Dto, frozen=True):
    """PostEsrEventDto: a position was linked to (RECONCILED) or taken from (DELETED) a post."""

    event_date_time: datetime
    position_number: int
    position_id: int
    status: str
    filename: str | None = None
    post_id: int | None = None


class PlacementEsrEvent(Dto, frozen=True):
    """PlacementEsrEventDto: a placement was sent to ESR in an applicant file."""

    filename: str
    position_number: int
    position_id: int
    exported_at: datetime | None = None
    placement_id: int | None = None
    status: str | None = None


class Placement(Dto, frozen=True):
    """PlacementDetailsDTO: a person in a post from ``date_from`` to ``date_to``, both inclusive."""

    id: int
    trainee_id: int | None = None
    post_id: int | None = None
    national_post_number: str | None = None
    date_from: date | None = None
    date_to: date | None = None
    whole_time_equivalent: float | None = None
    site_code: str | None = None
    site_id: int | None = None
    grade_abbreviation: str | None = None
    placement_type: str | None = None
    lifecycle_state: str | None = None
    esr_events: list[PlacementEsrEvent] | None = None


class ContactDetails(Dto, frozen=True):
    """ContactDetailsDTO; ``id`` is the person's."""

    id: int
    surname: str | None = None
    legal_surname: str | None = None
    forenames: str | None = None
    legal_forenames: str | None = None
    known_as: str | None = None
    maiden_name: str | None = None
    initials: str | None = None
    title: str | None = None
    telephone_number: str | None = None
    mobile_number: str | None = None
    email: str | None = None
    work_email: str | None = None
    address1: str | None = None
    address2: str | None = None
    address3: str | None = None
    address4: str | None = None
    post_code: str | None = None
    country: str | None = None
    amended_date: datetime | None = None


class PersonalDetails(Dto, frozen=True):
    """PersonalDetailsDTO; ``id`` is the person's."""

    id: int
    marital_status: str | None = None
    date_of_birth: date | None = None
    gender: str | None = None
    nationality: str | None = None
    sexual_orientation: str | None = None
    religious_belief: str | None = None
    ethnic_origin: str | None = None
    disability: str | None = None
    disability_details: str | None = None
    national_insurance_number: str | None = None
    amended_date: datetime | None = None


class GmcDetails(Dto, frozen=True):
    """GmcDetailsDTO; ``id`` is the person's. Numbers may be ``UNKNOWN`` or ``N/A``."""

    id: int
    gmc_number: str | None = None
    gmc_status: str | None = None
    gmc_end_date: date | None = None


class GdcDetails(Dto, frozen=True):
    """GdcDetailsDTO; ``id`` is the person's."""

    id: int
    gdc_number: str | None = None
    gdc_status: str | None = None
    gdc_end_date: date | None = None


class Person(Dto, frozen=True):
    """PersonDTO: a doctor in training with the parts that an applicant record needs."""

    id: int
    role: str | None = None
    status: str | None = None
    contact_details: ContactDetails | None = None
    personal_details: PersonalDetails | None = None
    gmc_details: GmcDetails | None = None
    gdc_details: GdcDetails | None = None


class TrainingNumber(Dto, frozen=True):
    """TrainingNumberDTO: the national training number, which TCS computes when it is read."""

    training_number: str | None = None


class ProgrammeMembership(Dto, frozen=True):
    """ProgrammeMembershipCurriculaDTO, with the training number only."""

    programme_start_date: date | None = None
    training_number: TrainingNumber | None = None


class Absence(Dto, frozen=True):
    """AbsenceDTO; ``absence_attendance_id`` is ESR's own key, ``amended_date`` the row's version.

    ``amended_date`` stays the text that TCS sent: it has to be sent back to the millisecond.
    """

    absence_attendance_id: str | None = None
    person_id: int | None = None
    id: int | None = None
    start_date: date | None = None
    end_date: date | None = None
    duration_in_days: int | None = None
    amended_date: str | None = None


RECONCILED: Final = "RECONCILED"
DELETED: Final = "DELETED"

FIELDS: Final = frozenset(
    field.encode_name for kind in Dto.__subclasses__() for field in msgspec.structs.fields(kind)
)
"""The names of all known fields, as TCS writes them."""
