"""Situations of assignments (ASG and the rows behind it), each with what should come of it, said by hand."""

from collections.abc import Callable
from datetime import date
from typing import Any

from tis_esr.records.values import Value
from tis_esr.synthetic.world import Dto, World

_GMC, _GDC = "General Medical Council", "General Dental Council"


def assignment(
    world: World,
    deanery: str,
    person: Dto,
    npn: str,
    state: str,
    *,
    per: dict[str, Value] | None = None,
    gmc: str | None = None,
    body: str = _GMC,
    add: dict[str, Value] | None = None,
    absence: dict[str, Value] | None = None,
    **head: Value,
) -> None:
    """Add an ASG group of a person; all of its rows should end in ``state``, but for an address that isn't primary."""
    number = world.number("assignment", 9_000_001)
    contact, personal = person["contactDetails"], person["personalDetails"]
    birth = personal["dateOfBirth"]
    asg: dict[str, Value] = {
        "assignmentId": number,
        "changeDeleteIndicator": "C",
        "personId": number,
        "deaneryNumber": npn,
    }
    world.row(deanery, state, "ASG", **{**asg, "hostLeadIndicator": "Lead Employer", **head})
    values: dict[str, Value] = {
        "personId": number,
        "lastName": contact["legalSurname"],
        "firstName": contact["legalForenames"],
        "title": "DR",
        "gender": "F" if personal["gender"] == "Female" else "M",
        "dob": date.fromisoformat(birth) if birth else None,
        "homeTel": "01632 960001",
    }
    world.row(deanery, state, "PER", **{**values, **(per or {})})
    if add is not None:
        primary = add.get("primaryFlag") == "Y"
        world.row(
            deanery, state if primary or state != "applied" else "ignored", "ADD", personId=number, **add
        )
    registered = gmc if gmc is not None else person["gmcDetails"]["gmcNumber"]
    world.row(deanery, state, "PBD", personId=number, body=body, regNumber=registered)
    if absence is not None:
        world.row(deanery, state, "ABS", personId=number, **absence)


def _placed(world: World, deanery: str, **changes: Any) -> tuple[Dto, str]:
    """Return a person who is in a post now, and the post's number."""
    post, person = world.post(deanery), world.person(**changes)
    now = world.placement(post, person, -60, 120)
    world.incumbents(world.position(deanery, post["nationalPostNumber"], post=post), (now, None))
    return person, post["nationalPostNumber"]


def _unchanged(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    assignment(world, deanery, person, npn, "applied")


def _changed(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    per: dict[str, Value] = {
        "lastName": "Changed-Specimen",
        "mobileTel": "07700 900123",
        "ukNino": "ZZ123456Z",
    }
    add: dict[str, Value] = {"primaryFlag": "Y", "address1": "2 New Invented Road", "town": "Exampleton"}
    assignment(world, deanery, person, npn, "applied", per=per, add=add)
    key = str(person["id"])
    world.expected.contact[key] = {
        "legalSurname": "Changed-Specimen",
        "address1": "2 New Invented Road",
        "address4": "Exampleton",
    }
    world.expected.personal[key] = {}
    person["contactDetails"]["mobileNumber"] = "07700 900000"
    world.expected.contact[key]["mobileNumber"] = "07700 900123"
    person["personalDetails"]["nationalInsuranceNumber"] = "ZZ000000Z"
    world.expected.personal[key]["nationalInsuranceNumber"] = "ZZ123456Z"


def _empty_values(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    assignment(world, deanery, person, npn, "applied", per={"homeTel": None, "dob": None, "title": None})


def _second_address(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    assignment(
        world, deanery, person, npn, "applied", add={"primaryFlag": "N", "address1": "9 Holiday Cottage"}
    )


def _host(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    assignment(
        world,
        deanery,
        person,
        npn,
        "ignored",
        per={"lastName": "Not-To-Be"},
        hostLeadIndicator="Host Employer",
    )


def _ended(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    assignment(
        world, deanery, person, npn, "ignored", per={"lastName": "Not-To-Be"}, changeDeleteIndicator="D"
    )


def _unknown_gmc(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery)
    assignment(world, deanery, person, npn, "unmatched", gmc="1111111")


def _dentist(world: World, deanery: str) -> None:
    person, npn = _placed(world, deanery, gmcNumber="UNKNOWN", gdcNumber=f"D{world.number('gdc', 100_001)}")
    number = person["gdcDetails"]["gdcNumber"]
    assignment(world, deanery, person, npn, "applied", gmc=number, body=_GDC, per={"firstName": "Dentella"})
    world.expected.contact[str(person["id"])] = {"legalForenames": "Dentella"}


def _other_post(world: World, deanery: str) -> None:
    person, _ = _placed(world, deanery)
    elsewhere = world.post(deanery)
    assignment(
        world, deanery, person, elsewhere["nationalPostNumber"], "unmatched", per={"lastName": "Not-To-Be"}
    )


def _absence(known: Dto | None, *, changes: bool) -> Callable[[World, str], None]:
    def scenario(world: World, deanery: str) -> None:
        person, npn = _placed(world, deanery)
        attendance = f"A{world.number('absence', 100_001)}"
        if known is not None:
            row = {
                "id": world.number("absence row", 1),
                "absenceAttendanceId": attendance,
                "personId": person["id"],
            }
            world.absences.append({**row, **known, "amendedDate": "2026-01-02T03:04:05.678"})
        absence: dict[str, Value] = {
            "absenceStart": date(2026, 3, 2),
            "absenceEnd": date(2026, 3, 6),
            "absenceDuration": 5,
        }
        assignment(world, deanery, person, npn, "applied", absence={**absence, "absenceID": attendance})
        if changes:
            stored = {"startDate": "2026-03-02", "endDate": "2026-03-06", "durationInDays": 5}
            world.expected.absences[attendance] = {**stored, "personId": person["id"]}

    return scenario


_AS_ESR_SAYS = {"startDate": "2026-03-02", "endDate": "2026-03-06", "durationInDays": 5}

PERSON_SCENARIOS: dict[str, Callable[[World, str], None]] = {
    "nothing changed": _unchanged,
    "person and address changed": _changed,
    "empty values": _empty_values,
    "an address that isn't primary": _second_address,
    "host employer": _host,
    "assignment deleted": _ended,
    "GMC that TIS does not know": _unknown_gmc,
    "dentist by GDC": _dentist,
    "a post that isn't theirs": _other_post,
    "new absence": _absence(None, changes=True),
    "changed absence": _absence({**_AS_ESR_SAYS, "endDate": "2026-03-04", "durationInDays": 3}, changes=True),
    "the same absence": _absence(_AS_ESR_SAYS, changes=False),
}
