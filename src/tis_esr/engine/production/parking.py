"""Parked messages, and rows with what became of them: within the same transaction as all else."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ReplaceOne, ReturnDocument, UpdateMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.messages import Message
from tis_esr.engine.production.outbox import entry_id, new_entry
from tis_esr.engine.production.schema import MESSAGES, ROWS
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
    """Set messages aside with their reasons, and their rows with them."""
    entries, rows = [], []
    for message, reason in parked:
        fresh = {
            name: value
            for name, value in new_entry(message, now).items()
            if name not in {"state", "open", "attempts", "body", "sent_at"}
        }
        change = {
            "$set": {"state": "parked", "reason": reason, "parked_at": now, "body": message.body},
            "$unset": {"open": "", "token": "", "relay_until": "", "sent_at": ""},
            "$setOnInsert": {**fresh, "attempts": message.attempts},
        }
        entries.append(UpdateOne({"_id": entry_id(message)}, change, upsert=True))
        rows.append(
            UpdateMany(
                {"file": message.source_file, "$or": _rows_of(message)},
                {"$set": {"state": RowState.PARKED.value, "reason": reason}},
            )
        )
    await database[MESSAGES].bulk_write(entries, ordered=False, session=session)
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
) -> Json | None:
    """Take a message out of parking and its parked rows with it; return its entry, None where it isn't parked."""
    entry = await database[MESSAGES].find_one_and_update(
        {"_id": key, "state": "parked"}, change, session=session, return_document=ReturnDocument.AFTER
    )
    if entry is not None:
        last = max(entry["row"], entry["last_row"])
        await database[ROWS].update_many(
            {
                "file": entry["source_file"],
                "row": {"$gte": entry["row"], "$lte": last},
                "state": RowState.PARKED.value,
            },
            {"$set": {"state": row_state.value, "reason": reason}},
            session=session,
        )
    return entry


def ready_again(relay_until: float) -> Json:
    """Return the change that makes a parked message one that is to be sent."""
    return {
        "$set": {"state": "out", "open": True, "until": 0.0, "at": 0.0, "relay_until": relay_until},
        "$unset": {"parked_at": "", "reason": ""},
    }


def given_up() -> Json:
    """Return the change that makes a parked message one that is done with."""
    return {
        "$set": {"state": "done", "done_at": datetime.now(UTC)},
        "$unset": {"parked_at": "", "reason": "", "body": ""},
    }
