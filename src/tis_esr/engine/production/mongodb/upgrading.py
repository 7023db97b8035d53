"""Upgrades a MongoDB database, from beside the old documents to in their place; stopped anywhere, it is continued.

New documents are written under other names while the old ones stay as they are. Once all are whole, each collection is
put in its place by one rename. The database has the new schema version from the beginning, with a note of what is done,
so that no process of either version works on it until the upgrade is complete.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, ReplaceOne
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from tis_esr.engine.collection import Collection
from tis_esr.engine.production.mongodb import schema
from tis_esr.engine.production.mongodb.documents import replacement
from tis_esr.engine.production.mongodb.outbox import packet_of, source
from tis_esr.engine.upgrading import (
    PAGE,
    Json,
    Page,
    Step,
    UnconvertibleError,
    Upgrade,
    Written,
    converted,
    converted_body,
    refuse_loss,
)
from tis_esr.errors import Exit, TisEsrError

Progress = Callable[[str], None]
_NEW = "upgraded."
HELD_SECONDS = 10.0
"""How long a process that was killed keeps others from continuing its upgrade."""
_OLD_PACKETS = {"sources": {"$exists": False}}
_OLD_PARKED = {"state": "parked", "handled_on": {"$exists": False}}
_OLD_INDEXES = ((schema.OUTBOX, "waiting"), (schema.INBOX, "forgotten"))


class UpgradeUnderWayError(TisEsrError):
    """Another process is upgrading the database."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, database: str) -> None:
        super().__init__(
            f"another process is upgrading the database {database}; if it was killed, try again in"
            f" {HELD_SECONDS:.0f} seconds"
        )


