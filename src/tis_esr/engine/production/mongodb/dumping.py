"""Dumps a database as of one moment, and restores it: a folder with one BSON file a collection, as mongodump writes it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bson import decode_file_iter
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database

from tis_esr.engine.production.mongodb.schema import LEASES, OUTBOX
from tis_esr.errors import Exit, TisEsrError
from tis_esr.private_files import make_folder, open_private

Json = dict[str, Any]
_WHOLE = "complete"
_AT_ONCE = 1000


class UnusableDumpError(TisEsrError):
    """A folder cannot be dumped to, or is not a complete dump; or a database is not empty."""

    exit_code = Exit.USAGE


def dump(url: str, database: str, folder: Path, progress: Callable[[str, int], None]) -> int:
    """Write every collection as of one moment; return the number of documents. Processes may go on meanwhile.

    MongoDB keeps that moment for ``minSnapshotHistoryWindowInSeconds`` (300 by default), which the dump may take. Raises
    UnusableDumpError, OSError and PyMongoError.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UnusableDumpError(f"{folder} is not empty; name a new folder")
    make_folder(folder)
    total = 0
    with MongoClient[RawBSONDocument](
        url, document_class=RawBSONDocument, serverSelectionTimeoutMS=5000
    ) as client:
        source = client[database]
        with client.start_session(snapshot=True) as session:
            for name in sorted(source.list_collection_names()):
                with open_private(folder / f"{name}.bson", "xb") as file:
                    number = 0
                    for document in source[name].find(batch_size=_AT_ONCE, session=session):
                        file.write(document.raw)
                        number += 1
                    _flush(file.fileno())
                total += number
                progress(name, number)
    with open_private(folder / _WHOLE, "xb") as file:
        _flush(file.fileno())
    return total


def restore(database: Database[Json], folder: Path, progress: Callable[[str, int], None]) -> int:
    """Write a dump's documents into a database that has none; return how many. The indexes are made by ``install``.

    Raises UnusableDumpError, OSError and PyMongoError.
    """
    if not (folder / _WHOLE).exists():
        raise UnusableDumpError(f"{folder} is not a complete dump of tis-esr backup")
    if any(database[name].find_one() is not None for name in database.list_collection_names()):
        raise UnusableDumpError(
            f"the database {database.name} is not empty; drop it, or name another in TIS_ESR_MONGODB_DATABASE"
        )
    total = 0
    for path in sorted(folder.glob("*.bson")):
        number = 0
        for part in _parts(path):
            database[path.stem].insert_many(part, ordered=False)
            number += len(part)
        total += number
        progress(path.stem, number)
    unpublished = {"$set": {"state": "out", "relay_until": 0.0, "look_at": 0.0}}
    database[OUTBOX].update_many({}, unpublished)  # RabbitMQ has none of them, or newer ones that are purged
    database[LEASES].delete_many({})
    return total


def _parts(path: Path) -> Iterator[list[Json]]:
    part: list[Json] = []
    with path.open("rb") as file:
        for document in decode_file_iter(file):
            part.append(document)
            if len(part) == _AT_ONCE:
                yield part
                part = []
    if part:
        yield part


def _flush(descriptor: int) -> None:
    os.fsync(descriptor)
