"""Situations of posts and placements, each with what should come of it, said by hand."""

from collections.abc import Callable
from typing import Any

from tis_esr.records.values import Value
from tis_esr.synthetic.person_scenarios import assignment
from tis_esr.synthetic.world import World

Scenario = Callable[[World, str], None]
_NEXT_YEAR = 365


def _simple(
    start: int, end: int, state: str | None, *, now: bool = False, coming: bool = False, **changes: Any
) -> Scenario:
    """One placement in a post with one position: ``state`` is its applicant record's, None for no record."""
    person_changes = changes.pop("person", {})

    def scenario(world: World, deanery: str) -> None:
        post = world.post(deanery)
        placement = world.placement(post, world.person(**person_changes), start, end, **changes)
        position = world.position(deanery, post["nationalPostNumber"], post=post)
        if state:
            world.applicant(placement, position, state)
        if now or coming:
            world.incumbents(position, (placement if now else None, placement if coming else None))

    return scenario


def _now_and_next(world: World, deanery: str) -> None:
    post, holder = world.post(deanery), world.person()
    now = world.placement(post, holder, -100, 29)
    then = world.placement(post, world.person(), 30, 200)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, then))
    address: dict[str, Value] = {"primaryFlag": "Y", "town": holder["contactDetails"]["address4"]}
    assignment(world, deanery, holder, post["nationalPostNumber"], "applied", add=address)


def _other_site(world: World, deanery: str) -> None:
    post = world.post(deanery)
    now = world.placement(post, world.person(), -100, 29, siteCode="RX101")
    then = world.placement(post, world.person(), 30, 200, siteCode="RX102")
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, None), (None, then))


def _no_site(world: World, deanery: str) -> None:
    post = world.post(deanery)
    now = world.placement(post, world.person(), -100, 29, siteCode=None)
    then = world.placement(post, world.person(), 30, 200, siteCode=None)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, None), (None, then))


def _lead_and_host(world: World, deanery: str) -> None:
    post = world.post(deanery)
    placement = world.placement(post, world.person(), 45, _NEXT_YEAR)
    for host in (False, True):
        position = world.position(deanery, post["nationalPostNumber"], post=post, host=host)
        world.applicant(placement, position, "EXPORTED")
        world.incumbents(position, (None, placement))


def _deleted(world: World, deanery: str) -> None:
    post = world.post(deanery)
    world.placement(post, world.person(), 45, _NEXT_YEAR)
    world.position(deanery, post["nationalPostNumber"], post=post, deleted=True)


def _unmatched(world: World, deanery: str) -> None:
    world.position(deanery, f"{deanery}/UNKNOWN/000/STR/{world.number('unknown', 1)}", post=None)


def _two_posts(world: World, deanery: str) -> None:
    old = world.post(deanery, status="CURRENT")
    npn = old["nationalPostNumber"]
    newer = world.post(deanery, npn=npn, status="CURRENT")
    world.post(deanery, npn=npn, status="INACTIVE")
    placement = world.placement(newer, world.person(), 45, _NEXT_YEAR)
    position = world.position(deanery, npn, post=newer)
    world.applicant(placement, position, "EXPORTED")
    world.incumbents(position, (None, placement))


def _inactive(world: World, deanery: str) -> None:
    post = world.post(deanery, status="INACTIVE")
    placement = world.placement(post, world.person(), -10, 100)
    world.incumbents(world.position(deanery, post["nationalPostNumber"], post=post), (placement, None))


def _odd_number(world: World, deanery: str) -> None:
    post = world.post(deanery, npn=f" {deanery}/R&1+/0%0/ST(H)/{world.number('odd', 1)}")
    world.position(deanery, post["nationalPostNumber"], post=post)


def _bucket(world: World, deanery: str) -> None:
    """60 to come in one post: 40 go, the earliest first, the rest waits (incident A7)."""
    post = world.post(deanery)
    coming = [world.placement(post, world.person(), 10 + number, 300) for number in range(60)]
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    for number, placement in enumerate(coming):
        world.applicant(placement, position, "EXPORTED" if number < 40 else "TO_EXPORT")
    world.incumbents(position, *((None, placement) for placement in coming))


def _twice(world: World, deanery: str) -> None:
    """The same person comes twice on one day: one record goes."""
    post, person = world.post(deanery), world.person()
    first, second = (world.placement(post, person, 50, end) for end in (200, 300))
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(first, position, "EXPORTED")
    world.applicant(second, position, "DELETED_BEFORE_EXPORT")
    world.incumbents(position, (None, first), (None, second))


def _no_dates(world: World, deanery: str) -> None:
    post = world.post(deanery)
    world.placement(post, world.person(), None, None)
    world.position(deanery, post["nationalPostNumber"], post=post)


PLACEMENT_SCENARIOS: dict[str, Scenario] = {
    "now and next at one site": _now_and_next,
    "now and next at two sites": _other_site,
    "no site code": _no_site,
    "lead and host employer": _lead_and_host,
    "deleted position": _deleted,
    "unmatched position": _unmatched,
    "several posts with one number": _two_posts,
    "inactive post": _inactive,
    "odd characters in the number": _odd_number,
    "bucket post": _bucket,
    "the same person twice": _twice,
    "no dates": _no_dates,
    "past": _simple(-300, -1, None),
    "ends today": _simple(-300, 0, None, now=True),
    "starts today": _simple(0, 100, None, now=True),
    "starts tomorrow": _simple(1, 100, "TO_EXPORT"),
    "starts in two days": _simple(2, 100, "EXPORTED", coming=True),
    "starts a day before 13 weeks": _simple(90, 300, "EXPORTED", coming=True),
    "starts in 13 weeks": _simple(91, 300, "TO_EXPORT"),
    "starts next year": _simple(_NEXT_YEAR, 700, "TO_EXPORT"),
    "draft": _simple(40, 200, None, lifecycleState="DRAFT"),
    "a state that is new in TIS": _simple(40, 200, None, lifecycleState="PROPOSED"),
    "out of programme": _simple(40, 200, None, placementType="OOPC"),
    "type in capitals": _simple(40, 200, "EXPORTED", coming=True, placementType="PARENTAL LEAVE"),
    "no hours": _simple(-10, 200, None, now=True, wholeTimeEquivalent=None),
    "hours of two decimals": _simple(-10, 200, None, now=True, wholeTimeEquivalent=0.75),
    "no date of birth": _simple(40, 200, "INVALID_DATA", coming=True, person={"dateOfBirth": None}),
    "no surname": _simple(
        40, 200, "INVALID_DATA", coming=True, person={"surname": None, "legalSurname": None}
    ),
    "legal name missing": _simple(40, 200, "EXPORTED", coming=True, person={"legalSurname": None}),
    "accents and apostrophes": _simple(
        40, 200, "EXPORTED", coming=True, person={"legalSurname": "Ó Spécimen-D'Example"}
    ),
    "GMC unknown": _simple(40, 200, "EXPORTED", coming=True, person={"gmcNumber": "UNKNOWN"}),
    "GMC not applicable": _simple(40, 200, "EXPORTED", coming=True, person={"gmcNumber": "N/A"}),
    "title without a mapping": _simple(40, 200, "EXPORTED", coming=True, person={"title": "Baron"}),
    "postcode with a comma": _simple(40, 200, "EXPORTED", coming=True, person={"postCode": "YO12 5EX,"}),
}

COMMON = (
    "now and next at one site",
    "now and next at one site",
    "now and next at one site",
    "lead and host employer",
    "starts next year",
    "inactive post",
    "past",
)
"""What the posts are that no scenario has yet taken, drawn by the seed."""
