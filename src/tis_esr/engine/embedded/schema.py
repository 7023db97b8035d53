"""Creates and opens the tables of the state file."""

import errno
import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import StateInUseError, TransientError, UnusableStateError
from tis_esr.private_files import make_folder, open_private

SCHEMA_VERSION = 6

_PAGE_BYTES = 8192
"""Of a new file. A commit writes whole pages, by a call of the operating system each: half as many as of SQLite's 4096."""
_PAGES_A_CHECKPOINT = 2000
"""16 MB of the write-ahead log: pages that several commits changed are copied into the file once."""

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  source_file TEXT NOT NULL,
  deanery TEXT NOT NULL,
  row INTEGER NOT NULL,
  last_row INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  held INTEGER NOT NULL DEFAULT 0,
  deaths INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  cause TEXT NOT NULL DEFAULT '',
  parked_at REAL NOT NULL DEFAULT 0,
  created REAL NOT NULL DEFAULT 0,
  handled_on TEXT NOT NULL DEFAULT '',
  body BLOB,
  UNIQUE (queue, id)
) STRICT;
CREATE INDEX IF NOT EXISTS messages_ready ON messages (queue, seq) WHERE state = 'ready';
CREATE INDEX IF NOT EXISTS messages_parked ON messages (seq) WHERE state = 'parked';
CREATE INDEX IF NOT EXISTS messages_old_parked ON messages (handled_on, seq) WHERE state = 'parked';
CREATE INDEX IF NOT EXISTS messages_old_done ON messages (handled_on, seq) WHERE state = 'done';
CREATE INDEX IF NOT EXISTS messages_story ON messages (correlation_id);
CREATE TABLE IF NOT EXISTS rows (
  file TEXT NOT NULL,
  row INTEGER NOT NULL,
  type TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (file, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parkings (
  seq INTEGER PRIMARY KEY,
  file TEXT NOT NULL,
  row INTEGER NOT NULL,
  queue TEXT NOT NULL,
  id TEXT NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (file, row, queue, id)
) STRICT;
"""

_OLDER = (
    "it has schema version {} and this program reads version {}; run tis-esr install --state with this file, which"
    " upgrades it"
)
_NEWER = (
    "it has schema version {} and this program reads version {}: a newer tis-esr has written it; use that one, or a copy"
    " of the file from before"
)


def table(collection: Collection[Any]) -> str:
    """Return the name of a collection's table, quoted."""
    return f'"{collection.name}"'


def open_state(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the state file; create it if it does not exist (unless ``read_only``).

    It and SQLite's files beside it are readable by their owner only, and so is a folder created for it. Raises
    UnusableStateError, also for another schema version, and TransientError where the disk is full or fails.
    """
    connection = _opened(path, read_only=read_only)
    try:
        if not read_only:
            with disk_trouble(path):
                create_tables(connection)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_other_version(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, SCHEMA_VERSION}:
        text = _OLDER if version < SCHEMA_VERSION else _NEWER
        raise UnusableStateError(str(path), text.format(version, SCHEMA_VERSION))


def open_any_version(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open an existing state file of any schema version. Raises UnusableStateError and TransientError."""
    if not path.exists():
        raise UnusableStateError(str(path), "no such file; tis-esr day creates it")
    return _opened(path, read_only=read_only, any_version=True)


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the engine's own tables and indexes that are missing, within a transaction if one is open."""
    for statement in _TABLES.split(";"):
        connection.execute(statement)


def _opened(path: Path, *, read_only: bool, any_version: bool = False) -> sqlite3.Connection:
    if read_only and not path.exists():
        raise UnusableStateError(str(path), "no such file; tis-esr day creates it")
    with disk_trouble(path), ExitStack() as on_failure:
        if path.exists() and not path.is_file():
            raise UnusableStateError(str(path), "it is not a file")
        if not read_only:
            _make_private(path)
        target = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
        connection = sqlite3.connect(target, isolation_level=None, check_same_thread=False, uri=True)
        on_failure.callback(connection.close)
        connection.execute("PRAGMA busy_timeout = 5000")
        if not any_version:
            _refuse_other_version(connection, path)
        _refuse_foreign(connection, path, may_be_empty=not read_only)
        if not read_only:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_A_CHECKPOINT}")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA cache_size = -32000")
            connection.execute(
                "PRAGMA secure_delete = ON"
            )  # else what is purged stays readable in free pages
        on_failure.pop_all()
        return connection


@contextmanager
def disk_trouble(path: Path) -> Iterator[None]:
    """Raise TransientError where the disk is full or fails, UnusableStateError for other errors of SQLite and files."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> TransientError | UnusableStateError:
    if _of_the_disk(error):
        return TransientError(f"{path}: {error}")
    return UnusableStateError(str(path), str(error))


def _refuse_foreign(connection: sqlite3.Connection, path: Path, *, may_be_empty: bool) -> None:
    """Raise UnusableStateError for a database without the tables of a state file."""
    if connection.execute("PRAGMA table_info(messages)").fetchone():
        return
    if connection.execute("PRAGMA schema_version").fetchone()[0]:
        raise UnusableStateError(str(path), "it is a database of another program")
    if not may_be_empty:
        raise UnusableStateError(str(path), "it is empty; tis-esr day fills it")


def _make_private(path: Path) -> None:
    """Create the file if it is missing; remove other users' permissions on it and on SQLite's files beside it."""
    make_folder(path.parent)
    open_private(path.resolve(), "ab").close()
    for beside in (path.with_name(path.name + end) for end in ("-wal", "-shm", ".lock")):
        if beside.is_file() and not beside.is_symlink():
            beside.chmod(0o600)


def _of_the_disk(error: Exception) -> bool:
    """Return whether the disk is full or fails, as opposed to a file that is not a state file."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a state file. Raises StateInUseError if another process has it."""
    with closing(lock(path)):
        yield


def lock(path: Path) -> BinaryIO:
    """Lock a state file until the result is closed. Raises StateInUseError if another process has it."""
    try:
        held = open_private(path.with_name(path.name + ".lock"), "ab")
    except OSError as error:
        raise UnusableStateError(str(path), f"{path.name}.lock beside it: {error.strerror}") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise StateInUseError(str(path)) from error
    return held


def make_collections(connection: sqlite3.Connection, collections: Iterable[Collection[Any]]) -> None:
    """Create the missing tables and indexes of the collections."""
    for collection in collections:
        columns = "".join(f', "{name}"' for name in collection.searched)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table(collection)}"
            f" (key TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL,"
            f" written_on TEXT NOT NULL{columns}) WITHOUT ROWID"
        )
        connection.execute(
            f'CREATE INDEX IF NOT EXISTS "{collection.name}_written_on" ON {table(collection)} (written_on, key)'
        )
        for fields in collection.indexes:
            name, listed = "_".join((collection.name, *fields)), ", ".join(f'"{field}"' for field in fields)
            connection.execute(
                f'CREATE INDEX IF NOT EXISTS "{name}" ON {table(collection)} ({listed})'
                f' WHERE "{fields[0]}" IS NOT NULL'
            )
