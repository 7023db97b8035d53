"""Copies a state file while it is in use, whole and as of one moment."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tis_esr.private_files import make_folder, open_private


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the file of a connection to ``target``, which is replaced only once the copy is whole and on the disk.

    The copy is readable by its owner only. What others commit meanwhile is in it as a whole or not at all. Raises OSError
    and sqlite3.Error.
    """
    make_folder(target.parent)
    unfinished = target.with_name(f"{target.name}.unfinished")
    open_private(unfinished, "wb").close()
    with closing(sqlite3.connect(unfinished)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    with unfinished.open("rb") as written:
        os.fsync(written.fileno())
    unfinished.replace(target)
