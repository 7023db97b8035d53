"""Assignments (ASG and the rows after it), each with its expected outcome, stated explicitly."""

from collections.abc import Callable
from datetime import date

from tis_esr.records.values import Value
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.invented_people import Dto
from tis_esr.simulation.days.tcs_data import SITE_CODES, absence_dto

PersonScenario = Callable[[World, str, Dto, str], None]
"""Takes a person who is in a post now: world, deanery, person, the post's number."""

_GMC, _GDC = "General Medical Council", "General Dental Council"


def assignment(
    world: World,
    deanery: str,
    person: Dto,
    npn: str,
    state: str,
    *,
    per: dict[str, Value] | None = None,
    per_encoding: str = "utf-8",
    gmc: str | None = None,
    body: str = _GMC,
    add: dict[str, Value] | None = None,
    absence: dict[str, Value] | None = None,
    **head: Value,
) -> None:
    """Add an ASG group; all its rows end in ``state``, but an applied one's address that isn't primary."""
    number = world.number("assignment", 9_000_001)
    contact = person["contactDetails"]
    asg: dict[str, Value] = {
        "assignmentId": number,
        "changeDeleteIndicator": "C",
        "personId": number,
        "deaneryNumber": npn,
        "hostLeadIndicator": "Lead Employer",
    }
    world.row(deanery, state, "ASG", {**asg, **head})
    values = {**_as_in_tis(number, person), **(per or {})}
    world.row(deanery, state, "PER", values, encoding=per_encoding)
    address: dict[str, Value] = {"primaryFlag": "Y", "address1": contact["address1"], **(add or {})}
    known = state != "applied" or address["primaryFlag"] == "Y"
    world.row(deanery, state if known else "ignored", "ADD", {"personId": number, **address})
    registered = gmc if gmc is not None else person["gmcDetails"]["gmcNumber"]
    world.row(deanery, state, "PBD", {"personId": number, "body": body, "regNumber": registered})
    if absence is not None:
        world.row(deanery, state, "ABS", {"personId": number, **absence})


def _as_in_tis(number: int, person: Dto) -> dict[str, Value]:
    contact, personal = person["contactDetails"], person["personalDetails"]
    birth = personal["dateOfBirth"]
    return {
        "personId": number,
        "lastName": contact["legalSurname"],
        "firstName": contact["legalForenames"],
        "title": "DR",
        "gender": "F" if personal["gender"] == "Female" else "M",
        "dob": date.fromisoformat(birth) if birth else None,
        "homeTel": contact["telephoneNumber"],
    }


def _unchanged(world: World, deanery: str, person: Dto, npn: str) -> None:
    assignment(world, deanery, person, npn, "applied")


def _contact_changed(world: World, deanery: str, person: Dto, npn: str) -> None:
    per: dict[str, Value] = {
        "lastName": "Changed-Specimen",
        "mobileTel": "07700 900123",
        "emailAddress": "changed.specimen@example.org",
    }
    add: dict[str, Value] = {"address1": "2 New Invented Road", "town": "Exampleton", "county": "Not mapped"}
    assignment(world, deanery, person, npn, "applied", per=per, add=add)
    world.expected.contact[str(person["id"])] = {
        "legalSurname": "Changed-Specimen",
        "mobileNumber": "07700 900123",
        "workEmail": "changed.specimen@example.org",
        "address1": "2 New Invented Road",
        "address4": "Exampleton",
    }


def _personal_changed(world: World, deanery: str, person: Dto, npn: str) -> None:
    person["personalDetails"]["nationalInsuranceNumber"] = "ZZ000000Z"
    per: dict[str, Value] = {"ukNino": "ZZ123456Z", "dob": date(1985, 5, 17), "ethnicOriginCode": "A"}
    assignment(world, deanery, person, npn, "applied", per=per)
    world.expected.personal[str(person["id"])] = {
        "nationalInsuranceNumber": "ZZ123456Z",
        "dateOfBirth": "1985-05-17",
        "ethnicOrigin": "White - British",
    }


def _empty_values(world: World, deanery: str, person: Dto, npn: str) -> None:
    per: dict[str, Value] = {"homeTel": None, "dob": None, "title": None, "lastName": None}
    assignment(world, deanery, person, npn, "applied", per=per, add={"address1": None})


def _windows_1252_name(world: World, deanery: str, person: Dto, npn: str) -> None:
    person["contactDetails"]["legalSurname"] = "Spécimen"
    assignment(world, deanery, person, npn, "applied", per_encoding="cp1252")


