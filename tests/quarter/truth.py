"""What ESR should know of a position on a day, from TIS's records alone.

The counting rules are stated here once more, without the product's code: seven placement types, APPROVED; who is in a
post (both days included); who is next (starts within 13 weeks); pairs by site, in the order of start and id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tis_esr.simulation.esr.esr_state import Position
from tis_esr.simulation.tcs.dto_store import Store

Dto = dict[str, Any]
_TYPES = {
    "in post", "in post - acting up", "in post - extension", "parental leave", "long-term sick", "suspended",
    "phased return",
}  # fmt: skip
_WEEKS_13 = timedelta(weeks=13)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Somebody:
    """One half of a pair as ESR is sent it: who, their day (end if current, start if next), hours, grade, e-mail address."""

    name: str
    gmc: str
    day: str
    hours: float
    grade: str = ""
    email: str = ""


Pair = tuple[Somebody | None, Somebody | None]


@dataclass(frozen=True)
class Coming:
    """A trainee who is to start in a position: ``person`` as ESR identifies people; ``fault`` is why nothing can be sent."""

    placement: int
    person: str
    start: date
    end: date
    fault: str = ""


@dataclass(frozen=True)
class Truth:
    """What ESR should know of one position: its pairs, who is to come, and who else is in the post by any record.

    ``post`` is TIS's id, None where the position has none.
    """

    post: int | None
    pairs: tuple[Pair, ...] = ()
    coming: tuple[Coming, ...] = ()
    everybody: tuple[tuple[str, Coming, bool], ...] = ()


def truth(tis: Store, position: Position, today: date) -> Truth:
    """Return what ESR should know of a position that it has not deleted."""
    post = post_of(tis, position.post)
    if post is None or position.deleted:
        return Truth(None)
    placements = sorted(tis.placements_by("postId", post["id"]), key=_order)
    counting = [p for p in placements if is_reportable(p)]
    coming = [p for p in counting if p["dateTo"] and today < _day(p["dateFrom"]) < today + _WEEKS_13]
    return Truth(
        post["id"],
        tuple(_pairs(tis, counting, today)),
        tuple(one for p in coming if (one := _coming(tis, p)) is not None),
        tuple((p["lifecycleState"], one, is_reportable(p)) for p in placements if (one := _coming(tis, p)) is not None),
    )  # fmt: skip


def post_of(tis: Store, number: str) -> Dto | None:
    """Return the post with a number: the CURRENT one, else the newest."""
    found = sorted(tis.posts_with(number), key=lambda post: (post["status"] == "CURRENT", post["id"]))
    return found[-1] if found else None


def is_reportable(placement: Dto) -> bool:
    """Return whether a placement counts: one of seven types, APPROVED, with a start."""
    kind = (placement["placementType"] or "").casefold()
    return kind in _TYPES and placement["lifecycleState"] == "APPROVED" and bool(placement["dateFrom"])


def person_for_esr(person: Dto) -> str:
    """Return how ESR identifies a person: by registration, else by name and birth date."""
    number = person["gmcDetails"]["gmcNumber"] or person["gdcDetails"]["gdcNumber"]
    if number:
        return str(number)
    last, first = _names(person)
    born = (person["personalDetails"]["dateOfBirth"] or "").replace("-", "")
    return f"{last}|{first}|{born}".casefold()


def _pairs(tis: Store, counting: Sequence[Dto], today: date) -> list[Pair]:
    now = [p for p in counting if p["dateTo"] and _day(p["dateFrom"]) <= today <= _day(p["dateTo"])]
    after = [p for p in counting if today < _day(p["dateFrom"]) < today + _WEEKS_13]
    found: list[Pair] = []
    for one in now:
        same = (p for p in after if p["siteCode"] and p["siteCode"] == one["siteCode"])
        follower = next(same, None)
        if follower is not None:
            after.remove(follower)
        found.append((_current(tis, one), _next(tis, follower) if follower else None))
    return sorted(set(found + [(None, _next(tis, p)) for p in after]), key=str)


def _current(tis: Store, placement: Dto) -> Somebody:
    person = tis.people[placement["traineeId"]]
    name, gmc = _named(person)
    return Somebody(name, gmc, placement["dateTo"], placement["wholeTimeEquivalent"])


def _next(tis: Store, placement: Dto) -> Somebody:
    person = tis.people[placement["traineeId"]]
    name, gmc = _named(person)
    grade, email = placement["gradeAbbreviation"] or "", person["contactDetails"]["email"] or ""
    return Somebody(name, gmc, placement["dateFrom"], placement["wholeTimeEquivalent"], grade, email)


def _named(person: Dto) -> tuple[str, str]:
    return ", ".join(_names(person)), person["gmcDetails"]["gmcNumber"] or ""


def _names(person: Dto) -> tuple[str, str]:
    contact = person["contactDetails"]
    last = contact["legalSurname"] or contact["surname"] or ""
    return last, contact["legalForenames"] or contact["forenames"] or ""


def _coming(tis: Store, placement: Dto) -> Coming | None:
    if not placement["dateFrom"] or not placement["dateTo"]:
        return None
    person = tis.people[placement["traineeId"]]
    return Coming(
        placement["id"],
        person_for_esr(person),
        _day(placement["dateFrom"]),
        _day(placement["dateTo"]),
        _fault(person),
    )


def _fault(person: Dto) -> str:
    missing = [
        name for name, value in zip(("last name", "first name"), _names(person), strict=True) if not value
    ]
    missing += [] if person["personalDetails"]["dateOfBirth"] else ["birth date"]
    return ", ".join(missing)


def _order(placement: Dto) -> tuple[str, int]:
    return placement["dateFrom"] or "9", placement["id"]


def _day(text: str) -> date:
    return date.fromisoformat(text)


def named(people: Iterable[str]) -> str:
    """Return people for a report."""
    return ", ".join(sorted(people))
