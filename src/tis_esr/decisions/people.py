"""Differences between ESR and TIS about a person: which details and absences change (T_PER, T_ADD, T_ABS)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.person_refusals import Refusal
from tis_esr.decisions.positions import HOST_EMPLOYER
from tis_esr.decisions.values.cleaning import Kind, clean, cleaned, is_same
from tis_esr.decisions.values.person_names import registration
from tis_esr.decisions.values.tis_rules import absence_misfit, misfit
from tis_esr.decisions.values.value_lists import ValueList, to_tis
from tis_esr.records.values import has_lost_letters
from tis_esr.tcs.models import Absence, ContactDetails, PersonalDetails

Values = Mapping[str, Any]

CONTACT = "contact"
PERSONAL = "personal"


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a person's details in TIS (``field`` is TCS's name) that differs in ESR.

    ``column`` is ESR's. ``repaired`` says what was repaired in the value, "" if nothing was.
    """

    section: str
    field: str
    old: str | None
    new: str
    column: str = ""
    repaired: str = ""


class RefusedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value from ESR that is not sent to TIS: its column, its target field, and why not."""

    section: str
    field: str
    column: str
    why: Refusal


class FieldMapping(msgspec.Struct, frozen=True):
    """The mapping of a column of ESR to a field of TIS: its list of values, and the kind of value."""

    column: str
    section: str
    field: str
    values: ValueList | None = None
    kind: Kind = Kind.TEXT

    @property
    def detail(self) -> str:
        """Return the name of the field among all of a person's."""
        return f"{self.section}.{self.field}"


PER_FIELDS = (
    FieldMapping("ukNino", PERSONAL, "nationalInsuranceNumber", kind=Kind.NI_NUMBER),
    FieldMapping("lastName", CONTACT, "legalSurname"),
    FieldMapping("firstName", CONTACT, "legalForenames"),
    FieldMapping("title", CONTACT, "title", ValueList.TITLE),
    FieldMapping("gender", PERSONAL, "gender", ValueList.GENDER),
    FieldMapping("dob", PERSONAL, "dateOfBirth"),
    FieldMapping("homeTel", CONTACT, "telephoneNumber", kind=Kind.PHONE),
    FieldMapping("mobileTel", CONTACT, "mobileNumber", kind=Kind.PHONE),
    FieldMapping("emailAddress", CONTACT, "workEmail", kind=Kind.EMAIL),
    FieldMapping("ethnicOriginCode", PERSONAL, "ethnicOrigin", ValueList.ETHNIC_ORIGIN),
    FieldMapping("religiousBelief", PERSONAL, "religiousBelief", ValueList.RELIGIOUS_BELIEF),
    FieldMapping("sexualOrientation", PERSONAL, "sexualOrientation", ValueList.SEXUAL_ORIENTATION),
    FieldMapping("disability", PERSONAL, "disabilityDetails", ValueList.DISABILITY),
)
"""T_PER07 to T_PER33; the county of an address (T_ADD11) has no field in TIS."""

ADD_FIELDS = (
    FieldMapping("address1", CONTACT, "address1"),
    FieldMapping("address2", CONTACT, "address2"),
    FieldMapping("address3", CONTACT, "address3"),
    FieldMapping("town", CONTACT, "address4"),
    FieldMapping("postcode", CONTACT, "postCode"),
    FieldMapping("country", CONTACT, "country", ValueList.COUNTRY),
)


def is_host(host_lead_indicator: str | None) -> bool:
    """Return whether a record is a host employer's: the lead's takes precedence, and a missing indicator counts as lead."""
    return (host_lead_indicator or "").strip().casefold() == HOST_EMPLOYER.casefold()


def is_deletion(row: Values) -> bool:
    """Return whether ESR has deleted the record of a row; TIS keeps its values."""
    return str(row.get("changeDeleteIndicator") or "").strip().upper() == "D"


def is_primary(address: Values) -> bool:
    """Return whether an ADD row is the primary address; only that one is sent to TIS."""
    return str(address.get("primaryFlag") or "").strip().upper() == "Y"


def registration_numbers(bodies: Iterable[Values]) -> tuple[list[str], list[str]]:
    """Return the GMC and the GDC numbers of PBD rows, without UNKNOWN, N/A and blanks.

    Deleted registrations count only if there is no other.
    """
    rows = list(bodies)
    gmc, gdc = [], []
    for row in [row for row in rows if not is_deletion(row)] or rows:
        number = registration(row.get("regNumber"))
        body = str(row.get("body") or "").casefold()
        if number is not None and "medical" in body:
            gmc.append(number)
        elif number is not None and "dental" in body:
            gdc.append(number)
    return gmc, gdc


