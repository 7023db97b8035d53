"""Copies a state file while it is in use, whole and as of one moment, and puts a copy in the place of a state file."""

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from tis_esr.engine.embedded.schema import open_any_version
from tis_esr.engine.faults import UnusableStateError
from tis_esr.errors import TisEsrError
from tis_esr.private_files import make_folder, open_private, put_in_place

_DAMAGED = "it is damaged: restore a backup"
_SQLITES = ("-journal", "-wal", "-shm")
"""SQLite's files beside a database, by what follows its name."""


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the file of a connection to ``target``, which is replaced only once the copy is whole and on the disk.

    The copy is readable by its owner only. What others commit meanwhile is in it as a whole or not at all. A copy that
    fails leaves nothing. Raises UnusableStateError for a damaged file, OSError and sqlite3.Error.
    """
    make_folder(target.parent)
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        open_private(unfinished, "wb").close()
        with closing(sqlite3.connect(unfinished)) as copy, _damage_named(connection):
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            is_whole = copy.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        if not is_whole:
            raise UnusableStateError(_path(connection), _DAMAGED)  # noqa: TRY301 - the copy is removed
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        _remove(target, _SQLITES)  # else what is left of another file would be taken for the copy's
        put_in_place(unfinished, target)
    except BaseException:
        remove(unfinished)
        raise


@contextmanager
def _damage_named(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise
        raise UnusableStateError(_path(connection), _DAMAGED) from error


def _path(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA database_list").fetchone()[2])


def swap(ready: Path, path: Path) -> None:
    """Put a finished state file that nobody uses in the place of another, in one step.

    That is kept as ``FILE.replaced``, or ``FILE.replaced-2`` and so on: an earlier one stays. So are SQLite's files that
    are left of it, or of one that is gone: beside the new file they would be taken for its own. Killed at any point,
    ``path`` is the one or the other. Raises OSError, also where what was committed last is not in the finished file.
    """
    if ready.with_name(f"{ready.name}-wal").exists():
        raise OSError(errno.ENOSPC, "its log could not be written into it", str(ready))
    replaced = _unused(path.with_name(f"{path.name}.replaced"))
    if path.exists():
        _checkpoint(path)
        os.link(path, replaced)
    for end in ("-journal", "-wal"):
        left = path.with_name(path.name + end)
        if left.exists():
            left.replace(replaced.with_name(replaced.name + end))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    put_in_place(ready, path)
    remove(ready)


def _unused(path: Path) -> Path:
    """Return the path, or with a number from 2 the first of which nothing is there, nor any of SQLite's files."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(
        one
        for one in chain([path], numbered)
        if not any(one.with_name(one.name + end).exists() for end in ("", *_SQLITES))
    )


def _checkpoint(path: Path) -> None:
    """Have what a process that was killed has committed in the file itself."""
    with suppress(TisEsrError, sqlite3.Error), closing(open_any_version(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def remove(path: Path) -> None:
    """Remove a state file, if there is one, and what is beside it."""
    _remove(path, ("", ".lock", *_SQLITES))


def _remove(path: Path, ends: Iterable[str]) -> None:
    for end in ends:
        path.with_name(path.name + end).unlink(missing_ok=True)
