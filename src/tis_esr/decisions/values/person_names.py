"""A person's names as sent to ESR, and the registration numbers that identify them."""

from tis_esr.decisions.values.cleaning import Kind, clean
from tis_esr.tcs.models import Person

_NO_NUMBER = {"", "UNKNOWN", "N/A", "NA"}


def last_name(person: Person) -> str | None:
    """Return the legal surname, or else the surname."""
    details = person.contact_details
    return (clean(Kind.TEXT, details.legal_surname) or clean(Kind.TEXT, details.surname)) if details else None


def first_name(person: Person) -> str | None:
    """Return the legal forenames, or else the forenames."""
    details = person.contact_details
    return (
        (clean(Kind.TEXT, details.legal_forenames) or clean(Kind.TEXT, details.forenames))
        if details
        else None
    )


def registration(number: str | None) -> str | None:
    """Return a GMC or GDC number; None for a placeholder: blank, UNKNOWN, N/A."""
    text = clean(Kind.TEXT, number) or ""
    return None if text.upper() in _NO_NUMBER else text
