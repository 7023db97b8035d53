"""Invented people of TIS, as complete PersonDTOs."""

from collections.abc import Mapping
from typing import Any

Dto = dict[str, Any]

VERSION = "2026-01-02T03:04:05.678"
"""When all data of TIS was last changed, before any day that is generated."""

_SYLLABLES = ("an", "bel", "cor", "dun", "el", "fen", "gar", "hol", "ist", "jun", "kel", "lor", "mun", "nor")
_SURNAMES = ("Specimen", "Example", "Sample", "Mustermann", "Pattern", "Placeholder-Name")
_FIRST = ("Testa", "Proba", "Modella", "Fictus", "Exempla", "Invento")


def person_dto(number: int, changes: Mapping[str, Any]) -> Dto:
    """Return a person; ``changes`` go into contact, personal, GMC or GDC details, by field name."""
    parts = {
        "contactDetails": _contact(number),
        "personalDetails": _personal(number),
        "gmcDetails": _registration("gmc", number, str(7_000_000 + number)),
        "gdcDetails": _registration("gdc", number, None),
    }
    for part in parts.values():
        part.update({name: changes[name] for name in changes if name in part})
    return {
        "id": number,
        "intrepidId": None,
        "addedDate": VERSION,
        "amendedDate": VERSION,
        "role": "Dr in Training",
        "status": "CURRENT",
        "comments": None,
        "inactiveDate": None,
        "inactiveNotes": None,
        "publicHealthNumber": None,
        "regulator": None,
        **parts,
        "qualifications": [],
        "programmeMemberships": [_membership(number)],
        "rightToWork": None,
        "trainerApprovals": [],
        "messageList": [],
    }


def _contact(number: int) -> Dto:
    surname = f"{_SURNAMES[number % 6]}{_SYLLABLES[number % 14]}{_SYLLABLES[number // 14 % 14]}"
    first = _FIRST[number % 6]
    return {
        "id": number,
        "surname": surname,
        "legalSurname": surname,
        "forenames": first,
        "legalForenames": first,
        "knownAs": first,
        "maidenName": None,
        "initials": None,
        "title": "Dr",
        "telephoneNumber": "01632 960001",
        "mobileNumber": "07700 900000",
        "email": f"{first}.{number}@example.org".lower(),
        "workEmail": None,
        "address1": f"{number % 99 + 1} Invented Street",
        "address2": None,
        "address3": None,
        "address4": "Sampleton",
        "postCode": "ZZ99 3WZ",
        "country": "United Kingdom",
        "amendedDate": VERSION,
    }


def _personal(number: int) -> Dto:
    return {
        "id": number,
        "maritalStatus": "Single",
        "dateOfBirth": f"{1970 + number % 28}-0{number % 9 + 1}-15",
        "gender": "Female" if number % 2 else "Male",
        "nationality": "British",
        "dualNationality": None,
        "sexualOrientation": None,
        "religiousBelief": None,
        "ethnicOrigin": "Not stated",
        "disability": "NO",
        "disabilityDetails": None,
        "nationalInsuranceNumber": None,
        "amendedDate": VERSION,
    }


def _registration(body: str, number: int, registered: str | None) -> Dto:
    return {
        "id": number,
        f"{body}Number": registered,
        f"{body}Status": "Registered with Licence" if registered else None,
        f"{body}StartDate": None,
        f"{body}EndDate": None,
        "amendedDate": VERSION,
    }


def _membership(number: int) -> Dto:
    return {
        "id": number,
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
        "programmeMembershipType": "SUBSTANTIVE",
        "person": {"id": number},
        "rotation": None,
        "programmeStartDate": "2024-08-07",
        "programmeEndDate": "2031-08-05",
        "leavingDestination": None,
        "leavingReason": None,
        "programmeId": 1,
        "programmeName": "An Invented Programme",
        "programmeOwner": "An Invented Office",
        "programmeNumber": "TEST001",
        "trainingPathway": "CCT",
        "trainingNumber": {
            "id": number,
            "trainingNumberType": "NTN",
            "trainingNumber": f"X/TEST/{number}/C",
            "number": number,
            "appointmentYear": 2024,
            "typeOfContract": "C",
            "suffix": "C",
            "programmeId": 1,
            "intrepidId": None,
        },
        "amendedDate": VERSION,
        "curriculumMemberships": [],
        "conditionsOfJoining": None,
        "messageList": [],
    }
