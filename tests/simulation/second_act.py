"""What comes after the first export: placements change in TIS, and ESR sends positions again."""

from datetime import date, timedelta
from typing import Any

from tests.simulation.positions import History, Said, in_the_end, write
from tests.simulation.world import Build, Change, Draft


def add_second_act(build: Build, history: History) -> None:
    """Change some placements that were to come, and write rows of some positions where there are files for them."""
    if not all(build.second.values()):
        return
    people = set()
    for placement in build.world.placements:
        if placement["dateFrom"] > build.world.day(0) and build.random.random() < 0.25:
            build.changes.append(_change(build, placement))
            people.add(placement["traineeId"])
    people |= {change.values["traineeId"] for change in _new_posts(build, history) if change.values}
    posts = {placement["postId"] for placement in build.world.placements if placement["traineeId"] in people}
    npns = {post["nationalPostNumber"] for _, post in build.posts if post["id"] in posts}
    npns |= {post["nationalPostNumber"] for post in build.new_posts}
    for position, said in history.items():
        claim = in_the_end(said)
        again = build.random.random() < (0.5 if claim.npn in npns else 0.2)
        for draft in build.second[claim.deanery]:
            if again:
                _write_again(build, position, said, draft)
            again = build.random.random() < 0.2


def _write_again(build: Build, position: int, said: list[Said], draft: Draft) -> None:
    claim = in_the_end(said)
    deleted = build.random.random() < 0.25
    said.append(Said(draft, claim.npn, claim.number, deleted=deleted, host=said[0].host))
    write(build, position, said[-1])
    build.stories.append(f"position {position}: {'deleted' if deleted else 'sent'} in {draft.name}")


def _new_posts(build: Build, history: History) -> list[Change]:
    """Have TIS create the posts of some positions that had none, and place somebody there."""
    found = []
    known = {post["nationalPostNumber"] for _, post in build.posts}
    for position, said in history.items():
        claim = in_the_end(said)
        if claim.npn in known or build.random.random() < 0.4:
            continue
        post = build.world.post_to_be(claim.deanery, npn=claim.npn)
        person = build.random.choice(build.world.people)
        start = build.random.choice((-20, 30))
        placement = build.world.placement_to_be(post, person, start, 300, siteCode="RX101")
        build.new_posts.append(post)
        found.append(Change(placement["id"], placement))
        build.stories.append(f"post of position {position} is created before the second act")
    build.changes += found
    return found


def _change(build: Build, placement: dict[str, Any]) -> Change:
    how = build.random.choice(("dates", "dates", "gone", "draft"))
    build.stories.append(f"placement {placement['id']}: {how} before the second act")
    if how == "gone":
        return Change(placement["id"], None)
    if how == "draft":
        return Change(placement["id"], {"lifecycleState": "DRAFT"})
    days = build.random.choice((-6, 3, 7))
    moved = {
        name: (date.fromisoformat(placement[name]) + timedelta(days=days)).isoformat()
        for name in ("dateFrom", "dateTo")
    }
    return Change(placement["id"], moved)
