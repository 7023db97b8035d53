"""Placements at every boundary and with every fault of TIS's data, each with the expected outcome."""

from dataclasses import dataclass, field
from typing import Any

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.tcs_data import SITE_CODES

_NEXT_YEAR = 365


@dataclass(frozen=True)
class Case:
    """One placement, in days from today, and its expected outcome.

    ``applicant`` is its applicant record's state, None for no record, ``next_day`` that state a day later
    where it is another; ``told`` is where a notification of type 1 has it: "now", "next" or not at all.
    """

    start: int | None
    end: int | None
    applicant: str | None = None
    told: str = ""
    next_day: str | None = None
    placement: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)


def _to_come(applicant: str = "EXPORTED", **person: Any) -> Case:
    """Return a person to come in the window."""
    return Case(40, 200, applicant, "next", person=person)


def _not_counted(**placement: Any) -> Case:
    """Return a placement in the window that is not sent to ESR."""
    return Case(40, 200, placement=placement)


CASES: dict[str, Case] = {
    "past": Case(-300, -1),
    "ends today": Case(-300, 0, told="now"),
    "starts today": Case(0, 100, told="now"),
    "starts tomorrow": Case(1, 100, "TO_EXPORT", "next", next_day="DELETED_BEFORE_EXPORT"),
    "starts in two days": Case(2, 100, "EXPORTED", "next"),
    "starts a day before 13 weeks": Case(90, 300, "EXPORTED", "next"),
    "starts in 13 weeks": Case(91, 300, "TO_EXPORT", next_day="EXPORTED"),
    "starts next year": Case(_NEXT_YEAR, 700, "TO_EXPORT"),
    "no dates": Case(None, None),
    "draft": _not_counted(lifecycleState="DRAFT"),
    "a state that is new in TIS": _not_counted(lifecycleState="PROPOSED"),
    "OOPC": _not_counted(placementType="OOPC"),
    "OOPE": _not_counted(placementType="OOPE"),
    "OOPR": _not_counted(placementType="OOPR"),
    "OOPT": _not_counted(placementType="OOPT"),
    "type in capitals": Case(40, 200, "EXPORTED", "next", placement={"placementType": "PARENTAL LEAVE"}),
    "no hours": Case(-10, 200, told="now", placement={"wholeTimeEquivalent": None}),
    "hours of two decimals": Case(-10, 200, told="now", placement={"wholeTimeEquivalent": 0.75}),
    "no date of birth": _to_come("INVALID_DATA", dateOfBirth=None),
    "no surname": _to_come("INVALID_DATA", surname=None, legalSurname=None),
    "no forenames": _to_come("INVALID_DATA", forenames=None, legalForenames=None),
    "placeholder person": _to_come(
        "INVALID_DATA",
        surname="Placeholder",
        legalSurname=None,
        forenames="Placeholder",
        legalForenames=None,
        dateOfBirth=None,
        gmcNumber="UNKNOWN",
    ),
    "legal name missing": _to_come(legalSurname=None, legalForenames=None),
    "accents and apostrophes": _to_come(legalSurname="Ó Spécimen-D'Example"),
    "GMC unknown": _to_come(gmcNumber="UNKNOWN"),
    "GMC not applicable": _to_come(gmcNumber="N/A"),
    "title without a mapping": _to_come(title="Baron"),
    "postcode with a comma": _to_come(postCode="YO12 5EX,"),
}


def cases_in_post(world: World, deanery: str, cases: dict[str, Case]) -> None:
    """Add a post with a position and a placement for each case, every one at a site of its own."""
    post = world.post(deanery)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    for (name, case), site in zip(cases.items(), SITE_CODES, strict=False):
        person = world.person(**case.person)
        placement = world.placement(
            post, person, case.start, case.end, **{"siteCode": site, **case.placement}
        )
        if case.applicant:
            world.applicant(placement, position, case.applicant, next_day=case.next_day)
        told = "now" if case is CASES["past"] and _is_vacant(cases) else case.told
        if told:
            pair = (placement, None) if told == "now" else (None, placement)
            world.incumbents(position, pair)
        world.scenarios[name] += 1


def _is_vacant(cases: dict[str, Case]) -> bool:
    """Return whether nobody is there any longer or to come; who left is named the day after (trigger C)."""
    return all(case.end is None or case.end < 0 for case in cases.values())
