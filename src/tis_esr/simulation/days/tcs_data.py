"""Posts, placements, absences and sites of TIS, as complete DTOs."""

from typing import Any

from tis_esr.simulation.days.invented_people import VERSION, Dto

SITE_CODES = tuple(f"RX1{number:02d}" for number in range(1, 10))
SITES: tuple[Dto, ...] = tuple(
    {
        "id": number,
        "intrepidId": None,
        "siteCode": code,
        "siteName": f"Invented Hospital {number}",
        "siteKnownAs": f"Invented Hospital {number} ({code})",
        "siteNumber": None,
        "trustId": 1,
        "trustCode": "RX1",
        "address": f"{number} Hospital Road, Sampleton",
        "postCode": "ZZ99 3WZ",
        "localOffice": None,
        "startDate": None,
        "endDate": None,
        "status": "CURRENT",
    }
    for number, code in enumerate(SITE_CODES, 1)
)
_SITE_BY_CODE = {site["siteCode"]: site for site in SITES}


def post_dto(number: int, deanery: str, npn: str, *, funded: bool) -> Dto:
    """Return a post; one whose funding has ended is INACTIVE, as TCS computes it."""
    return {
        "id": number,
        "intrepidId": None,
        "nationalPostNumber": npn,
        "status": "CURRENT" if funded else "INACTIVE",
        "suffix": None,
        "owner": f"Office of {deanery}",
        "postFamily": None,
        "oldPost": None,
        "newPost": None,
        "sites": [{"id": number, "postId": number, "siteId": 1, "postSiteType": "PRIMARY"}],
        "employingBodyId": 1,
        "trainingBodyId": 1,
        "grades": [{"id": number, "postId": number, "gradeId": 1, "postGradeType": "APPROVED"}],
        "specialties": None,
        "trainingDescription": None,
        "localPostNumber": None,
        "placementHistory": None,
        "programmes": [
            {
                "id": 1,
                "status": "CURRENT",
                "programmeName": "An Invented Programme",
                "programmeNumber": "TEST001",
            }
        ],
        "fundings": [
            {
                "id": number,
                "fundingType": "Tariff",
                "startDate": "2015-08-05",
                "endDate": None if funded else "2019-08-06",
                "fundingBodyId": "1",
                "postId": number,
                "messageList": [],
            }
        ],
        "bypassNPNGeneration": True,
        "currentReconciledEvents": None,
        "aFieldThatIsNewInTis": "must be ignored",
    }


def placement_dto(number: int, post: Dto, person: Dto, changes: dict[str, Any]) -> Dto:
    """Return a placement; ``changes`` by field name. A site code names the site; None leaves it out."""
    code = changes.get("siteCode", SITE_CODES[0])
    site = _SITE_BY_CODE.get(str(code).upper())
    return {
        "id": number,
        "intrepidId": None,
        "traineeId": person["id"],
        "traineeFirstName": person["contactDetails"]["forenames"],
        "traineeLastName": person["contactDetails"]["surname"],
        "traineeGmcNumber": person["gmcDetails"]["gmcNumber"],
        "nationalPostNumber": post["nationalPostNumber"],
        "dateFrom": None,
        "dateTo": None,
        "wholeTimeEquivalent": 1.0,
        "siteCode": code,
        "sites": [],
        "siteId": site["id"] if site else None,
        "siteName": site["siteName"] if site else None,
        "gradeAbbreviation": "ST3",
        "gradeId": 1,
        "gradeName": "Specialty Training Year 3",
        "placementType": "In post",
        "owner": post["owner"],
        "trainingDescription": None,
        "status": None,
        "postId": post["id"],
        "localPostNumber": None,
        "specialties": [
            {
                "placementId": number,
                "specialtyId": 1,
                "placementSpecialtyType": "PRIMARY",
                "specialtyName": "An Invented Specialty",
            }
        ],
        "addedDate": VERSION,
        "amendedDate": VERSION,
        "supervisors": [],
        "comments": [],
        "lifecycleState": "APPROVED",
        "esrEvents": [],
        **changes,
    }


def absence_dto(number: int, attendance: str, person: Dto, start: str, end: str, days: int) -> Dto:
    """Return an absence of whole days; ``attendance`` is ESR's id of it."""
    return {
        "id": number,
        "startDate": start,
        "endDate": end,
        "durationInDays": days,
        "absenceAttendanceId": attendance,
        "amendedDate": VERSION,
        "personId": person["id"],
    }
