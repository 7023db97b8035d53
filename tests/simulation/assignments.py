"""What ESR knows of people: groups of rows, of which an older one has parts that a newer lacks."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.simulation.world import TODAY, Build, Draft, Subject, Taken

from tis_esr.records.row_writing import format_row
from tis_esr.records.values import Value

FIRST_ASSIGNMENT = 9_000_001
_PER = ("mobileTel", "emailAddress", "lastName", "firstName", "homeTel", "ukNino", "dob", "ethnicOriginCode")
_ADD = ("address1", "town", "postcode")


def add_assignments(build: Build, drafts: Mapping[str, Sequence[Draft]]) -> None:
    """Draw one to three groups for about two thirds of the people, in the files of the deaneries of their posts."""
    taken = build.taken
    deanery_of = {post["id"]: (deanery, post) for deanery, post in build.posts}
    for person in build.world.people:
        if build.random.random() < 0.3:
            continue
        places = {p["postId"] for p in build.world.placements if p["traineeId"] == person["id"]}
        for post_id in sorted(places):
            deanery, post = deanery_of[post_id]
            for draft in drafts[deanery]:
                if build.random.random() < 0.45:
                    _group(build, draft, person, post, taken)


def _group(build: Build, draft: Draft, person: dict[str, Any], post: dict[str, Any], taken: Taken) -> None:
    random, subject = build.random, Subject("person", person["id"])
    deanery, day = draft.name.deanery, draft.name.date
    number = FIRST_ASSIGNMENT + person["id"] - 200_000
    rows: list[tuple[str, dict[str, Value]]] = [
        (
            "ASG",
            {
                "assignmentId": number,
                "changeDeleteIndicator": "C",
                "personId": number,
                "deaneryNumber": post["nationalPostNumber"],
                "hostLeadIndicator": "Lead Employer",
            },
        )
    ]
    chosen = random.sample(_PER, random.randint(1, 4))
    names = taken.free(deanery, day, person["id"], chosen)
    if names:
        rows.append(("PER", {"personId": number, **{name: _value(build, name) for name in names}}))
    if random.random() < 0.5:
        names = taken.free(deanery, day, person["id"], random.sample(_ADD, 2))
        rows.append(
            ("ADD", {"personId": number, "primaryFlag": "Y", **{name: _value(build, name) for name in names}})
        )
    gmc = person["gmcDetails"]["gmcNumber"]
    rows.append(("PBD", {"personId": number, "body": "General Medical Council", "regNumber": gmc}))
    absences = [f"A{person['id'] - 200_000}{letter}" for letter in "XYZ" if random.random() < 0.35]
    for absence in taken.free(deanery, day, person["id"], absences):
        start = TODAY - timedelta(days=random.randint(5, 60))
        length = random.randint(1, 5)
        values: dict[str, Value] = {
            "personId": number,
            "absenceStart": start,
            "absenceEnd": start + timedelta(days=length - 1),
            "absenceDuration": length,
            "absenceID": absence,
        }
        rows.append(("ABS", values))
    draft.blocks.append([(format_row(record_type, values), subject) for record_type, values in rows])


def _value(build: Build, name: str) -> Value:
    number = build.random.randint(1, 9999)
    values: dict[str, Value] = {
        "mobileTel": f"07700 9{number:05d}",
        "homeTel": f"01632 9{number:05d}",
        "emailAddress": f"invented{number}@example.org",
        "lastName": f"Changed-Specimen{'abcdefghij'[number % 10]}{'klmnopqrst'[number // 10 % 10]}",
        "firstName": f"Inventa{'abcdefghij'[number % 10]}",
        "ukNino": f"ZZ{number:06d}Z",
        "dob": date(1980 + number % 15, 1 + number % 12, 1 + number % 28),
        "ethnicOriginCode": build.random.choice(("A", "B", "C")),
        "address1": f"{number} New Invented Road",
        "town": f"Exampleton {'abcdefghij'[number % 10].upper()}",
        "postcode": f"ZZ99 {number % 9 + 1}WZ",
    }
    return values[name]
