"""Invented people, placements and positions for the tests of the rules. Today is Monday, 2 March 2026."""

from datetime import date
from typing import Any

from tis_esr.decisions.notifications.content import Incumbent
from tis_esr.decisions.position_view import PositionView
from tis_esr.tcs.models import ContactDetails, GdcDetails, GmcDetails, Person, PersonalDetails, Placement

TODAY = date(2026, 3, 2)
NPN = "EOE/RGT00/021/FY1/013"


def placement(number: int, start: date | None, end: date | None, **changes: Any) -> Placement:
    """Return an approved placement in post at site RX101, full time, of trainee ``number``."""
    usual = {
        "id": number,
        "trainee_id": number,
        "date_from": start,
        "date_to": end,
        "whole_time_equivalent": 1.0,
        "site_code": "RX101",
        "grade_abbreviation": "FY1",
        "placement_type": "In Post",
        "lifecycle_state": "APPROVED",
    }
    return Placement(**{**usual, **changes})


def person(number: int = 1, *, gmc: str | None = None, gdc: str | None = None, **changes: Any) -> Person:
    """Return Testa<number> Example<number>; ``changes`` are of the contact or the personal details."""
    contact = {"surname": f"Example{number}", "forenames": f"Testa{number}", "email": "testa@example.org"}
    personal = {"date_of_birth": date(1990, 5, 11), "gender": "Female"}
    for name, value in changes.items():
        (contact if name in ContactDetails.__struct_fields__ else personal)[name] = value
    return Person(
        id=number,
        contact_details=ContactDetails(id=number, **contact),  # type: ignore[arg-type]  # a test names only fields that there are
        personal_details=PersonalDetails(id=number, **personal),  # type: ignore[arg-type]  # a test names only fields that there are
        gmc_details=GmcDetails(id=number, gmc_number=gmc or f"700000{number}"),
        gdc_details=GdcDetails(id=number, gdc_number=gdc) if gdc else None,
    )


def incumbent(of: Placement, *, vpd: str | None = None) -> Incumbent:
    """Return the trainee of a placement, as ``person`` makes them."""
    return Incumbent(placement=of, person=person(of.trainee_id or 0), vpd=vpd)


def position(**changes: Any) -> PositionView:
    """Return a lead employer's position of the East of England."""
    usual = {
        "position_id": 7607373,
        "position_number": 34611829,
        "deanery_number": NPN,
        "deanery": "EOE",
        "host_lead": "Lead Employer",
        "employing_vpd": "096",
        "ods_code": "RGT",
        "esr_location": "Invented Hospital",
        "occupation_code": "800",
        "post_id": 11,
    }
    return PositionView(**{**usual, **changes})
