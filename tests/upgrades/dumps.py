"""Stores as text and back: SQL of a state file, JSON lines of a MongoDB database with its indexes."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymongo
from bson import json_util
from pymongo.database import Database

from tis_esr.engine.production.server_addresses import ServerAddresses

Json = dict[str, Any]


def dump_sqlite(path: Path) -> str:
    """Return the SQL that creates a state file again, with its schema version."""
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return "\n".join([*connection.iterdump(), f"PRAGMA user_version = {version};", ""])


def restore_sqlite(path: Path, sql: str) -> None:
    """Create a state file from its SQL."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def waiting_in_sqlite(path: Path) -> dict[str, int]:
    """Return how many messages wait, by queue."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as connection:
        return dict(
            connection.execute("SELECT queue, count(*) FROM messages WHERE state = 'ready' GROUP BY 1")
        )


@contextmanager
def database_of(addresses: ServerAddresses) -> Iterator[Database[Json]]:
    """Open a database."""
    with pymongo.MongoClient[Json](addresses.mongodb_url) as client:
        yield client[addresses.database]


def dump_mongodb(addresses: ServerAddresses) -> str:
    """Return every document as a line of extended JSON with its collection; before them, the indexes."""
    with database_of(addresses) as database:
        lines = []
        for name in sorted(database.list_collection_names()):
            indexes = [index for index in database[name].list_indexes() if index["name"] != "_id_"]
            lines.append({"collection": name, "indexes": indexes})
            lines += [{"collection": name, "document": d} for d in database[name].find(sort=[("_id", 1)])]
        return "".join(json_util.dumps(line) + "\n" for line in lines)


def restore_mongodb(addresses: ServerAddresses, lines: str) -> None:
    """Create a database from its lines."""
    with database_of(addresses) as database:
        documents: dict[str, list[Json]] = {}
        for line in map(json_util.loads, lines.splitlines()):
            if "indexes" not in line:
                documents.setdefault(line["collection"], []).append(line["document"])
                continue
            database.create_collection(line["collection"])
            for index in line["indexes"]:
                options = {name: value for name, value in index.items() if name not in {"v", "key"}}
                database[line["collection"]].create_index(list(index["key"].items()), **options)
        for name, many in documents.items():
            database[name].insert_many(many)


def waiting_in_mongodb(addresses: ServerAddresses) -> dict[str, int]:
    """Return how many messages wait, by queue."""
    with database_of(addresses) as database:
        found: Counter[str] = Counter()
        for packet in database["engine.outbox"].find():
            finished = {"_id": {"$in": packet["keys"]}, "state": {"$in": ["done", "parked"]}}
            found[packet["queue"]] += len(packet["keys"]) - database["engine.inbox"].count_documents(finished)
        return {queue: number for queue, number in sorted(found.items()) if number}


def publish_again(addresses: ServerAddresses) -> None:
    """Have every message published again: RabbitMQ's queues are not part of a recorded state."""
    with database_of(addresses) as database:
        database["engine.outbox"].update_many({}, {"$set": {"state": "out", "relay_until": 0.0}})
