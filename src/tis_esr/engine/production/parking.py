"""Parked messages, and rows with what became of them: within the same transaction as all else."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ReplaceOne, ReturnDocument, UpdateMany
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.messages import Message
from tis_esr.engine.production.inbox import story
from tis_esr.engine.production.schema import INBOX, ROWS
from tis_esr.engine.rows import Row, RowState

Json = dict[str, Any]


async def account(database: AsyncDatabase[Json], session: AsyncClientSession, rows: Sequence[Row]) -> None:
    """Write what became of rows; the last word on a row counts."""
    last = {f"{row.file}:{row.row}": row for row in rows}
    writes = [ReplaceOne({"_id": key}, _entry(key, row), upsert=True) for key, row in last.items()]
    await database[ROWS].bulk_write(writes, ordered=False, session=session)


def _entry(key: str, row: Row) -> Json:
    return {
        "_id": key,
        "file": row.file,
        "row": row.row,
        "type": row.type,
        "state": row.state.value,
        "reason": row.reason,
    }


async def park(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    parked: Sequence[tuple[Message, str]],
    now: float,
) -> None:
    """Set messages aside with their reasons and bodies, and their rows with them."""
    entries, rows = [], []
    for message, reason in parked:
        about = {"state": "parked", "reason": reason, "parked_at": now, "body": message.body}
        entry = {**story(message, now), **about}
        entries.append(ReplaceOne({"_id": entry["_id"]}, entry, upsert=True))
        rows.append(
            UpdateMany(
                {"file": message.source_file, "$or": _rows_of(message)},
                {"$set": {"state": RowState.PARKED.value, "reason": reason}},
            )
        )
    await database[INBOX].bulk_write(entries, ordered=False, session=session)
    await database[ROWS].bulk_write(rows, ordered=False, session=session)


def _rows_of(message: Message) -> list[Json]:
    covered = {"$gte": message.row, "$lte": message.last_row}
    return [{"row": message.row}, {"row": covered, "state": RowState.PENDING.value}]


async def end_parking(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    key: str,
    change: Json,
    row_state: RowState,
    reason: str,
) -> Message | None:
    """Take a message out of parking and its parked rows with it; return it, None where it isn't parked."""
    entry = await database[INBOX].find_one_and_update(
        {"_id": key, "state": "parked"}, change, session=session, return_document=ReturnDocument.BEFORE
    )
    if entry is None:
        return None
    message = Message(**{name: entry[name] for name in Message.__struct_fields__ if name in entry})
    await database[ROWS].update_many(
        {
            "file": message.source_file,
            "row": {"$gte": message.row, "$lte": max(message.row, message.last_row)},
            "state": RowState.PARKED.value,
        },
        {"$set": {"state": row_state.value, "reason": reason}},
        session=session,
    )
    return message


def ready_again() -> Json:
    """Return the change that makes a parked message one that was tried, and may be handled again."""
    return {"$set": {"state": "open", "at": 0.0}, "$unset": {"parked_at": "", "reason": "", "body": ""}}


def given_up() -> Json:
    """Return the change that makes a parked message one that is done with."""
    return {
        "$set": {"state": "done", "done_at": datetime.now(UTC)},
        "$unset": {"parked_at": "", "reason": "", "body": ""},
    }
