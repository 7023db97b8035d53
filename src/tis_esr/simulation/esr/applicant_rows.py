"""APP: why ESR quarantines a file, the outcome of each row, and the applicants that it stores."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from tis_esr.simulation.esr import esr_messages as messages
from tis_esr.simulation.esr.columns import as_date
from tis_esr.simulation.esr.esr_messages import Message
from tis_esr.simulation.esr.esr_state import Applicant, Holdings, Person
from tis_esr.simulation.esr.position_checks import of_position

Values = Mapping[str, str]

MOST_A_POST = 40
"""More rows than this of one post number quarantine a file, whatever their positions."""
_YOUNGEST = timedelta(days=16 * 365)
_POSTCODE = re.compile(
    r"[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]{1,2}|[0-9][A-HJKPSTUW]|[A-HK-Y][0-9][ABEHMNPRV-Y])"
    r" [0-9][ABD-HJLNP-UW-Z]{2}|GIR 0AA|ZZ99 [0-9][A-Z]{2}"
)
_LISTS = {
    "gender": re.compile(r"[MF]"),
    "title": re.compile(r"[A-Z]+\.?"),
    "country": re.compile(r"[A-Z]{2}"),
    "nationality": re.compile(r"[A-Z]{2}"),
    "countryOfBirth": re.compile(r"[A-Z]{2}"),
    "ethnicOriginCode": re.compile(r"[A-Z]"),
    "ukNino": re.compile(r"[A-CEGHJ-PR-TW-Z]{2}[0-9]{6}[A-D]"),
    "applicantEmailAddress": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
}


def person_of(values: Values) -> str:
    """Return how ESR knows the person: by registration, else by name and day of birth."""
    registered = values["regNumber1"] or values["regNumber2"]
    if registered:
        return registered
    return f"{values['lastName']}|{values['firstName']}|{values['dob']}".casefold()


def quarantined(rows: Sequence[Values]) -> Iterator[str]:
    """Yield why a file of readable rows is not loaded: too many rows of a post, or an applicant twice."""
    posts = Counter(_folded(values["deaneryNumber"]) for values in rows)
    for post, number in posts.items():
        if number > MOST_A_POST:
            yield f"{number} applicants for post {post}, {MOST_A_POST} at most"
    keys = Counter((person_of(v), v["positionId"], v["projectedHireDate"]) for v in rows)
    repeated = sum(number for number in keys.values() if number > 1)
    if repeated:
        yield f"{repeated} rows repeat an applicant, position and start date"


def _folded(post: str) -> str:
    return post.strip().casefold()


def check(values: Values, deanery: str, day: date, holdings: Holdings) -> Iterator[Message]:
    """Yield ESR's messages about a row: rejections and warnings."""
    yield from of_position(values, values["deaneryNumber"], deanery, holdings.positions)
    if values["postcode"] and not _POSTCODE.fullmatch(values["postcode"]):
        yield messages.POSTCODE.saying(postcode=values["postcode"])
    yield from (messages.DATES.saying(problem=problem) for problem in _dates(values, day))
    person, position = person_of(values), int(values["positionId"] or 0)
    before = holdings.held_for(person, position)
    if any(held.start == as_date(values["projectedHireDate"]) for held in before):
        yield messages.EXISTS.saying(position=position)
    elif before:
        yield messages.ANOTHER.saying(position=position)
    known = holdings.people.get(person)
    if known is not None and known != _described(values):
        yield messages.OTHER_DETAILS
    for column, pattern in _LISTS.items():
        if values[column] and not pattern.fullmatch(values[column]):
            yield messages.NOT_IN_LIST.saying(column=column)
    if not (values["regNumber1"] or values["regNumber2"]):
        yield messages.NO_REGISTRATION


def _dates(values: Values, day: date) -> Iterator[str]:
    effective, born = as_date(values["effectiveDate"]), as_date(values["dob"])
    start, end = as_date(values["projectedHireDate"]), as_date(values["projectedEndDate"])
    if effective != day:
        yield "The effective date is not the date of the file"
    if born is not None and not date(1900, 1, 1) < born < day - _YOUNGEST:
        yield "The date of birth can not be that of an employee"
    if start is not None and start < day:
        yield "The hire date is past"
    if start is not None and end is not None and end < start:
        yield "The end date is before the hire date"


def _described(values: Values) -> Person:
    return Person(last_name=values["lastName"], first_name=values["firstName"], born=as_date(values["dob"]))


def load(values: Values, file: str, holdings: Holdings) -> Applicant:
    """Store a row's applicant, under a new applicant number and assignment."""
    assignment = holdings.next_assignment
    holdings.next_assignment += 1
    applicant = Applicant(
        number=f"A{assignment}",
        assignment=assignment,
        person=person_of(values),
        position=int(values["positionId"]),
        post=values["deaneryNumber"],
        start=as_date(values["projectedHireDate"]),
        end=as_date(values["projectedEndDate"]),
        told_in=file,
    )
    holdings.people[applicant.person] = _described(values)
    holdings.applicants.setdefault(applicant.position, []).append(applicant)
    return applicant
