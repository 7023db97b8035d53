"""The columns of an applicant record (from TIS's PersonDTO and PlacementDetailsDTO to APP)."""

from collections.abc import Callable
from datetime import date

import msgspec

from tis_esr.decisions.position_view import PositionView
from tis_esr.decisions.postcodes import postcode
from tis_esr.decisions.values.cleaning import Kind, clean
from tis_esr.decisions.values.person_names import first_name, last_name, registration
from tis_esr.decisions.values.value_lists import ValueList, to_esr
from tis_esr.records.outbound_layouts import APP
from tis_esr.records.values import Value, misfit_reason
from tis_esr.tcs.models import ContactDetails, GdcDetails, GmcDetails, Person, PersonalDetails, Placement

GMC = "General Medical Council"
GDC = "General Dental Council"
FROM_ESR = frozenset({"positionId", "positionNumber", "deaneryNumber"})
"""Columns that come from ESR's own POR and POS rows; the trust corrects them, the local office the others."""

_SET_AT_EXPORT = "effectiveDate"


class ApplicantDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The columns by name, those that are mandatory and missing, and those left blank because no ESR code matches."""

    fields: dict[str, Value]
    missing: tuple[str, ...]
    unmapped: tuple[str, ...]


def applicant_record(
    position: PositionView, placement: Placement, person: Person, training_number: str | None
) -> ApplicantDraft:
    """Fill the columns of APP, except effectiveDate, which is the day of the export.

    A value without an ESR code, or that does not fit its column, is left empty and named in ``unmapped``; if the column
    is mandatory it is ``missing`` too, and the record is not sent to ESR.
    """
    no_contact, no_personal = ContactDetails(id=person.id), PersonalDetails(id=person.id)
    fields: dict[str, Value] = {
        "lastName": last_name(person),
        "firstName": first_name(person),
        **_contact(person.contact_details or no_contact),
        **_bodies(person.gmc_details, person.gdc_details),
        **_personal(person.personal_details or no_personal),
        "nationalTrainingNumber": clean(Kind.TEXT, training_number),
        "positionId": position.position_id,
        "positionNumber": position.position_number,
        "projectedHireDate": placement.date_from,
        "projectedEndDate": placement.date_to,
        "deaneryNumber": position.deanery_number,
    }
    coded, unmapped = _coded(person)
    fields |= coded
    for column in APP.columns:
        value = fields.get(column.name)
        if value in (None, ""):
            fields.pop(column.name, None)
        elif misfit_reason(column, value):
            del fields[column.name]
            unmapped.append(column.name)
    if (written := fields.pop("address.postcode", None)) is not None:
        if known := postcode(str(written)):
            fields["address.postcode"] = known
        else:
            unmapped.append("address.postcode")
    mandatory = (column.name for column in APP.columns if column.mandatory and column.name != _SET_AT_EXPORT)
    missing = tuple(name for name in mandatory if name not in fields)
    return ApplicantDraft(fields=fields, missing=missing, unmapped=tuple(sorted(unmapped)))


def _contact(contact: ContactDetails) -> dict[str, Value]:
    return {
        "applicantEmailAddress": clean(Kind.EMAIL, contact.email),
        "address.address1": clean(Kind.TEXT, contact.address1),
        "address.address2": clean(Kind.TEXT, contact.address2),
        "address.address3": clean(Kind.TEXT, contact.address3),
        "address.town": clean(Kind.TEXT, contact.address4),
        "address.postcode": clean(Kind.TEXT, contact.post_code),
        "homeTel": clean(Kind.PHONE, contact.telephone_number),
        "mobileTel": clean(Kind.PHONE, contact.mobile_number),
        "previousLastName": clean(Kind.TEXT, contact.maiden_name),
    }


def _personal(personal: PersonalDetails) -> dict[str, Value]:
    return {
        "dob": personal.date_of_birth,
        "ukNino": clean(Kind.NI_NUMBER, personal.national_insurance_number),
    }


def _bodies(gmc: GmcDetails | None, gdc: GdcDetails | None) -> dict[str, Value]:
    """Fill the two professional bodies: GMC first, then GDC; UNKNOWN and N/A are not numbers."""
    fields: dict[str, Value] = {}
    numbers: tuple[tuple[str, str | None, date | None], ...] = (
        (GMC, gmc.gmc_number if gmc else None, gmc.gmc_end_date if gmc else None),
        (GDC, gdc.gdc_number if gdc else None, gdc.gdc_end_date if gdc else None),
    )
    for place, (body, number, expires) in enumerate(numbers):
        known = registration(number)
        if known is not None:
            prefix = f"professionalBodies.{place}"
            fields |= {f"{prefix}.body": body, f"{prefix}.regNumber": known, f"{prefix}.expiryDate": expires}
    return fields


_CODED: tuple[tuple[str, ValueList, Callable[[ContactDetails, PersonalDetails], str | None]], ...] = (
    ("title", ValueList.TITLE, lambda contact, _: contact.title),
    ("address.country", ValueList.COUNTRY, lambda contact, _: contact.country),
    ("gender", ValueList.GENDER, lambda _, personal: personal.gender),
    ("ethnicOriginCode", ValueList.ETHNIC_ORIGIN, lambda _, personal: personal.ethnic_origin),
    ("sexualOrientation", ValueList.SEXUAL_ORIENTATION, lambda _, personal: personal.sexual_orientation),
    ("religiousBelief", ValueList.RELIGIOUS_BELIEF, lambda _, personal: personal.religious_belief),
    ("nationality", ValueList.NATIONALITY, lambda _, personal: personal.nationality),
    ("disability", ValueList.DISABILITY, lambda _, personal: personal.disability),
    ("maritalStatus", ValueList.MARITAL_STATUS, lambda _, personal: personal.marital_status),
)


def _coded(person: Person) -> tuple[dict[str, Value], list[str]]:
    contact = person.contact_details or ContactDetails(id=person.id)
    personal = person.personal_details or PersonalDetails(id=person.id)
    fields: dict[str, Value] = {}
    unmapped = []
    for column, name, value_of in _CODED:
        value = clean(Kind.TEXT, value_of(contact, personal))
        if value is None:
            continue
        fields[column] = to_esr(name, value)
        if fields[column] is None:
            unmapped.append(column)
    return fields, unmapped
