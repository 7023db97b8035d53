"""TIS of a small world: posts, people, and their placements, many of them in posts of two deaneries."""

from typing import Any

from tests.simulation.world import Build

SITES = ("RX101", "RX102", "RX103")


def add_tis(build: Build) -> None:
    """Draw posts, people and placements."""
    random, world = build.random, build.world
    for number in range(random.randint(5, 8)):
        at_random = number >= len(build.deaneries)
        deanery = random.choice(build.deaneries) if at_random else build.deaneries[number]
        build.posts.append((deanery, world.post(deanery)))
    for _ in range(random.randint(6, 10)):
        _add_person(build)


def _add_person(build: Build) -> None:
    """Add a person with a career: now here, next there, or only one of the two, or withdrawn."""
    random = build.random
    person = build.world.person()
    here, there = (random.choice(build.posts)[1] for _ in range(2))
    career = random.choice(("both", "both", "both", "next", "next", "now", "withdrawn", "out of programme"))
    start = random.randint(16, 80)
    if career in ("both", "now"):
        _place(build, here, person, random.randint(-300, -20), start - 1)
    if career in ("both", "next"):
        end = random.randint(200, 400)
        site = _place(build, there, person, start, end)
        if random.random() < 0.1:
            _place(build, there, _again(build, person), start, end, siteCode=site)
    if career == "withdrawn":
        _place(build, there, person, start, 300, lifecycleState="DRAFT")
    if career == "out of programme":
        _place(build, there, person, start, 300, placementType="OOPT")


def _again(build: Build, person: dict[str, Any]) -> dict[str, Any]:
    """Return a person for the same placement again: themselves, or one in two a record of them that TIS has besides."""
    if person["id"] % 2:
        return person
    return build.world.person(gmcNumber=person["gmcDetails"]["gmcNumber"])


def _place(
    build: Build, post: dict[str, Any], person: dict[str, Any], start: int, end: int, **more: Any
) -> str:
    site: str = more.pop("siteCode", None) or build.random.choice(SITES)
    build.world.placement(post, person, start, end, siteCode=site, **more)
    return site
