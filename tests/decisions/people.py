"""Invented people and placements for tables of rules."""

from datetime import date, timedelta

from tis_esr.decisions.notifications import Incumbent
from tis_esr.tcs.models import ContactDetails, GmcDetails, Person, PersonalDetails, Placement

TODAY = date(2026, 11, 24)
NPN = "EOE/RGT00/021/FY1/013"


def person(number: int = 1, **contact: str | None) -> Person:
    """Return a person called Specimen-<number> Testa."""
    names = {"legal_surname": f"Specimen-{number}", "legal_forenames": "Testa", **contact}
    return Person(
        id=number,
        contact_details=ContactDetails(id=number, email=f"testa.{number}@example.org", **names),
        personal_details=PersonalDetails(id=number, date_of_birth=date(1990, 1, 2)),
        gmc_details=GmcDetails(id=number, gmc_number=str(7_000_000 + number)),
    )


def placement(number: int, start: int | None, end: int | None, **changes: object) -> Placement:
    """Return an approved placement of trainee ``number``, from and to in days from TODAY, at site RGT00."""
    fields: dict[str, object] = {
        "trainee_id": number,
        "date_from": None if start is None else TODAY + timedelta(days=start),
        "date_to": None if end is None else TODAY + timedelta(days=end),
        "site_code": "RGT00",
        "placement_type": "In Post",
        "lifecycle_state": "APPROVED",
        "whole_time_equivalent": 1.0,
        **changes,
    }
    return Placement(id=number, **fields)  # type: ignore[arg-type]


def known(of: Placement) -> Incumbent:
    """Return the trainee of a placement."""
    return Incumbent(placement=of, person=person(of.trainee_id or 0))
