"""Checks rows as ESR does: errors that would reject a row, or quarantine the whole file (incidents A5, A7)."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from tis_esr.decisions.postcodes import postcode
from tis_esr.records.layouts import Column, Layout
from tis_esr.records.outbound_layouts import APP, NOT
from tis_esr.records.values import from_json, misfit_reason

_SET_AT_EXPORT = "effectiveDate"
_POSTCODE = "address.postcode"
_REGISTRATIONS = ("professionalBodies.0.regNumber", "professionalBodies.1.regNumber")


def applicant_misfit_reason(fields: Mapping[str, Any]) -> str:
    """Return why an applicant must not go into a file, "" if it may; names columns, never their values.

    ``fields`` are the columns by name as in messages, without effectiveDate, which is set at the export.
    """
    reasons = [*_misfits(APP, fields)]
    if fields.get(_POSTCODE) and postcode(str(fields[_POSTCODE])) != fields[_POSTCODE]:
        reasons.append(f"column {_POSTCODE} is not a valid British postcode")
    return "; ".join(reasons)


def notification_misfit_reason(fields: Mapping[str, Any]) -> str:
    """Return why a notification must not go into a file, "" if it may; names columns, never their values."""
    return "; ".join(_misfits(NOT, fields))


def _misfits(layout: Layout, fields: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(fields.keys() - layout.by_name.keys()):
        yield f"no such column: {name!r:.40}"
    for column in layout.columns:
        if column.name != _SET_AT_EXPORT and (misfit := _misfit(column, fields.get(column.name))):
            yield f"column {column.name}: {misfit}"


def _misfit(column: Column, value: Any) -> str:
    try:
        return misfit_reason(column, from_json(column, value))
    except (ValueError, TypeError, ArithmeticError):
        return f"it is not a valid {column}"


def applicant_for_esr(fields: Mapping[str, Any], position_id: int) -> str:
    """Return what makes two rows the same applicant for ESR: person, position and start, as a digest.

    ESR does not have TIS's ids: a person is a registration number, or else names and birth date.
    """
    registered = next((fields[name] for name in _REGISTRATIONS if fields.get(name)), None)
    names = (str(fields.get(name, "")).casefold() for name in ("lastName", "firstName", "dob"))
    person = str(registered) if registered else "|".join(names)
    said = f"{person}|{position_id}|{fields.get('projectedHireDate')}"
    return blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
