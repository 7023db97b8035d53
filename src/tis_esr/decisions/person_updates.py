"""What ESR knows of a person that TIS does not: which details and absences change (T_PER, T_ADD, T_ABS)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.names import registration
from tis_esr.decisions.positions import HOST_EMPLOYER
from tis_esr.decisions.value_lists import ValueList, to_tis
from tis_esr.tcs.models import Absence, ContactDetails, PersonalDetails

Values = Mapping[str, Any]

CONTACT = "contact"
PERSONAL = "personal"


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a person's details in TIS (``field`` is TCS's name) that ESR knows differently."""

    section: str
    field: str
    old: str | None
    new: str


class Goes(msgspec.Struct, frozen=True):
    """Which column of ESR goes to which field of TIS, and by which list of values."""

    column: str
    section: str
    field: str
    values: ValueList | None = None


PER_FIELDS = (
    Goes("ukNino", PERSONAL, "nationalInsuranceNumber"),
    Goes("lastName", CONTACT, "legalSurname"),
    Goes("firstName", CONTACT, "legalForenames"),
    Goes("title", CONTACT, "title", ValueList.TITLE),
    Goes("gender", PERSONAL, "gender", ValueList.GENDER),
    Goes("dob", PERSONAL, "dateOfBirth"),
    Goes("homeTel", CONTACT, "telephoneNumber"),
    Goes("mobileTel", CONTACT, "mobileNumber"),
    Goes("emailAddress", CONTACT, "workEmail"),
    Goes("ethnicOriginCode", PERSONAL, "ethnicOrigin", ValueList.ETHNIC_ORIGIN),
    Goes("religiousBelief", PERSONAL, "religiousBelief", ValueList.RELIGIOUS_BELIEF),
    Goes("sexualOrientation", PERSONAL, "sexualOrientation", ValueList.SEXUAL_ORIENTATION),
    Goes("disability", PERSONAL, "disabilityDetails", ValueList.DISABILITY),
)
"""T_PER07 to T_PER33; the county of an address (T_ADD11) goes nowhere."""

ADD_FIELDS = (
    Goes("address1", CONTACT, "address1"),
    Goes("address2", CONTACT, "address2"),
    Goes("address3", CONTACT, "address3"),
    Goes("town", CONTACT, "address4"),
    Goes("postcode", CONTACT, "postCode"),
    Goes("country", CONTACT, "country", ValueList.COUNTRY),
)


def is_host(host_lead_indicator: str | None) -> bool:
    """Say whether a record is a host employer's: the lead's is the master, and a missing word counts as lead."""
    return (host_lead_indicator or "").strip().casefold() == HOST_EMPLOYER.casefold()


def is_primary(address: Values) -> bool:
    """Say whether an ADD row is the primary address; only that one goes to TIS."""
    return str(address.get("primaryFlag") or "").upper() == "Y"


def registration_numbers(bodies: Iterable[Values]) -> tuple[list[str], list[str]]:
    """Return the GMC and the GDC numbers of PBD rows; UNKNOWN, N/A and blanks are none."""
    gmc, gdc = [], []
    for row in bodies:
        number = registration(row.get("regNumber"))
        body = str(row.get("body") or "").casefold()
        if number is not None and "medical" in body:
            gmc.append(number)
        elif number is not None and "dental" in body:
            gdc.append(number)
    return gmc, gdc


def detail_changes(
    values: Values, fields: Iterable[Goes], contact: ContactDetails, personal: PersonalDetails
) -> tuple[list[FieldChange], list[str]]:
    """Return what differs, and the columns whose value has no mapping.

    An empty value of ESR changes nothing, and letters' case or blanks alone are no difference: ESR's
    capitals don't replace a name that TIS spells with care.
    """
    now = {CONTACT: msgspec.to_builtins(contact), PERSONAL: msgspec.to_builtins(personal)}
    changes, unmapped = [], []
    for mapping in fields:
        new = _text(values.get(mapping.column))
        if new is None:
            continue
        if mapping.values is not None:
            known = to_tis(mapping.values, new)
            if known is None:
                unmapped.append(mapping.column)
                continue
            new = known
        old = _text(now[mapping.section].get(mapping.field))
        if old is None or _plain(old) != _plain(new):
            changes.append(FieldChange(section=mapping.section, field=mapping.field, old=old, new=new))
    return changes, unmapped


def given(values: Values, fields: Iterable[Goes]) -> list[Goes]:
    """Return which fields a row brings a value for that TIS can hold, whether or not it differs from TIS's."""
    return [mapping for mapping in fields if _for_tis(mapping, _text(values.get(mapping.column))) is not None]


def _for_tis(mapping: Goes, value: str | None) -> str | None:
    return value if mapping.values is None or value is None else to_tis(mapping.values, value)


ABSENCE_FIELDS = {"absenceStart": "startDate", "absenceEnd": "endDate", "absenceDuration": "durationInDays"}
"""T_ABS05 to T_ABS07, by TCS's names."""


def absence_changes(values: Values, known: Absence | None) -> dict[str, str | int | None]:
    """Return the fields of an absence that TIS lacks or has otherwise, by TCS's names."""
    wanted = {
        field: _text(value) if isinstance(value := values.get(column), date | str) else value
        for column, field in ABSENCE_FIELDS.items()
    }
    stored = msgspec.to_builtins(known) if known is not None else {}
    return {
        field: value for field, value in wanted.items() if value is not None and stored.get(field) != value
    }


def _plain(value: str) -> str:
    return " ".join(value.split()).casefold()


def _text(value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip() or None if value is not None else None
