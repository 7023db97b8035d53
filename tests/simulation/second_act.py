"""What comes after the first export: placements change in TIS, and ESR sends positions again."""

from datetime import date, timedelta
from typing import Any

from tests.simulation.positions import History, Said, in_the_end, write
from tests.simulation.world import Build, Change


def add_second_act(build: Build, history: History) -> None:
    """Change some placements that were to come, and write rows of some positions where there are files for them."""
    if not all(build.second.values()):
        return
    people = set()
    for placement in build.world.placements:
        if placement["dateFrom"] > build.world.day(0) and build.random.random() < 0.25:
            build.changes.append(_change(build, placement))
            people.add(placement["traineeId"])
    posts = {placement["postId"] for placement in build.world.placements if placement["traineeId"] in people}
    npns = {post["nationalPostNumber"] for _, post in build.posts if post["id"] in posts}
    for position, said in history.items():
        claim = in_the_end(said)
        drafts = build.second[claim.deanery]
        # Nobody tells of a change in TIS but a row about a position that it touches.
        if claim.npn in npns or build.random.random() < 0.2:
            deleted = build.random.random() < 0.25
            again = Said(drafts[0], claim.npn, claim.number, deleted=deleted, host=said[0].host)
            said.append(again)
            write(build, position, again)
            build.stories.append(
                f"position {position}: {'deleted' if deleted else 'sent again'} in the second act"
            )


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
