"""Dumps a database as of one moment, and restores it: a folder with one BSON file a collection, and what must be in them."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from tis_esr import wall_clock
from tis_esr.engine.production.mongodb.documents import replacement
from tis_esr.engine.production.mongodb.patience import patience
from tis_esr.engine.production.mongodb.schema import LEASES, OUTBOX, SCHEMA, SCHEMA_VERSION
from tis_esr.engine.upgrading import Written
from tis_esr.errors import Exit, TisEsrError
from tis_esr.private_files import make_folder, open_private, put_in_place

Json = dict[str, Any]
Progress = Callable[[str, int], None]
_MANIFEST = "backup.json"
_AT_ONCE = 1000
_BYTES_AT_ONCE = 16_000_000
_SNAPSHOT_TOO_OLD = 239
_RAW = CodecOptions(document_class=RawBSONDocument)


class UnusableDumpError(TisEsrError):
    """A folder cannot be dumped to, or is not a complete dump; or a database cannot be dumped or is not empty."""

    exit_code = Exit.USAGE


class DumpedCollection(msgspec.Struct, frozen=True):
    """The file of a collection, as it was written."""

    documents: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a dump has: the schema version of the database, and its collections."""

    version: int
    collections: dict[str, DumpedCollection]


def dump(url: str, database: str, folder: Path, progress: Progress) -> int:
    """Write every collection as of one moment; return the number of documents. Processes may go on meanwhile.

    MongoDB keeps that moment for ``minSnapshotHistoryWindowInSeconds`` (300 by default), which the dump may take. The
    folder is there once all is on the disk; a dump that fails leaves nothing. Raises UnusableDumpError, OSError and
    PyMongoError.
    """
    folder = folder.resolve()
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UnusableDumpError(f"{folder} exists and is not an empty folder; name a new one")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        make_folder(unfinished)
        with MongoClient[RawBSONDocument](url, document_class=RawBSONDocument, **patience(url)) as client:
            manifest = _written(client, database, unfinished, progress)
        with open_private(unfinished / _MANIFEST, "xb") as file:
            file.write(msgspec.json.encode(manifest))
            _flush(file.fileno())
        put_in_place(unfinished, folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return sum(collection.documents for collection in manifest.collections.values())


def _written(client: MongoClient[RawBSONDocument], name: str, folder: Path, progress: Progress) -> Manifest:
    found: dict[str, DumpedCollection] = {}
    with client.start_session(snapshot=True) as session:
        try:
            entry = client[name][SCHEMA].find_one({"_id": "version"}, session=session)
            version = _version(name, entry)
            for collection in sorted(client[name].list_collection_names()):
                documents = client[name][collection].find(batch_size=_AT_ONCE, session=session)
                found[collection] = _write(folder / f"{collection}.bson", documents)
                progress(collection, found[collection].documents)
        except OperationFailure as error:
            if error.code != _SNAPSHOT_TOO_OLD:
                raise
            problem = "reading took longer than MongoDB keeps one moment"
            remedy = "raise its minSnapshotHistoryWindowInSeconds, or use a snapshot of its disks"
            raise UnusableDumpError(f"{name}: {problem}; {remedy}") from error
    return Manifest(version, found)


def _version(name: str, entry: RawBSONDocument | None) -> int:
    if entry is None:
        raise UnusableDumpError(
            f"the database {name} is not installed, so there is nothing to back up; correct the name"
        )
    if "upgrade" in entry or "restoring" in entry:
        raise UnusableDumpError(
            f"the upgrade or restore of the database {name} is not complete; finish it first"
        )
    if entry["version"] != SCHEMA_VERSION:
        raise UnusableDumpError(
            f"the database {name} has schema version {entry['version']}, this version of tis-esr backs up {SCHEMA_VERSION}:"
            " use the version that wrote it, a snapshot of the disks, or MongoDB's own tools, because nothing could restore it"
        )
    return SCHEMA_VERSION


def _write(path: Path, documents: Iterable[RawBSONDocument]) -> DumpedCollection:
    number, size, digest = 0, 0, hashlib.sha256()
    with open_private(path, "xb") as file:
        for document in documents:
            file.write(document.raw)
            digest.update(document.raw)
            number, size = number + 1, size + len(document.raw)
        _flush(file.fileno())
    return DumpedCollection(number, size, digest.hexdigest())


def restore(database: Database[Json], folder: Path, beside: Sequence[Written], progress: Progress) -> None:
    """Write a dump's documents, and those ``beside``, into an empty database, which no process uses before ``complete``.

    The indexes are made by ``install``. Raises UnusableDumpError, OSError and PyMongoError.
    """
    manifest = _checked(folder)
    if any(database[name].find_one() is not None for name in database.list_collection_names()):
        raise _not_empty(database.name)
    try:
        database[SCHEMA].insert_one({"_id": "version", "version": manifest.version, "restoring": True})
    except DuplicateKeyError as error:
        raise _not_empty(database.name) from error
    for name in sorted(manifest.collections.keys() - {SCHEMA}):
        number = 0
        for part in _parts(folder / f"{name}.bson"):
            database[name].insert_many(part, ordered=False)
            number += len(part)
        progress(name, number)
    day = wall_clock.now().date().isoformat()
    for collection, document in beside:
        database[collection.name].bulk_write([replacement(collection, document, day)])
    have_published_again(database)


def have_published_again(database: Database[Json]) -> None:
    """Have every message published again, as RabbitMQ has none or other ones, and end leases. Raises PyMongoError."""
    database[OUTBOX].update_many({}, {"$set": {"state": "out", "relay_until": 0.0, "look_at": 0.0}})
    database[LEASES].delete_many({})


def complete(database: Database[Json]) -> None:
    """Open a restored database to processes. Raises PyMongoError."""
    database[SCHEMA].update_one({"_id": "version"}, {"$unset": {"restoring": ""}})


def _not_empty(name: str) -> UnusableDumpError:
    return UnusableDumpError(
        f"the database {name} is not empty; drop it, or name another in TIS_ESR_MONGODB_DATABASE"
    )


def _checked(folder: Path) -> Manifest:
    """Return what a dump has, once its files have it. Raises UnusableDumpError."""
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise UnusableDumpError(f"{folder} is not a complete backup of tis-esr") from error
    if manifest.version != SCHEMA_VERSION:
        raise UnusableDumpError(
            f"{folder} has schema version {manifest.version}, this version of tis-esr restores {SCHEMA_VERSION}:"
            " restore it with the version that made it, then upgrade"
        )
    for name, wanted in manifest.collections.items():
        path = folder / f"{name}.bson"
        if not path.is_file() or _digest(path) != wanted.sha256:
            raise UnusableDumpError(f"{path} is missing, truncated or changed; use another backup")
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(path: Path) -> Iterator[list[RawBSONDocument]]:
    """Yield the documents of a file, in parts of bounded size."""
    part: list[RawBSONDocument] = []
    size = 0
    with path.open("rb") as file:
        for document in decode_file_iter(file, _RAW):
            part.append(document)
            size += len(document.raw)
            if len(part) == _AT_ONCE or size > _BYTES_AT_ONCE:
                yield part
                part, size = [], 0
    if part:
        yield part


def _flush(descriptor: int) -> None:
    os.fsync(descriptor)
