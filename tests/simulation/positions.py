"""Positions of a small world, with what ESR says of them one file after the other."""

from dataclasses import dataclass, replace
from typing import Any

from tests.simulation.world import Build, Claim, Draft, Subject

from tis_esr.simulation.days.inbound_files import por_values, pos_values, position_number
from tis_esr.simulation.days.npn import unknown_number

FIRST_POSITION = 6_000_001


@dataclass(frozen=True)
class Said:
    """What one file says of a position."""

    draft: Draft
    npn: str
    number: int | None
    deleted: bool
    host: bool = False


History = dict[int, list[Said]]


def add_positions(build: Build) -> History:
    """Draw a history for a position or two of every post."""
    history: History = {}
    for deanery, post in build.posts:
        for host in (False, True)[: 2 if build.random.random() < 0.2 else 1]:
            position = build.world.number("position", FIRST_POSITION)
            history[position] = [
                replace(said, host=host) for said in _history(build, position, deanery, post)
            ]
            for said in history[position]:
                write(build, position, said)
    for deanery in build.deaneries:
        if build.random.random() < 0.4:
            _unknown(build, deanery, history)
    return history


def _history(build: Build, position: int, deanery: str, post: dict[str, Any]) -> list[Said]:
    random, drafts = build.random, build.drafts[deanery]
    npn, number = post["nationalPostNumber"], position_number(position)
    first = random.randrange(len(drafts))
    later = drafts[first + 1 :]
    said = [Said(drafts[first], npn, number, deleted=False)]
    moving = _move(build, position, deanery, npn)
    if moving and random.random() < 0.35:
        build.stories.append(f"position {position} moves to {moving[-1].draft.name.deanery}")
        return moving
    for draft in later:
        what = random.choice(("nothing", "same", "delete", "delete", "npn", "number", "create"))
        before = said[-1]
        if what == "delete":
            said.append(Said(draft, before.npn, before.number, deleted=True))
        elif what == "npn":
            other = random.choice([post for at, post in build.posts if at == deanery])
            said.append(Said(draft, other["nationalPostNumber"], before.number, deleted=False))
        elif what == "number":
            said.append(Said(draft, before.npn, number + random.randint(1, 3) * 1_000_000, deleted=False))
        elif what in ("same", "create"):
            said.append(Said(draft, before.npn, before.number, deleted=False))
        if what != "nothing":
            build.stories.append(f"position {position}: {what} in {draft.name}")
    if len(said) == 1 and random.random() < 0.1:
        said = [Said(said[0].draft, npn, number, deleted=True)]
    return said


def _move(build: Build, position: int, deanery: str, npn: str) -> list[Said]:
    """Return a move on one day: the old deanery says D in a later file, the new one C. Empty where none is possible."""
    drafts = build.drafts[deanery]
    others = [other for other in build.deaneries if other != deanery]
    if len(drafts) < 2 or not others:
        return []
    there = build.random.choice(others)
    posts = [post for at, post in build.posts if at == there]
    number = position_number(position)
    return [
        Said(drafts[0], npn, number, deleted=False),
        Said(drafts[-1], npn, number, deleted=True),
        Said(
            build.drafts[there][-1], build.random.choice(posts)["nationalPostNumber"], number, deleted=False
        ),
    ]


def _unknown(build: Build, deanery: str, history: History) -> None:
    """Add a position whose post TIS does not know."""
    position = build.world.number("position", FIRST_POSITION)
    said = Said(
        build.draft_of(deanery), unknown_number(deanery, position), position_number(position), deleted=False
    )
    history[position] = [said]
    write(build, position, said)


def write(build: Build, position: int, said: Said) -> None:
    """Add the rows of a position to a file."""
    deanery, indicator = said.draft.name.deanery, "D" if said.deleted else "C"
    subject = Subject("position", position)
    por = por_values(position, said.npn, deanery, indicator=indicator, host=said.host)
    said.draft.add("POR", {**por, "positionNumber": said.number}, subject)
    if build.random.random() < 0.7:
        pos = pos_values(position, said.npn, deanery, indicator=indicator)
        said.draft.add("POS", {**pos, "positionNumber": said.number}, subject)


def expected_positions(histories: History) -> dict[int, Claim]:
    """Say what holds in the end, by the rule of the design: a D ends only its own deanery's claim."""
    return {position: in_the_end(history) for position, history in histories.items()}


def in_the_end(history: list[Said]) -> Claim:
    """Return the claim that stands."""
    newest: dict[str, Said] = {}
    for said in sorted(history, key=lambda said: (said.draft.name.date, said.draft.name.sequence)):
        newest[said.draft.name.deanery] = said
    living = [said for said in newest.values() if not said.deleted]
    last = max(living or newest.values(), key=lambda said: (said.draft.name.date, said.draft.name.sequence))
    return Claim(not living, last.draft.name.deanery, last.npn, last.number)
