"""Reading the production engine's database for people; see ``engine.reader_protocol``."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, TypeVar

import msgspec
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import ConfigurationError

from tis_esr.engine.collection import EVERYWHERE, Collection, Where, is_impossible
from tis_esr.engine.envelope import Message
from tis_esr.engine.production.mongodb import outbox
from tis_esr.engine.production.mongodb.documents import condition
from tis_esr.engine.production.mongodb.mongodb_errors import trouble_as_transient
from tis_esr.engine.production.mongodb.open_packets import FINISHED
from tis_esr.engine.production.mongodb.parking import shown
from tis_esr.engine.production.mongodb.patience import patience
from tis_esr.engine.production.mongodb.schema import INBOX, OUTBOX, ROWS, SCHEMA
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import UnusableServerError, schema_finding
from tis_esr.engine.reader_protocol import EVERY, Among, ParkedTally, Trace
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.errors import Exit, TisEsrError

T = TypeVar("T", bound=msgspec.Struct)
Json = dict[str, Any]


class BadAddressError(TisEsrError):
    """TIS_ESR_MONGODB_URL is not a valid MongoDB address; it may hold a password, so it isn't shown."""

    exit_code = Exit.USAGE

    def __init__(self) -> None:
        super().__init__(
            "TIS_ESR_MONGODB_URL is not a valid MongoDB address: write mongodb://host:27017/?replicaSet=rs0"
        )


