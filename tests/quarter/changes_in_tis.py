"""What people do in TIS on a day, by seed: with placements, posts and people. Each change is also a record of TIS's feed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.quarter.initial_world import SITES
from tests.quarter.truth import person_for_esr

from tis_esr.simulation.days.invented_people import person_dto
from tis_esr.simulation.days.tcs_data import placement_dto, post_dto
from tis_esr.simulation.tcs.dto_store import Store

Dto = dict[str, Any]
_FIRST_NEW = 300_001
_SYLLABLES = ("an", "bel", "cor", "dun", "el", "fen", "gar")


@dataclass
class Change:
    """One change: its story, and the table, id and fields that the feed would report."""

    story: str
    table: str
    id: int
    fields: dict[str, Any] = field(default_factory=dict)
    operation: str = "update"

    def record(self, day: date) -> Dto:
        """Return the change record of TIS's feed."""
        return {
            "data": {"id": str(self.id), **{name: str(value) for name, value in self.fields.items()}},
            "metadata": {
                "timestamp": f"{day}T08:00:00Z", "record-type": "data", "operation": self.operation,
                "schema-name": "tcs", "table-name": self.table,
            },
        }  # fmt: skip


class ChangesInTis:
    """Makes seeded changes in TIS's records.

    ``waiting`` are post numbers of ESR that TIS does not have, ``off`` the names of changes that are left out.
    """

    def __init__(self, tis: Store, random: Random, waiting: list[str], off: frozenset[str]) -> None:
        self._tis, self._random, self._waiting, self._off = tis, random, waiting, off
        self._number = _FIRST_NEW
        self._renumbered: dict[int, str] = {}
        self._faults: dict[int, tuple[str, str, Any]] = {}
        self._been: dict[int, set[int]] = {}
        self._acts: list[tuple[int, Callable[[date], Change | None]]] = [
            (8, self._created), (4, self._approved), (8, self._moved), (4, self._ended_otherwise),
            (4, self._other_site), (4, self._other_hours), (4, self._swapped), (3, self._drafted),
            (4, self._deleted), (3, self._moved_to_another_post), (2, self._post_created),
            (1, self._post_renumbered), (1, self._post_closed), (1, self._post_deleted),
            (3, self._person_changed), (2, self._person_spoilt), (2, self._person_repaired),
        ]  # fmt: skip

    def some(self, day: date, number: int) -> Iterator[Change]:
        """Make changes; yield each."""
        weights = [weight for weight, _ in self._acts]
        for _, act in self._random.choices(self._acts, weights, k=number):
            if act.__name__.strip("_") not in self._off and (change := act(day)) is not None:
                yield change

    def settle(self, day: date) -> Iterator[Change]:
        """End what is half done: repair people, approve or delete drafts, give posts their numbers back."""
        while self._faults:
            yield self._repair(next(iter(self._faults)))
        for post_id, number in list(self._renumbered.items()):
            if post_id in self._tis.posts:
                yield self._numbered(post_id, number)
        self._renumbered.clear()
        for placement in list(self._tis.placements.values()):
            if placement["lifecycleState"] == "DRAFT":
                yield self._put(placement, "approved", lifecycleState="APPROVED")

    def create_many(self, day: date, number: int) -> Iterator[Change]:
        """Have a whole intake in one post, more than ESR loads from one file."""
        post = self._post()
        for _ in range(number):
            yield self._create(post, day + timedelta(days=40), day + timedelta(days=200), "APPROVED")

    def _created(self, day: date) -> Change:
        start = day + timedelta(days=self._random.choice((-30, 0, 1, 2, 3, 10, 20, 40, 60, 80, 89, 91, 100)))
        end = start + timedelta(days=self._random.randint(40, 200))
        state = "DRAFT" if self._random.random() < 0.2 else "APPROVED"
        return self._create(self._post(), start, end, state)

    def _create(self, post: Dto, start: date, end: date, state: str) -> Change:
        person = self._person(post["id"])
        values = {
            "dateFrom": start.isoformat(), "dateTo": end.isoformat(), "lifecycleState": state,
            "siteCode": self._random.choice(SITES),
        }  # fmt: skip
        placement = placement_dto(self._next(), post, person, values)
        self._tis.put_placement(placement)
        return _about(placement, f"created as {state}, {start} to {end}", "insert")

    def _approved(self, day: date) -> Change | None:
        placement = self._placement(day, lambda p: p["lifecycleState"] == "DRAFT")
        return self._put(placement, "approved", lifecycleState="APPROVED") if placement else None

    def _moved(self, day: date) -> Change | None:
        placement = self._placement(day, lambda p: p["dateFrom"] > day.isoformat())
        if placement is None:
            return None
        days = self._random.choice((-60, -20, -7, -1, 1, 6, 7, 30, 90))
        return self._put(placement, f"moved by {days} days", **_moved(placement, days))

    def _ended_otherwise(self, day: date) -> Change | None:
        placement = self._placement(day)
        if placement is None:
            return None
        end = max(date.fromisoformat(placement["dateTo"]) + timedelta(days=self._random.choice((-20, -3, 5, 30))),
                  date.fromisoformat(placement["dateFrom"]) + timedelta(days=1))  # fmt: skip
        return self._put(placement, f"ends on {end}", dateTo=end.isoformat())

    def _other_site(self, day: date) -> Change | None:
        placement = self._placement(day)
        return (
            self._put(placement, "another site", siteCode=self._random.choice(SITES)) if placement else None
        )

    def _other_hours(self, day: date) -> Change | None:
        placement = self._placement(day)
        hours = self._random.choice((1.0, 0.8, 0.6, 0.5))
        return self._put(placement, f"{hours} of full time", wholeTimeEquivalent=hours) if placement else None

    def _swapped(self, day: date) -> Change | None:
        placement = self._placement(day)
        if placement is None:
            return None
        person = self._person(placement["postId"])
        return self._put(placement, f"swapped for {person['id']}", traineeId=person["id"])

    def _drafted(self, day: date) -> Change | None:
        placement = self._placement(day)
        return self._put(placement, "back to draft", lifecycleState="DRAFT") if placement else None

    def _deleted(self, day: date) -> Change | None:
        placement = self._placement(day)
        if placement is None:
            return None
        self._tis.remove_placement(placement["id"])
        return _about(placement, "deleted", "delete")

    def _moved_to_another_post(self, day: date) -> Change | None:
        """TIS refuses this for a placement that was sent to ESR."""
        placement = self._placement(day, lambda p: p["id"] not in self._tis.placement_events)
        post = self._post()
        if placement is None or placement["traineeId"] in self._people_in(post["id"]):
            return None
        values = {"postId": post["id"], "nationalPostNumber": post["nationalPostNumber"]}
        return self._put(placement, f"moved to post {post['id']}", **values)

    def _post_created(self, day: date) -> Change | None:
        if not self._waiting:
            return None
        number = self._waiting.pop(self._random.randrange(len(self._waiting)))
        post = post_dto(self._next(), number.partition("/")[0], number, funded=True)
        self._tis.put_post(post)
        self._create(post, day + timedelta(days=30), day + timedelta(days=130), "APPROVED")
        return Change(f"post {post['id']} {number}: created", "Post", post["id"], _number(number), "insert")

    def _post_renumbered(self, day: date) -> Change:
        """Give a post another number, or the one that it had."""
        if self._renumbered and self._random.random() < 0.6:
            post_id, number = self._renumbered.popitem()
            if post_id in self._tis.posts:
                return self._numbered(post_id, number)
        post = self._post()
        number = post["nationalPostNumber"]
        self._renumbered.setdefault(post["id"], number)
        return self._numbered(post["id"], f"{number.partition('/')[0]}/RX1/N/{self._next()}")

    def _numbered(self, post_id: int, number: str) -> Change:
        self._tis.put_post({**self._tis.posts[post_id], "nationalPostNumber": number})
        return Change(f"post {post_id}: renumbered {number}", "Post", post_id, _number(number))

    def _post_closed(self, day: date) -> Change:
        post = self._post()
        self._tis.put_post({**post, "status": "INACTIVE"})
        number = post["nationalPostNumber"]
        return Change(f"post {post['id']}: closed", "Post", post["id"], _number(number))

    def _post_deleted(self, day: date) -> Change:
        post = self._post()
        self._tis.remove_post(post["id"])
        number = post["nationalPostNumber"]
        return Change(
            f"post {post['id']}: deleted with its placements", "Post", post["id"], _number(number), "delete"
        )

    def _person_changed(self, day: date) -> Change | None:
        person = self._known_person(day)
        number = self._next()
        if self._random.random() < 0.5:
            person["contactDetails"]["email"] = f"invented.{number}@example.org"
            return Change(f"person {person['id']}: e-mail", "ContactDetails", person["id"])
        if person["gmcDetails"]["gmcNumber"] is None or person["id"] in self._faults:
            return None  # ESR knows them by their name alone
        name = f"Married-{_SYLLABLES[number % 7]}{_SYLLABLES[number // 7 % 7]}"
        person["contactDetails"]["surname"] = person["contactDetails"]["legalSurname"] = name
        return Change(f"person {person['id']}: last name", "ContactDetails", person["id"])

    def _person_spoilt(self, day: date) -> Change | None:
        person = self._known_person(day)
        if person["id"] in self._faults or person["gmcDetails"]["gmcNumber"] is None:
            return None
        part, name = self._random.choice(
            (("personalDetails", "dateOfBirth"), ("contactDetails", "legalSurname"))
        )
        self._faults[person["id"]] = (part, name, person[part][name])
        person[part][name] = None
        if name == "legalSurname":
            person[part]["surname"] = None
        return Change(f"person {person['id']}: {name} missing", _table(part), person["id"])

    def _person_repaired(self, day: date) -> Change | None:
        return self._repair(self._random.choice(list(self._faults))) if self._faults else None

    def _repair(self, person_id: int) -> Change:
        part, name, value = self._faults.pop(person_id)
        self._tis.people[person_id][part][name] = value
        if name == "legalSurname":
            self._tis.people[person_id][part]["surname"] = value
        return Change(f"person {person_id}: {name} repaired", _table(part), person_id)

    def _put(self, placement: Dto, story: str, **changes: Any) -> Change:
        after = {**placement, **changes}
        self._tis.put_placement(after)
        return _about(after, story)

    def _placement(self, day: date, fits: Callable[[Dto], bool] = lambda _: True) -> Dto | None:
        """Return a placement that has not ended; those that begin within 13 weeks as often as the others."""
        live = [p for p in self._tis.placements.values() if p["dateTo"] >= day.isoformat() and fits(p)]
        soon = [p for p in live if day.isoformat() < p["dateFrom"] < (day + timedelta(weeks=14)).isoformat()]
        chosen = soon if soon and self._random.random() < 0.6 else live
        return self._random.choice(chosen) if chosen else None

    def _post(self) -> Dto:
        return self._random.choice(list(self._tis.posts.values()))

    def _known_person(self, day: date) -> Dto:
        placement = self._placement(day)
        assert placement is not None
        return self._tis.people[placement["traineeId"]]

    def _person(self, post_id: int) -> Dto:
        """Return a new person, or one who was never in the post: ESR could not tell two of their records apart."""
        if self._random.random() < 0.4:
            person = self._random.choice(list(self._tis.people.values()))
            if person["id"] not in self._people_in(post_id) and person_for_esr(person):
                self._been.setdefault(post_id, set()).add(person["id"])
                return person
        person = person_dto(self._next(), {})
        self._tis.put_person(person)
        return person

    def _people_in(self, post_id: int) -> set[int]:
        been = self._been.setdefault(post_id, set())
        been |= {p["traineeId"] for p in self._tis.placements_by("postId", post_id)}
        return been

    def _next(self) -> int:
        self._number += 1
        return self._number


def _about(placement: Dto, story: str, operation: str = "update") -> Change:
    fields = {"postId": placement["postId"], "traineeId": placement["traineeId"]}
    story = f"placement {placement['id']} of {placement['traineeId']} in post {placement['postId']}: {story}"
    return Change(story, "Placement", placement["id"], fields, operation)


def _moved(placement: Dto, days: int) -> Dto:
    shift = timedelta(days=days)
    return {n: (date.fromisoformat(placement[n]) + shift).isoformat() for n in ("dateFrom", "dateTo")}


def _number(number: str) -> dict[str, Any]:
    return {"nationalPostNumber": number}


def _table(part: str) -> str:
    return part[0].upper() + part[1:]
