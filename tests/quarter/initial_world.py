"""The world on the first day of a quarter, by seed: posts, placements and people in TIS, positions in ESR. All invented."""

from datetime import date
from random import Random

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.invented_people import Dto
from tis_esr.simulation.esr.esr_state import Holdings, Position

DEANERIES = ("EOE", "LDN", "KSS")
SITES = ("RX101", "RX102", "RX103")
_FIRST_POSITION = 6_000_001


def position(number: int, post: str, deanery: str, *, host: bool = False) -> Position:
    """Return a position of ESR."""
    return Position(
        id=_FIRST_POSITION + number, number=20_000_001 + number, post=post, deanery=deanery,
        title="Specialty Registrar", vpd=f"{number % 90 + 100}", ods="RX1",
        host_lead="Host Employer" if host else "Lead Employer", organisation="An Invented Trust",
        location="An Invented Hospital", occupation="800",
    )  # fmt: skip


def initial_world(first: date, seed: int, posts: int) -> tuple[World, Holdings]:
    """Return TIS's world, and ESR's positions: most posts have one position, some two (lead and host) or none."""
    random = Random(f"{seed} world")
    world, holdings = World(first, random), Holdings()
    holdings.sequences = {deanery: 4000 + 17 * place for place, deanery in enumerate(DEANERIES)}
    for number in range(posts):
        deanery = DEANERIES[number % len(DEANERIES)]
        post = world.post(deanery)
        _placements(world, post, random)
        if random.random() < 0.93:
            _add(holdings, position(len(holdings.positions), post["nationalPostNumber"], deanery))
        if random.random() < 0.12:
            _add(holdings, position(len(holdings.positions), post["nationalPostNumber"], deanery, host=True))
    for number in range(max(1, posts // 20)):
        deanery = DEANERIES[number % len(DEANERIES)]
        _add(holdings, position(len(holdings.positions), f"{deanery}/RX1/WAITS/{number}", deanery))
    return world, holdings


def _add(holdings: Holdings, one: Position) -> None:
    holdings.positions[one.id] = one


def _placements(world: World, post: Dto, random: Random) -> None:
    """Add who is in a post and who follows; some posts are empty, some have two at different sites."""
    if random.random() < 0.08:
        return
    for site in random.sample(SITES, 2 if random.random() < 0.25 else 1):
        end = random.randint(-10, 150)
        world.placement(post, _person(world, random), -random.randint(30, 300), end, siteCode=site)
        if random.random() < 0.75:
            start = end + random.choice((1, 1, 1, 8))
            hours = random.choice((1.0, 1.0, 0.8, 0.6))
            world.placement(
                post, _person(world, random), start, start + random.randint(60, 200), siteCode=site,
                wholeTimeEquivalent=hours,
            )  # fmt: skip


def _person(world: World, random: Random) -> Dto:
    """Add a person; one in twenty has no registration."""
    return world.person(gmcNumber=None) if random.random() < 0.05 else world.person()