def _title_unknown_to_tis(world: World, deanery: str, person: Dto, npn: str) -> None:
    assignment(world, deanery, person, npn, "applied", per={"title": "BARON"})


def _second_address(world: World, deanery: str, person: Dto, npn: str) -> None:
    address: dict[str, Value] = {"primaryFlag": "N", "address1": "9 Holiday Cottage"}
    assignment(world, deanery, person, npn, "applied", add=address)


def _host(world: World, deanery: str, person: Dto, npn: str) -> None:
    per: dict[str, Value] = {"lastName": "Not-To-Be"}
    assignment(world, deanery, person, npn, "ignored", per=per, hostLeadIndicator="Host Employer")


def _ended(world: World, deanery: str, person: Dto, npn: str) -> None:
    per: dict[str, Value] = {"lastName": "Not-To-Be"}
    assignment(world, deanery, person, npn, "ignored", per=per, changeDeleteIndicator="D")


def _unknown_gmc(world: World, deanery: str, person: Dto, npn: str) -> None:
    assignment(world, deanery, person, npn, "unmatched", gmc="1111111")


def _dentist(world: World, deanery: str, person: Dto, npn: str) -> None:
    number = f"D{world.number('gdc', 100_001)}"
    person["gmcDetails"]["gmcNumber"] = "UNKNOWN"
    person["gdcDetails"]["gdcNumber"] = number
    assignment(world, deanery, person, npn, "applied", gmc=number, body=_GDC, per={"firstName": "Dentella"})
    world.expected.contact[str(person["id"])] = {"legalForenames": "Dentella"}


def _other_post(world: World, deanery: str, person: Dto, _npn: str) -> None:
    elsewhere = world.post(deanery)["nationalPostNumber"]
    assignment(world, deanery, person, elsewhere, "unmatched", per={"lastName": "Not-To-Be"})


_MONDAY_TO_FRIDAY: dict[str, Value] = {
    "absenceStart": date(2026, 3, 2),
    "absenceEnd": date(2026, 3, 6),
    "absenceDuration": 5,
}


def _absence(known_end: str | None, known_days: int, *, written: bool) -> PersonScenario:
    """ESR has an absence from Monday to Friday; TIS has it until ``known_end``, or not at all."""

    def scenario(world: World, deanery: str, person: Dto, npn: str) -> None:
        attendance = f"A{world.number('absence', 100_001)}"
        if known_end is not None:
            number = world.number("absence row", 1)
            world.absences.append(
                absence_dto(number, attendance, person, "2026-03-02", known_end, known_days)
            )
        absence = {**_MONDAY_TO_FRIDAY, "absenceID": attendance}
        assignment(world, deanery, person, npn, "applied", absence=absence)
        if written:
            world.expected.absences[attendance] = {
                "startDate": "2026-03-02",
                "endDate": "2026-03-06",
                "durationInDays": 5,
                "personId": person["id"],
            }

    return scenario


PERSON_SCENARIOS: dict[str, PersonScenario] = {
    "nothing changed": _unchanged,
    "contact details changed": _contact_changed,
    "personal details changed": _personal_changed,
    "empty values": _empty_values,
    "Windows-1252 name": _windows_1252_name,
    "title that TIS does not know": _title_unknown_to_tis,
    "an address that isn't primary": _second_address,
    "assignment of a host employer": _host,
    "assignment deleted": _ended,
    "GMC number that TIS does not know": _unknown_gmc,
    "dentist by GDC number": _dentist,
    "new absence": _absence(None, 0, written=True),
    "changed absence": _absence("2026-03-04", 3, written=True),
    "the same absence": _absence("2026-03-06", 5, written=False),
}
"""Scenarios that need only the person's own post."""

OTHER_POST = "assignment to a post that isn't theirs"


def people_in_post(world: World, deanery: str, scenarios: dict[str, PersonScenario]) -> None:
    """Add a post shared by a person for each scenario, every one at a site of their own."""
    post = world.post(deanery)
    npn = post["nationalPostNumber"]
    position = world.position(deanery, npn, post=post)
    for (name, scenario), site in zip(scenarios.items(), SITE_CODES, strict=False):
        person = world.person()
        now = world.placement(post, person, -60, 120, siteCode=site)
        world.incumbents(position, (now, None))
        scenario(world, deanery, person, npn)
        world.scenarios[name] += 1


def somebody_elses_post(world: World, deanery: str) -> None:
    """Add a person whom ESR has in a post that TIS does not have them in."""
    people_in_post(world, deanery, {OTHER_POST: _other_post})
