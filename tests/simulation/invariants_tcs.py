"""What TCS must hold once all is quiet, and that every append came once."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.simulation.outcome import sent

if TYPE_CHECKING:
    from tests.simulation.invariants import Check, Ends


def _reconciled(ends: "Ends") -> Iterator[str]:
    for post, expected in ends.ordered.reconciled.items():
        found = ends.disturbed.reconciled[post]
        if found != expected:
            yield f"TCS lists the positions {found} on post {post}; the ordered run ends with {expected}"


def _details(ends: "Ends") -> Iterator[str]:
    for what, expected in ends.ordered.details.items():
        found = ends.disturbed.details[what]
        for field in expected:
            if found[field] != expected[field]:
                yield f"{what}: TCS has {field} {found[field]!r}; the ordered run ends with {expected[field]!r}"


def _absences(ends: "Ends") -> Iterator[str]:
    from tests.simulation.invariants import differences

    yield from differences("absence", dict(ends.ordered.absences), dict(ends.disturbed.absences))


def _exported(ends: "Ends") -> Iterator[str]:
    for (placement, position, file), number in sorted(ends.disturbed.exported.items()):
        if number > 1:
            yield f"TCS was told {number} times that placement {placement} went for position {position} in {file}"
    wanted = {
        (record.placement_id, record.position_id, record.file)
        for record in ends.disturbed.applicants.values()
        if sent(record) and record.placement_id in ends.disturbed.placements
    }
    for placement, position, file in sorted(wanted - ends.disturbed.exported.keys(), key=str):
        yield f"TCS wasn't told that placement {placement} went for position {position} in {file}"
    earlier = {
        (record.placement_id, record.position_id, sending.file)
        for record in ends.disturbed.applicants.values()
        for sending in record.earlier
    }
    for placement, position, file in sorted(ends.disturbed.exported.keys() - wanted - earlier):
        yield f"TCS was told that placement {placement} went for position {position} in {file}, which it didn't"


def _changed_once(ends: "Ends") -> Iterator[str]:
    by_position: dict[tuple[int, int], list[tuple[datetime, int, str]]] = {}
    for event in ends.disturbed.post_events:
        key = (event["positionId"], event["positionNumber"])
        told = (datetime.fromisoformat(event["eventDateTime"]), event["postId"], event["status"])
        by_position.setdefault(key, []).append(told)
    for (position, number), events in sorted(by_position.items()):
        events.sort(key=lambda event: event[0])
        for (_, post, status), second in pairwise(events):
            if (post, status) == second[1:]:
                yield f"TCS was told twice running that position {position} ({number}) is {status} on post {post}"


TCS_CHECKS: dict[str, "Check"] = {
    "TCS: positions of posts": _reconciled,
    "TCS: details": _details,
    "TCS: absences": _absences,
    "TCS: exported": _exported,
    "TCS: changed twice": _changed_once,
}