class ProductionReader:
    """The database, opened for reading only. Raises TransientError if it can't be reached."""

    def __init__(self, addresses: ServerAddresses) -> None:
        """Raise BadAddressError if the URL is not a valid MongoDB URL, UnusableServerError for a database that is not installed or has another schema."""
        try:
            self._client: MongoClient[Json] = MongoClient(
                addresses.mongodb_url, **patience(addresses.mongodb_url), appname="tis-esr desk"
            )
        except (ConfigurationError, ValueError) as error:
            raise BadAddressError from error
        self._database = self._client[addresses.database]
        try:
            self._refuse_other_schema()
        except BaseException:
            self._client.close()
            raise

    def _refuse_other_schema(self) -> None:
        with trouble_as_transient():
            found = self._database[SCHEMA].find_one({"_id": "version"})
        if finding := schema_finding(self._database.name, found):
            raise UnusableServerError([finding])

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def time(self) -> float:
        """Return MongoDB's clock."""
        with trouble_as_transient():
            told = self._database.command("hello")["localTime"]
        return float(told.replace(tzinfo=UTC).timestamp())

    def get(self, collection: Collection[T], keys: Sequence[str]) -> list[T]:
        """See Reader.get."""
        return self.find(collection, {"_id": list(keys)})

    def find(
        self, collection: Collection[T], where: Where, order_by: Sequence[str] = (), limit: int | None = None
    ) -> list[T]:
        """See Reader.find."""
        if is_impossible(where):
            return []
        with trouble_as_transient():
            cursor = self._database[collection.name].find(condition(where), {"document": 1})
            if order_by or limit is not None:
                cursor = cursor.sort([*((field, 1) for field in order_by), ("_id", 1)]).limit(limit or 0)
                found = cursor.to_list()
            else:
                found = sorted(cursor.to_list(), key=lambda entry: entry["_id"])
            decode = msgspec.json.Decoder(collection.type).decode
            return [decode(entry["document"]) for entry in found]

    def count(self, collection: Collection[Any], where: Where) -> int:
        """See Reader.count."""
        if is_impossible(where):
            return 0
        with trouble_as_transient():
            return self._database[collection.name].count_documents(condition(where))

    def counts(
        self, collection: Collection[Any], *fields: str, where: Where = EVERYWHERE
    ) -> dict[tuple[Any, ...], int]:
        """See Reader.counts."""
        if is_impossible(where):
            return {}
        group = {field: f"${field}" for field in fields}
        wanted = [{"$match": condition(where)}] if where else []
        grouped = self._grouped(collection.name, [*wanted, {"$group": {"_id": group, "n": {"$sum": 1}}}])
        return {tuple(entry["_id"].get(field) for field in fields): entry["n"] for entry in grouped}

    def counts_within(self, collection: Collection[Any], field: str) -> dict[str, int]:
        """See Reader.counts_within."""
        path = f"${field}"
        stages: list[Json] = [
            {"$unwind": path},
            {"$group": {"_id": path, "n": {"$sum": 1}}},
        ]
        return {entry["_id"]: entry["n"] for entry in self._grouped(collection.name, stages)}

    def row_counts(self, files: Sequence[str] | None = None) -> dict[str, dict[RowState, int]]:
        """See Reader.row_counts."""
        counts: dict[str, dict[RowState, int]] = {}
        covered = {"$gt": [{"$size": {"$ifNull": ["$parked", []]}}, 0]}
        state = {"$cond": [covered, RowState.PARKED.value, "$state"]}
        group = {"$group": {"_id": {"file": "$file", "state": state}, "n": {"$sum": 1}}}
        wanted = [] if files is None else [{"$match": {"file": {"$in": list(files)}}}]
        for entry in self._grouped(ROWS, [*wanted, group]):
            counts.setdefault(entry["_id"]["file"], {})[RowState(entry["_id"]["state"])] = entry["n"]
        return counts

    def rows(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """See Reader.rows."""
        with trouble_as_transient():
            keys = [f"{file}:{row}" for file, row in places]
            found = [shown(entry) for entry in self._database[ROWS].find({"_id": {"$in": keys}})]
            return sorted(found, key=lambda row: (row.file, row.row))

    def parked(self, among: Among = EVERY) -> list[Trace]:
        """See Reader.parked."""
        fields = {name: value or {"$in": ["", None]} for name, value in among.fields.items()}
        ids = {"id": {"$in": among.ids}} if among.ids else {}
        return self._handled({"parked_at": {"$gt": 0}, **fields, **ids})

    def parked_tallies(self, starts: Sequence[float] = ()) -> list[ParkedTally]:
        """See Reader.parked_tallies."""
        names = ("deanery", "source_file", "cause")
        period = {"$add": [0, *({"$cond": [{"$gte": ["$parked_at", start]}, 1, 0]} for start in starts)]}
        by = {**{name: {"$ifNull": [f"${name}", ""]} for name in names}, "period": period}
        stages: list[Json] = [
            {"$match": {"parked_at": {"$gt": 0}, "state": {"$in": FINISHED}}},
            {"$group": {"_id": by, "number": {"$sum": 1}, "oldest": {"$min": "$parked_at"}}},
        ]
        return [
            ParkedTally(
                **{name: entry["_id"][name] for name in names},
                number=entry["number"],
                oldest=entry["oldest"],
            )
            for entry in self._grouped(INBOX, stages)
        ]

    def parked_message(self, queue: str, id_: str) -> Message | None:
        """See Reader.parked_message."""
        with trouble_as_transient():
            found = self._database[INBOX].find_one({"_id": f"{queue}|{id_}", "state": "parked"})
        return Message(**{n: found[n] for n in Message.__struct_fields__ if n in found}) if found else None

    def messages_of(self, correlation_ids: Sequence[str]) -> list[Trace]:
        """See Reader.messages_of."""
        wanted = set(correlation_ids)
        handled = self._handled({"correlation_id": {"$in": list(wanted)}})
        known = {(trace.queue, trace.id) for trace in handled}
        under_way = [
            trace
            for packet in self._packets({"sources": {"$in": sorted(map(outbox.source, wanted))}}, bodies=True)
            for trace in _sent(packet)
            if trace.correlation_id in wanted and (trace.queue, trace.id) not in known
        ]
        return [*handled, *under_way]

    def waiting_with(self, text: bytes, most: int) -> list[Trace]:
        """See Reader.waiting_with. A packet of the outbox at a time is in memory."""
        found: list[Trace] = []
        with trouble_as_transient():
            for packet in self._database[OUTBOX].find({}, sort=[("created", 1)], batch_size=1):
                mine = [entry for entry in packet["messages"] if text in entry["body"]]
                found += self._unhandled(packet, mine)
                if len(found) >= most:
                    break
        return found[:most]

    def _unhandled(self, packet: Json, entries: list[Json]) -> list[Trace]:
        """Return those of a packet's messages that are neither done nor parked."""
        if not entries:
            return []
        keys = {f"{packet['queue']}|{entry['id']}": entry for entry in entries}
        finished = {"_id": {"$in": list(keys)}, "state": {"$in": FINISHED}}
        done = {one["_id"] for one in self._database[INBOX].find(finished, {"_id": 1})}
        return _sent({**packet, "messages": [entry for key, entry in keys.items() if key not in done]})

    def waiting(self) -> dict[str, int]:
        """See Reader.waiting. All counts are of one moment, so 0 is no message between two queues."""
        found: dict[str, int] = {}
        with trouble_as_transient(), self._client.start_session(snapshot=True) as session:
            for packet in self._packets({}, bodies=False, session=session):
                finished = {"_id": {"$in": packet["keys"]}, "state": {"$in": FINISHED}}
                done = self._database[INBOX].count_documents(finished, session=session)
                if left := len(packet["keys"]) - done:
                    found[packet["queue"]] = found.get(packet["queue"], 0) + left
        return found

    def _packets(self, where: Json, *, bodies: bool, session: ClientSession | None = None) -> list[Json]:
        left_out = {"messages.body": 0} if bodies else {"messages": 0}
        with trouble_as_transient():
            found = self._database[OUTBOX].find(where, left_out, session=session)
            return sorted(found, key=lambda packet: packet["created"])

    def _grouped(self, name: str, stages: Sequence[Mapping[str, Any]]) -> list[Json]:
        with trouble_as_transient():
            return list(self._database[name].aggregate(stages))

    def _handled(self, where: Json) -> list[Trace]:
        with trouble_as_transient():
            found = self._database[INBOX].find({**where, "state": {"$in": FINISHED}}, {"body": 0})
            entries = sorted(found, key=lambda entry: (entry["handled"], entry["_id"]))
        return [
            msgspec.convert({"reason": "", **entry, "seq": entry["handled"], "at": entry["handled"]}, Trace)
            for entry in entries
        ]


def _sent(packet: Json) -> list[Trace]:
    state = "out" if packet["state"] == "out" else "sent"
    created = packet["created"]
    about = {
        "queue": packet["queue"],
        "seq": created,
        "at": created,
        "state": state,
        "attempts": 0,
        "reason": "",
    }
    return [msgspec.convert({**message, **about}, Trace) for message in packet["messages"]]
