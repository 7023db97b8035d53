"""The data of the simulated TCS: DTOs from the data folder, with later writes applied."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tis_esr.errors import Exit, TisEsrError

Entity = dict[str, Any]


class BadDataError(TisEsrError):
    """A line of a data file that is not a DTO; names file and line."""

    exit_code = Exit.USAGE

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path} line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class Store:
    """The entities by id, and the look-ups that the endpoints need. Raises BadDataError."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.load()

    def load(self) -> None:
        """Read the data folder; later writes are discarded."""
        self.posts = {post["id"]: post for post in _lines(self.data / "posts.jsonl")}
        self.placements = {placement["id"]: placement for placement in _lines(self.data / "placements.jsonl")}
        self.people = {person["id"]: person for person in _lines(self.data / "people.jsonl")}
        self.absences = {
            absence["id"]: absence for absence in _lines(self.data / "absences.jsonl", "absenceAttendanceId")
        }
        self.post_events: list[Entity] = []
        self.placement_events: dict[int, list[Entity]] = {}
        self._posts_by_npn: dict[str, list[int]] = {}
        self._by: dict[str, dict[int, list[int]]] = {"postId": {}, "traineeId": {}}
        for post in self.posts.values():
            self._posts_by_npn.setdefault(_folded(post.get("nationalPostNumber")), []).append(post["id"])
        for placement in self.placements.values():
            self._index(placement)
        self._numbers = {kind: self._numbered(kind) for kind in ("gmc", "gdc")}
        self._attendance = {
            _folded(absence["absenceAttendanceId"]): absence["id"] for absence in self.absences.values()
        }
        self._latest: dict[tuple[int, int], list[Entity]] = {}

    def save(self) -> None:
        """Write the entities to the data folder, without the events that TCS was sent."""
        for name in ("posts", "placements", "people", "absences"):
            entities = getattr(self, name).values()
            lines = [msgspec.json.encode(entity) + b"\n" for entity in entities]
            (self.data / f"{name}.jsonl").write_bytes(b"".join(lines))

    def posts_with(self, npn: str) -> list[Entity]:
        """Return the posts with an NPN, in any letter case."""
        return [self.posts[post_id] for post_id in self._posts_by_npn.get(_folded(npn), ())]

    def placements_by(self, attribute: str, wanted: int) -> list[Entity]:
        """Return the placements of a post (``postId``) or a person (``traineeId``)."""
        return [
            self.placements[number]
            for number in self._by[attribute].get(wanted, ())
            if number in self.placements
        ]

    def people_with(self, kind: str, number: str) -> list[Entity]:
        """Return the ``gmcDetails`` or ``gdcDetails`` with a number."""
        return [
            self.people[person_id][f"{kind}Details"]
            for person_id in self._numbers[kind].get(_folded(number), ())
        ]

    def details(self, kind: str, person_id: int) -> Entity | None:
        """Return a part of a person that shares the person's id."""
        person = self.people.get(person_id)
        return person.get(kind) if person else None

    def absence_with(self, attendance_id: str) -> Entity | None:
        """Return the absence with ESR's id."""
        absence_id = self._attendance.get(_folded(attendance_id))
        return self.absences[absence_id] if absence_id is not None else None

    def add_absence(self, absence: Entity) -> Entity:
        """Store a new absence under the next id."""
        stored = {**absence, "id": max(self.absences, default=0) + 1}
        self.absences[stored["id"]] = stored
        self._attendance[_folded(stored["absenceAttendanceId"])] = stored["id"]
        return stored

    def change_absence(self, absence: Entity, changes: Entity) -> None:
        """Change a stored absence, ESR's id of it included."""
        self._attendance.pop(_folded(absence["absenceAttendanceId"]))
        absence.update(changes)
        self._attendance[_folded(absence["absenceAttendanceId"])] = absence["id"]

    def put_placement(self, placement: Entity) -> None:
        """Store a placement, new or changed."""
        if placement["id"] in self.placements:
            self._unindex(self.placements[placement["id"]])
        self.placements[placement["id"]] = placement
        self._index(placement)

    def remove_placement(self, placement_id: int) -> None:
        """Delete a placement and its events."""
        self._unindex(self.placements.pop(placement_id))
        self.placement_events.pop(placement_id, None)

    def put_post(self, post: Entity) -> None:
        """Store a post, new or changed."""
        known = self.posts.get(post["id"])
        if known is not None:
            self._posts_by_npn[_folded(known.get("nationalPostNumber"))].remove(post["id"])
        self.posts[post["id"]] = post
        self._posts_by_npn.setdefault(_folded(post.get("nationalPostNumber")), []).append(post["id"])

    def remove_post(self, post_id: int) -> None:
        """Delete a post with its placements."""
        for placement in self.placements_by("postId", post_id):
            self.remove_placement(placement["id"])
        post = self.posts.pop(post_id)
        self._posts_by_npn[_folded(post.get("nationalPostNumber"))].remove(post_id)

    def put_person(self, person: Entity) -> None:
        """Store a person, new or changed."""
        self.people[person["id"]] = person
        self._numbers = {kind: self._numbered(kind) for kind in ("gmc", "gdc")}

    def add_post_event(self, event: Entity) -> None:
        """Append an event, and keep the latest of each position id and number over all posts."""
        self.post_events.append(event)
        key = (event["positionId"], event["positionNumber"])
        latest = self._latest.get(key, [])
        if not latest or _moment(event) > _moment(latest[0]):
            self._latest[key] = [event]
        elif _moment(event) == _moment(latest[0]):
            latest.append(event)

    def reconciled_events(self, post_id: int) -> list[Entity]:
        """Return the events that stand: the latest of their position, on this post, RECONCILED."""
        return [
            event
            for events in self._latest.values()
            for event in events
            if event["postId"] == post_id and event["status"] == "RECONCILED"
        ]

    def _index(self, placement: Entity) -> None:
        for attribute, index in self._by.items():
            if placement.get(attribute) is not None:
                index.setdefault(placement[attribute], []).append(placement["id"])

    def _unindex(self, placement: Entity) -> None:
        for attribute, index in self._by.items():
            if placement.get(attribute) is not None:
                index[placement[attribute]].remove(placement["id"])

    def _numbered(self, kind: str) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for person in self.people.values():
            number = (person.get(f"{kind}Details") or {}).get(f"{kind}Number")
            if number:
                numbers.setdefault(_folded(number), []).append(person["id"])
        return numbers


def _folded(text: str | None) -> str:
    """Return a text as the database compares it."""
    return (text or "").casefold().rstrip(" ")


def _moment(event: Entity) -> datetime:
    return datetime.fromisoformat(event["eventDateTime"])


def _lines(path: Path, *texts: str) -> Iterator[Entity]:
    """Yield the entities of a file; each has a number as its id, and these texts."""
    if not path.exists():
        return
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                entity = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise BadDataError(path, number, "it is not a JSON object") from None
            if not isinstance(entity.get("id"), int):
                raise BadDataError(path, number, "its id is not a number")
            for name in texts:
                if not isinstance(entity.get(name), str):
                    raise BadDataError(path, number, f"its {name} is not text")
            yield entity
