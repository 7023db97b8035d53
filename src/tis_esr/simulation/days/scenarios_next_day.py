"""What changes from one day to the next, in TIS and in ESR, each with its expected outcome, stated explicitly."""

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.inbound_files import por_values, row
from tis_esr.simulation.days.npn import unknown_number
from tis_esr.simulation.days.scenarios_posts import Scenario


def _other_dates(world: World, deanery: str) -> None:
    """A sent applicant starts a week later: type 4, and an updated type 1."""
    post = world.post(deanery)
    then = world.placement(post, world.person(), 30, 200)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (None, then))
    next_day = world.next_day
    next_day.change("PUT", "/api/placements", {**then, "dateFrom": world.day(37)})
    next_day.por(deanery, position, post["nationalPostNumber"])
    next_day.expected.incumbents(position, (None, then))
    next_day.expected.notification(position, "4", None, then)


def _withdrawn(world: World, deanery: str) -> None:
    """A sent applicant is withdrawn: type 2, and a type 1 with nobody next."""
    post = world.post(deanery)
    now = world.placement(post, world.person(), -100, 29)
    then = world.placement(post, world.person(), 30, 200)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (now, then))
    next_day = world.next_day
    next_day.change("DELETE", f"/api/placements/{then['id']}")
    next_day.por(deanery, position, post["nationalPostNumber"])
    next_day.expected.incumbents(position, (now, None))
    next_day.expected.notification(position, "2", now, then)


def _post_comes_later(world: World, deanery: str) -> None:
    """TIS gets the post of a position, and a future placement in it: type 5, type 1 and an applicant."""
    npn = unknown_number(deanery, world.number("unknown", 1))
    position = world.position(deanery, npn, post=None)
    post = world.post_to_be(deanery, npn=npn)
    then = world.placement_to_be(post, world.person(), 40, 200)
    next_day = world.next_day
    next_day.change("POST", "/api/posts", post)
    next_day.change("POST", "/api/placements", then)
    next_day.por(deanery, position, npn)
    next_day.expected.position(position, post)
    next_day.expected.esr_changed.append([post["id"], position, "RECONCILED"])
    next_day.expected.applicant(then, position, "EXPORTED")
    next_day.expected.incumbents(position, (None, then))
    next_day.expected.notification(position, "5", None, None)


def _moved(world: World, deanery: str) -> None:
    """ESR moves a position to another post: the sent applicant is withdrawn, and another one is sent."""
    first, second = world.post(deanery), world.post(deanery)
    of_first = world.placement(first, world.person(), 30, 200)
    of_second = world.placement(second, world.person(), 40, 200)
    position = world.position(deanery, first["nationalPostNumber"], post=first)
    world.applicant(of_first, position, "EXPORTED")
    world.incumbents(position, (None, of_first))
    next_day = world.next_day
    next_day.por(deanery, position, second["nationalPostNumber"])
    next_day.expected.position(position, second)
    next_day.expected.esr_changed.append([second["id"], position, "RECONCILED"])
    next_day.expected.applicant(of_second, position, "EXPORTED")
    next_day.expected.incumbents(position, (None, of_second))
    next_day.expected.notification(position, "2", None, of_first)


def _deleted_while_pending(world: World, deanery: str) -> None:
    """ESR deletes a position with a pending applicant."""
    post = world.post(deanery)
    later = world.placement(post, world.person(), 200, 400)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(later, position, "TO_EXPORT", next_day="DELETED_BEFORE_EXPORT")
    world.next_day.por(deanery, position, post["nationalPostNumber"], indicator="D")
    world.next_day.expected.position(position, post, deleted=True)
    world.next_day.expected.esr_changed.append([post["id"], position, "DELETED"])


def _unchanged(world: World, deanery: str) -> None:
    """The same position again changes nothing."""
    post = world.post(deanery)
    then = world.placement(post, world.person(), 30, 200)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    world.applicant(then, position, "EXPORTED")
    world.incumbents(position, (None, then))
    world.next_day.por(deanery, position, post["nationalPostNumber"])


def _older_row(world: World, deanery: str) -> None:
    """A file of the day before arrives late: its rows overwrite nothing newer."""
    post = world.post(deanery)
    position = world.position(deanery, post["nationalPostNumber"], post=post)
    npn = unknown_number(deanery, world.number("unknown", 1))
    line = row("superseded", "POR", por_values(position, npn, deanery))
    world.next_day.older.setdefault(deanery, []).append(line)


NEXT_DAY_SCENARIOS: dict[str, Scenario] = {
    "next day: other dates after the applicant was sent": _other_dates,
    "next day: placement deleted after the applicant was sent": _withdrawn,
    "next day: the post comes to TIS": _post_comes_later,
    "next day: position moved to another post": _moved,
    "next day: position deleted with an applicant pending": _deleted_while_pending,
    "next day: position again, unchanged": _unchanged,
    "next day: an older file arrives late": _older_row,
}
