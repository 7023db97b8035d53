"""Every scenario once, in as few posts as possible, and a mix for the other posts."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TypeVar

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.scenarios_lines import LINE_FORMS, odd_lines
from tis_esr.simulation.days.scenarios_next_day import NEXT_DAY_SCENARIOS
from tis_esr.simulation.days.scenarios_people import PERSON_SCENARIOS, people_in_post, somebody_elses_post
from tis_esr.simulation.days.scenarios_placements import CASES, cases_in_post
from tis_esr.simulation.days.scenarios_posts import POST_SCENARIOS, Scenario

_A_POST_HOLDS = 8
_RARE = 0.06
_WITH_ASSIGNMENT = 0.40
_WITH_ODD_PLACEMENT = 0.20
_COMMON = (
    "now and next at one site",
    "now and next at one site",
    "lead and host employer",
    "lead and host employer",
    "inactive post",
)
_SEVERAL_POSTS = {"several posts with one number", "unmatched position", "bucket post"}

T = TypeVar("T")
Together = Callable[[World, str, dict[str, T]], None]


def every_scenario() -> Iterator[Scenario]:
    """Yield situations that cover each scenario once; those that can share a post do."""
    for name in POST_SCENARIOS | NEXT_DAY_SCENARIOS:
        yield one_post(name)
    yield somebody_elses_post
    yield from _shared(CASES, cases_in_post)
    yield from _shared(PERSON_SCENARIOS, people_in_post)
    yield from _shared(LINE_FORMS, odd_lines)


def any_post(world: World, deanery: str) -> None:
    """Add one post with its position, chosen by the seed: mostly common ones, and a few of every rare kind."""
    draw = world.random.random()
    if draw < _RARE:
        world.random.choice(_RARE_POSTS)(world, deanery)
    elif draw < _RARE + _WITH_ASSIGNMENT:
        _share_of(world, deanery, PERSON_SCENARIOS, people_in_post)
    elif draw < _RARE + _WITH_ASSIGNMENT + _WITH_ODD_PLACEMENT:
        _share_of(world, deanery, CASES, cases_in_post)
    else:
        one_post(world.random.choice(_COMMON))(world, deanery)


def one_post(name: str) -> Scenario:
    """Return the situation of that name, which is counted in the world when it is added."""

    def act(world: World, deanery: str) -> None:
        (POST_SCENARIOS | NEXT_DAY_SCENARIOS)[name](world, deanery)
        world.scenarios[name] += 1

    return act


def _shared(scenarios: Mapping[str, T], together: Together[T]) -> Iterator[Scenario]:
    names = iter(scenarios)
    while some := list(islice(names, _A_POST_HOLDS)):
        yield partial(_together, together, {name: scenarios[name] for name in some})


def _together(together: Together[T], chosen: dict[str, T], world: World, deanery: str) -> None:
    together(world, deanery, chosen)


def _share_of(world: World, deanery: str, scenarios: Mapping[str, T], together: Together[T]) -> None:
    name = world.random.choice(list(scenarios))
    together(world, deanery, {name: scenarios[name]})


def _odd_line(world: World, deanery: str) -> None:
    _share_of(world, deanery, LINE_FORMS, odd_lines)


_RARE_POSTS = (_odd_line, *(one_post(name) for name in POST_SCENARIOS if name not in _SEVERAL_POSTS))