def detail_changes(
    values: Values,
    fields: Iterable[FieldMapping],
    contact: ContactDetails,
    personal: PersonalDetails,
    today: date,
) -> tuple[list[FieldChange], list[RefusedValue]]:
    """Return the differences, and the values that TIS's rules or lists reject.

    An empty value in ESR changes nothing, and letter case, accents or blanks alone are not a difference: ESR's capitals
    don't replace a carefully spelt name in TIS.
    """
    now = {CONTACT: msgspec.to_builtins(contact), PERSONAL: msgspec.to_builtins(personal)}
    changes, refused = [], []
    for mapping in fields:
        found = _for_tis(mapping, values.get(mapping.column), today)
        old = _text(now[mapping.section].get(mapping.field))
        if found is None or (found.why is not Refusal.LOST_LETTERS and _is_known(mapping, found, old)):
            continue
        section, field, column = mapping.section, mapping.field, mapping.column
        if found.why is not None:
            refused.append(RefusedValue(section=section, field=field, column=column, why=found.why))
        else:
            new, said = found.value, found.repaired
            changes.append(
                FieldChange(section=section, field=field, column=column, old=old, new=new, repaired=said)
            )
    return changes, refused


def given(values: Values, fields: Iterable[FieldMapping], today: date) -> list[FieldMapping]:
    """Return the fields for which a row has a value that TIS can store, whether or not it differs from TIS's."""
    found = ((mapping, _for_tis(mapping, values.get(mapping.column), today)) for mapping in fields)
    return [mapping for mapping, value in found if value is not None and value.why is None]


class _ForTis(msgspec.Struct, frozen=True):
    """A value from ESR as it would be sent to TIS, what was repaired in it, and why it is not sent."""

    value: str
    repaired: str = ""
    why: Refusal | None = None


def _for_tis(mapping: FieldMapping, value: Any, today: date) -> _ForTis | None:
    text = _text(value)
    if text is None:
        return None
    if has_lost_letters(text):
        return _ForTis(text, why=Refusal.LOST_LETTERS)
    text, repairs = cleaned(mapping.kind, text)
    if not text:
        return None
    said = f"repaired: {', '.join(repairs)}" if repairs else ""
    if mapping.values is None:
        return _ForTis(text, said, misfit(mapping.field, text, today))
    known = to_tis(mapping.values, text)
    if known is None:
        return _ForTis(text, why=Refusal.NO_CODE)
    return _ForTis(known, why=misfit(mapping.field, known, today))


def _is_known(mapping: FieldMapping, found: _ForTis, old: str | None) -> bool:
    return old is not None and found.why is not Refusal.NO_CODE and is_same(mapping.kind, old, found.value)


ABSENCE_FIELDS = {"absenceStart": "startDate", "absenceEnd": "endDate", "absenceDuration": "durationInDays"}
"""T_ABS05 to T_ABS07, by TCS's names."""


def attendance_id(values: Values) -> str:
    """Return ESR's id of an absence, which TIS uses too."""
    return clean(Kind.TEXT, str(values["absenceID"])) or ""


def absence_section(attendance: str) -> str:
    """Return the name of an absence among all of a person's details; TCS ignores the letter case of ids."""
    return f"absence {attendance.casefold()}"


def absence_refusals(values: Values) -> list[RefusedValue]:
    """Return the values of an absence that TIS's rules reject; then none of it is sent to TIS."""
    days = {column: _day(values.get(column)) for column in ("absenceStart", "absenceEnd")}
    refused = absence_misfit(attendance_id(values), days, values.get("absenceDuration"))
    return [
        RefusedValue(section="absence", field=_ABSENCE_NAMES[column], column=column, why=why)
        for column, why in refused.items()
    ]


_ABSENCE_NAMES = {**ABSENCE_FIELDS, "absenceID": "absenceAttendanceId"}


def absence_changes(values: Values, known: Absence | None) -> dict[str, str | int | None]:
    """Return the fields of an absence that are missing or different in TIS, by TCS's names."""
    wanted = {
        field: _text(value) if isinstance(value := values.get(column), date | str) else value
        for column, field in ABSENCE_FIELDS.items()
    }
    stored = msgspec.to_builtins(known) if known is not None else {}
    return {
        field: value for field, value in wanted.items() if value is not None and stored.get(field) != value
    }


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _text(value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip() or None if value is not None else None