class DatabaseUpgrade:
    """One process's upgrade of a database. Its calls block; ``progress`` gets the name of each step before it begins."""

    def __init__(
        self,
        database: Database[Json],
        upgrade: Upgrade,
        collections: Sequence[Collection[Any]],
        progress: Progress = lambda _: None,
    ) -> None:
        self._database = database.with_options(write_concern=WriteConcern("majority", j=True))
        self._upgrade = upgrade
        self._collections = {collection.name: collection for collection in collections}
        self._progress = progress
        self._holder = uuid4().hex

    def convert(self) -> None:
        """Do what is left, except for the end. Raises UpgradeUnderWayError, and UnconvertibleError with the database as it was."""
        try:
            with self._held():
                for step in self._upgrade.steps:
                    self._once(step.name, partial(self._carry_out, step))
                self._once("messages", self._convert_messages)
                for name in self._to_place():
                    self._once(f"place {name}", partial(self._put_in_place, name))
        except UnconvertibleError:
            self._give_up()
            raise
        except BaseException:
            self._versions.update_one(self._own(), {"$set": {"upgrade.until": 0.0}})
            raise

    def release(self) -> None:
        """Stop after ``begin``; an upgrade that has done nothing leaves the database to the version that wrote it."""
        if self._note()["done"]:
            self._versions.update_one(self._own(), {"$set": {"upgrade.until": 0.0}})
        else:
            self._give_up()

    def _give_up(self) -> None:
        """Leave the database to the version that wrote it: its own documents are still unchanged."""
        was = {"$set": {"version": self._upgrade.production}, "$unset": {"upgrade": ""}}
        if self._versions.update_one(self._own(), was).matched_count:
            self._drop_new()

    def _drop_new(self) -> None:
        for name in self._database.list_collection_names():
            if name.startswith(_NEW):
                self._database.drop_collection(name)

    def end(self) -> None:
        """Write the messages that it ends with, and open the database to processes of the present version."""
        self._hold()
        self._progress("end")
        self._request()
        self._versions.update_one(self._own(), {"$unset": {"upgrade": ""}})

    @property
    def _versions(self) -> Any:
        return self._database[schema.SCHEMA]

    def _own(self) -> Json:
        return {"_id": "version", "upgrade.holder": self._holder}

    def begin(self) -> None:
        """Note that the upgrade has begun, or take over one that was stopped. Raises UpgradeUnderWayError."""
        now = self._now()
        held = {"holder": self._holder, "until": now + HELD_SECONDS}
        begun = {"from": self._upgrade.production, "done": [], "day": _day(now), **held}
        old = {"_id": "version", "version": self._upgrade.production}
        change = {"$set": {"version": schema.SCHEMA_VERSION, "upgrade": begun}}
        if self._versions.update_one(old, change).matched_count:
            self._drop_new()
            return
        stopped = {
            "_id": "version",
            "version": schema.SCHEMA_VERSION,
            "upgrade.from": self._upgrade.production,
            "upgrade.until": {"$lte": now},
        }
        taken = {"$set": {f"upgrade.{name}": value for name, value in held.items()}}
        if not self._versions.update_one(stopped, taken).matched_count:
            raise UpgradeUnderWayError(self._database.name)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Stay the one who upgrades also while one call takes long, as the making of an index does."""
        ended = Event()

        def renew() -> None:
            with suppress(PyMongoError, UpgradeUnderWayError):  # the next step finds that out
                while not ended.wait(HELD_SECONDS / 3):
                    self._hold()

        renewing = Thread(target=renew, daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()

    def _hold(self) -> None:
        """Stay the one who upgrades. Raises UpgradeUnderWayError if another has taken over."""
        until = {"$set": {"upgrade.until": self._now() + HELD_SECONDS}}
        if not self._versions.update_one(self._own(), until).matched_count:
            raise UpgradeUnderWayError(self._database.name)

    def _now(self) -> float:
        told = self._database.command("hello")["localTime"]
        return float(told.replace(tzinfo=UTC).timestamp())

    def _note(self) -> Json:
        found: Json = self._versions.find_one({"_id": "version"})["upgrade"]
        return found

    def _once(self, name: str, act: Callable[[], None]) -> None:
        if name in self._note()["done"]:
            return
        self._hold()
        self._progress(name)
        act()
        self._versions.update_one(self._own(), {"$push": {"upgrade.done": name}})

    def _carry_out(self, step: Step) -> None:
        old, day = OldCollections(self._database), self._note()["day"]
        for page in old.pages(step.reads):
            self._hold()
            for name, writes in _by_collection(converted(step, old, page), day):
                self._database[_NEW + name].bulk_write(writes, ordered=False)
        refuse_loss(step, self._count, lambda name: self._count(_NEW + name))

    def _count(self, name: str) -> int:
        return self._database[name].count_documents({})

    def _to_place(self) -> list[str]:
        """Return the collections that have new documents, and those that had old ones."""
        there = self._database.list_collection_names()
        new = {name.removeprefix(_NEW) for name in there if name.startswith(_NEW)}
        return sorted(new | set(self._upgrade.old_collections))

    def _put_in_place(self, name: str) -> None:
        """Replace an old collection by the new one; one that has no new documents is empty."""
        there = self._database.list_collection_names(filter={"name": {"$in": [name, _NEW + name]}})
        if name not in self._collections:
            self._database.drop_collection(name)
            return
        if _NEW + name not in there:
            if name in self._upgrade.old_collections and not self._is_placed(name):
                self._database.drop_collection(name)
            return
        wanted = schema.wanted_indexes([self._collections[name]])[name]
        self._database[_NEW + name].create_indexes(wanted)
        self._database[_NEW + name].rename(name, dropTarget=True)

    def _is_placed(self, name: str) -> bool:
        """Return whether a collection has new documents already: the process ended before it could note that."""
        return self._database[name].find_one({"written_on": {"$exists": True}}) is not None

    def _refuse_unconvertible(self) -> None:
        """Raise UnconvertibleMessageError before any message is changed: they are converted in their place."""
        bodies, causes = self._upgrade.bodies, self._upgrade.causes
        for packet in self._database[schema.OUTBOX].find(_OLD_PACKETS):
            queue = packet["queue"]
            for message in packet["messages"]:
                converted_body(queue, message["id"], bodies.get(queue, _unchanged), message["body"])
        for entry in self._database[schema.INBOX].find(_OLD_PARKED):
            queue, key = entry["queue"], str(entry["_id"])
            converted_body(queue, key, bodies.get(queue, _unchanged), entry["body"])
            converted_body(queue, key, causes.get(queue, _other), entry["body"])

    def _convert_messages(self) -> None:
        self._refuse_unconvertible()
        day = self._note()["day"]
        for collection, index in _OLD_INDEXES:
            if index in self._database[collection].index_information():
                self._database[collection].drop_index(index)
        self._database[schema.LEASES].delete_many({})
        self._convert_packets()
        for entry in self._database[schema.INBOX].find(_OLD_PARKED):
            self._cover(entry)
            self._convert_parked(entry, day)
        self._database[schema.INBOX].update_many(
            {"handled_on": {"$exists": False}}, {"$set": {"handled_on": day}, "$unset": {"done_at": ""}}
        )

    def _convert_packets(self) -> None:
        """Convert the messages that are not handled, and have all of them published again: twice is harmless."""
        for packet in self._database[schema.OUTBOX].find(_OLD_PACKETS):
            convert = self._upgrade.bodies.get(packet["queue"], _unchanged)
            changed = {
                "sources": sorted({source(m["correlation_id"]) for m in packet["messages"]}),
                "messages": [{**m, "body": convert(m["body"])} for m in packet["messages"]],
                "state": "out",
                "relay_until": 0.0,
                "look_at": 0.0,
            }
            self._database[schema.OUTBOX].update_one({"_id": packet["_id"]}, {"$set": changed})

    def _cover(self, entry: Json) -> None:
        """Have a parked message cover its rows, which 0.2.0 accounted as parked."""
        rows = {"$gte": entry["row"], "$lte": max(entry["row"], entry["last_row"])}
        covered = {"file": entry["source_file"], "row": rows, "state": "parked"}
        by = [{"key": entry["_id"], "reason": entry["reason"]}]
        change = {"$set": {"state": "pending", "reason": "", "parked": by}}
        self._database[schema.ROWS].update_many(covered, change)

    def _convert_parked(self, entry: Json, day: str) -> None:
        convert = self._upgrade.bodies.get(entry["queue"], _unchanged)
        cause = self._upgrade.causes.get(entry["queue"], _other)
        changed = {
            "handled_on": day,
            "since": entry["parked_at"],
            "cause": cause(entry["body"]),
            "body": convert(entry["body"]),
        }
        self._database[schema.INBOX].update_one({"_id": entry["_id"]}, {"$set": changed})

    def _request(self) -> None:
        """Write the messages that the upgrade ends with; the relay of the first process sends them."""
        now = self._now()
        for message in self._upgrade.requests:
            packet = {**packet_of([message], now, relay_until=0.0), "_id": message.id}
            self._database[schema.OUTBOX].replace_one({"_id": message.id}, packet, upsert=True)


def _other(_: bytes) -> str:
    return "other"


def _unchanged(body: bytes) -> bytes:
    return body


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()


def _by_collection(written: Iterable[Written], day: str) -> Iterator[tuple[str, list[ReplaceOne[Json]]]]:
    in_order = sorted(written, key=lambda one: one[0].name)
    for name, group in groupby(in_order, key=lambda one: one[0].name):
        yield name, [replacement(collection, document, day) for collection, document in group]


class OldCollections:
    """The collections as they were, see OldDocuments."""

    def __init__(self, database: Database[Json]) -> None:
        self._database = database

    def pages(self, collection: str) -> Iterator[Page]:
        """See OldDocuments.pages."""
        after: Json = {}
        while True:
            found = self._database[collection].find(after).sort("_id", ASCENDING).limit(PAGE).to_list()
            if not found:
                return
            after = {"_id": {"$gt": found[-1]["_id"]}}
            yield [(entry["_id"], entry["document"]) for entry in found]

    def get(self, collection: str, keys: Sequence[str]) -> list[Json]:
        """See OldDocuments.get."""
        return self.find(collection, "_id", keys)

    def find(self, collection: str, field: str, values: Sequence[Any]) -> list[Json]:
        """See OldDocuments.find."""
        found = self._database[collection].find({field: {"$in": list(values)}})
        return [entry["document"] for entry in sorted(found, key=lambda entry: entry["_id"])]
