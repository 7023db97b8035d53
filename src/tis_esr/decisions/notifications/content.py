"""Builds notifications: types 1, 2, 4 and 5 (TCS's EsrNotificationServiceImpl; never type 3)."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from tis_esr.decisions.position_view import PositionView
from tis_esr.decisions.values.cleaning import Kind, clean
from tis_esr.decisions.values.person_names import first_name, last_name, registration
from tis_esr.tcs.models import Person, Placement

NOT_KNOWN = "NOT KNOWN"
WITHDRAWN_OTHER = "3"


class Incumbent(msgspec.Struct, frozen=True, kw_only=True):
    """A trainee in a post: the placement, the person, and the VPD of their other position if it is known."""

    placement: Placement
    person: Person | None
    vpd: str | None = None


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The columns of a NOT row. Dates are Europe/London days; hours are a share of full time.

    Never filled: ``deanery_body``, the ``replacement_...`` ones (type 3 is never built) and
    ``medical_rotation_post_delete_indicator``: neither TIS nor an inbound row has a source for them.
    """

    notification_title_code: str
    deanery_body: str | None = None
    deanery_post_number: str | None = None
    managing_deanery_body_code: str | None = None
    occupation_code: str | None = None
    host_lead_employer_status: str | None = None
    new_training_position_location: str | None = None
    current_trainee_last_name: str | None = None
    current_trainee_first_name: str | None = None
    current_trainee_gmc_number: str | None = None
    current_trainee_projected_end_date: date | None = None
    current_trainee_vpd_for_next_placement: str | None = None
    current_trainee_working_hours_indicator: Decimal | None = None
    next_appointment_trainee_last_name: str | None = None
    next_appointment_trainee_first_name: str | None = None
    next_appointment_trainee_gmc_number: str | None = None
    next_appointment_current_placement_vpd: str | None = None
    next_appointment_projected_start_date: date | None = None
    next_appointment_trainee_email_address: str | None = None
    next_appointment_trainee_grade: str | None = None
    withdrawn_trainee_last_name: str | None = None
    withdrawn_trainee_first_name: str | None = None
    withdrawn_trainee_gmc_number: str | None = None
    withdrawal_reason: str | None = None
    replacement_trainee_last_name: str | None = None
    replacement_trainee_first_name: str | None = None
    replacement_trainee_gmc_number: str | None = None
    replacement_trainee_current_placement_vpd: str | None = None
    replacement_trainee_projected_hire_date: date | None = None
    change_of_projected_hire_date: date | None = None
    change_of_projected_end_date: date | None = None
    post_speciality: str | None = None
    working_hour_indicator: Decimal | None = None
    post_vacant_at_next_rotation: str | None = None
    medical_rotation_post_delete_indicator: str | None = None
    employing_org_vpd_code: str | None = msgspec.field(default=None, name="employingOrgVPDCode")
    ods_code: str | None = None
    position_id: int | None = None
    position_number: int | None = None


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A trainee who is withdrawn."""

    last_name: str | None
    first_name: str | None
    gmc_number: str | None


def type_1(npn: str, current: Incumbent | None, coming: Incumbent | None) -> Notification:
    """Build who is now and who is next in a post; it becomes vacant if nobody is next."""
    empty = Notification(
        notification_title_code="1",
        deanery_post_number=npn,
        managing_deanery_body_code=body_code(npn),
        post_speciality="",
        post_vacant_at_next_rotation="N" if coming else "Y",
    )
    return _with_next(_with_current(empty, current), coming)


def type_4(type_1_of_it: Notification, placement: Placement, today: date) -> Notification:
    """Build a change of dates from its type 1: the hire date only if it is in the future, the end date always."""
    hire = placement.date_from if placement.date_from is not None and placement.date_from > today else None
    return msgspec.structs.replace(
        type_1_of_it,
        notification_title_code="4",
        change_of_projected_hire_date=hire,
        change_of_projected_end_date=placement.date_to,
        current_trainee_projected_end_date=None,
    )


def type_2(
    npn: str, current: Incumbent | None, coming: Incumbent | None, withdrawn: Withdrawn
) -> Notification:
    """Build a withdrawal. TIS has no reason, so it is always ``3``, other."""
    person = current.person if current else None
    return Notification(
        notification_title_code="2",
        deanery_post_number=npn,
        managing_deanery_body_code=body_code(npn),
        current_trainee_last_name=last_name(person) if person else None,
        current_trainee_first_name=first_name(person) if person else None,
        current_trainee_gmc_number=_gmc(person),
        current_trainee_projected_end_date=current.placement.date_to if current else None,
        withdrawn_trainee_last_name=withdrawn.last_name,
        withdrawn_trainee_first_name=withdrawn.first_name,
        withdrawn_trainee_gmc_number=withdrawn.gmc_number,
        withdrawal_reason=WITHDRAWN_OTHER,
        post_vacant_at_next_rotation="N" if coming else "Y",
    )


def type_5(npn: str) -> Notification:
    """Build the notification of a new post, which is vacant."""
    return Notification(
        notification_title_code="5",
        deanery_post_number=npn,
        managing_deanery_body_code=body_code(npn),
        post_vacant_at_next_rotation="Y",
    )


def for_position(notification: Notification, position: PositionView) -> Notification:
    """Complete a notification for one position of its post with values that only ESR's own rows have.

    The managing body is the deanery of the inbound file: the NPN's prefix doesn't distinguish KSS, PEN and SEV.
    """
    is_new = notification.notification_title_code == "5"
    return msgspec.structs.replace(
        notification,
        managing_deanery_body_code=position.deanery,
        occupation_code=clean(Kind.TEXT, position.occupation_code),
        host_lead_employer_status=clean(Kind.TEXT, position.host_lead),
        new_training_position_location=clean(Kind.TEXT, position.esr_location) if is_new else None,
        employing_org_vpd_code=clean(Kind.TEXT, position.employing_vpd),
        ods_code=clean(Kind.TEXT, position.ods_code),
        position_id=position.position_id,
        position_number=position.position_number,
    )


def body_code(npn: str) -> str | None:
    """Return the text before the first ``/`` of an NPN; None if there is no ``/``."""
    prefix, slash, _ = npn.partition("/")
    return prefix.strip() if slash else None


def hours(whole_time_equivalent: float | None) -> Decimal | None:
    """Return a share of full time with one decimal, halves to even: 0.75 is 0.8 and 0.25 is 0.2."""
    if whole_time_equivalent is None:
        return None
    return Decimal(str(whole_time_equivalent)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def _with_current(notification: Notification, current: Incumbent | None) -> Notification:
    if current is None:
        return notification
    person = current.person
    return msgspec.structs.replace(
        notification,
        current_trainee_last_name=last_name(person) if person else None,
        current_trainee_first_name=first_name(person) if person else None,
        current_trainee_gmc_number=_gmc(person),
        current_trainee_projected_end_date=current.placement.date_to,
        current_trainee_vpd_for_next_placement=clean(Kind.TEXT, current.vpd) or NOT_KNOWN,
        current_trainee_working_hours_indicator=hours(current.placement.whole_time_equivalent),
    )


def _with_next(notification: Notification, coming: Incumbent | None) -> Notification:
    if coming is None:
        return notification
    person = coming.person
    contact = person.contact_details if person else None
    return msgspec.structs.replace(
        notification,
        next_appointment_projected_start_date=coming.placement.date_from,
        next_appointment_trainee_email_address=clean(Kind.EMAIL, contact.email) if contact else None,
        next_appointment_trainee_last_name=last_name(person) if person else None,
        next_appointment_trainee_first_name=first_name(person) if person else None,
        next_appointment_trainee_gmc_number=_gmc(person),
        next_appointment_trainee_grade=clean(Kind.TEXT, coming.placement.grade_abbreviation),
        working_hour_indicator=hours(coming.placement.whole_time_equivalent),
        next_appointment_current_placement_vpd=clean(Kind.TEXT, coming.vpd) or NOT_KNOWN,
    )


def _gmc(person: Person | None) -> str | None:
    return registration(person.gmc_details.gmc_number) if person and person.gmc_details else None
