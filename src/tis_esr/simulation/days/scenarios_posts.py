"""Posts and their positions, each with its expected outcome, stated explicitly."""

from collections.abc import Callable

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.npn import odd_number, unknown_number
from tis_esr.simulation.days.scenarios_people import assignment

Scenario = Callable[[World, str], None]
_NEXT_YEAR = 365


def _now_and_next(world: World, deanery: str) -> None:
    post, holder = world.post(deanery), world.person()
    now = world.placement(post, holder, -100, 29)
    then = world.placement(post, world.person(), 30, 200)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, then))
    assignment(world, deanery, holder, post["nationalPostNumber"], "applied")


def _other_site(world: World, deanery: str) -> None:
    post = world.post(deanery)
    now = world.placement(post, world.person(), -100, 29, siteCode="RX101")
    then = world.placement(post, world.person(), 30, 200, siteCode="RX102")
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, None), (None, then))


def _site_in_small_letters(world: World, deanery: str) -> None:
    post = world.post(deanery)
    now = world.placement(post, world.person(), -100, 29, siteCode="RX101")
    then = world.placement(post, world.person(), 30, 200, siteCode="rx101")
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, then))


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
    """TIS was never notified of the position, so there is nothing to withdraw."""
    post = world.post(deanery)
    world.placement(post, world.person(), 45, _NEXT_YEAR)
    world.position(deanery, post["nationalPostNumber"], post=post, deleted=True)


def _unmatched(world: World, deanery: str) -> None:
    world.position(deanery, unknown_number(deanery, world.number("unknown", 1)), post=None)


def _no_position_number(world: World, deanery: str) -> None:
    """Without its number an applicant can't be sent to ESR, and TIS can't be notified of the position."""
    post = world.post(deanery)
    placement = world.placement(post, world.person(), 45, _NEXT_YEAR)
    position = world.position(deanery, post["nationalPostNumber"], post=post, numbered=False)
    world.applicant(placement, position, "INVALID_DATA")
    world.incumbents(position, (None, placement))


def _several_posts(world: World, deanery: str) -> None:
    """The newest CURRENT post is chosen, even if an INACTIVE one is newer."""
    old = world.post(deanery)
    npn = old["nationalPostNumber"]
    newer = world.post(deanery, npn=npn)
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
    post = world.post(deanery, npn=odd_number(deanery, world.number("odd", 1)))
    world.position(deanery, post["nationalPostNumber"], post=post)


def _bucket(world: World, deanery: str) -> None:
    """60 future placements in one post: 40 are sent, the earliest first, the rest a day later (incident A7)."""
    post = world.post(deanery)
    coming = [world.placement(post, world.person(), 10 + number, 300) for number in range(60)]
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    for placement in coming[:40]:
        world.applicant(placement, position, "EXPORTED")
    for placement in coming[40:]:
        world.applicant(placement, position, "TO_EXPORT", next_day="EXPORTED")
    world.incumbents(position, *((None, placement) for placement in coming))


def _twice(world: World, deanery: str) -> None:
    """The same person starts twice on one day: one record is sent, and one notification, because the rows are equal."""
    post, person = world.post(deanery), world.person()
    first, second = (world.placement(post, person, 50, end) for end in (200, 300))
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(first, position, "EXPORTED")
    world.applicant(second, position, "DELETED_BEFORE_EXPORT")
    world.incumbents(position, (None, first))


POST_SCENARIOS: dict[str, Scenario] = {
    "now and next at one site": _now_and_next,
    "now and next at two sites": _other_site,
    "no site code": _no_site,
    "lead and host employer": _lead_and_host,
    "deleted position": _deleted,
    "unmatched position": _unmatched,
    "position without a number": _no_position_number,
    "several posts with one number": _several_posts,
    "inactive post": _inactive,
    "odd characters in the number": _odd_number,
    "bucket post": _bucket,
    "the same person twice": _twice,
    "site code in small letters": _site_in_small_letters,
}
