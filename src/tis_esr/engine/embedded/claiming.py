"""Claims: which messages are handed out, and what is stored of a claim after its process has ended.

``held`` is set with the attempt and reset with a release. So the next process knows what was held when one ended, and a
handled message costs no additional write.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tis_esr.engine.embedded.many import execute_for
from tis_esr.engine.envelope import ISOLATING_DEATHS, Identity, Message

_COLUMNS = "id, queue, correlation_id, source_file, deanery, row, last_row, body, attempts + 1, deaths"


@dataclass(frozen=True)
class Ready:
    """A request for up to ``limit`` messages of a queue, without those ids; ``isolated`` ones may be among them."""

    queue: str
    limit: int
    not_now: Sequence[str]
    isolated: bool


@dataclass(frozen=True)
class Claimed:
    """The claimed messages, and which isolated messages are ready but may not be claimed now."""

    messages: list[Message]
    isolated: list[Identity]


def count_deaths(connection: sqlite3.Connection) -> None:
    """Count one more death of the messages that the last process held when it ended."""
    connection.execute(
        "UPDATE messages INDEXED BY messages_ready SET deaths = deaths + 1, held = 0"
        " WHERE state = 'ready' AND held = 1"
    )


def claim(connection: sqlite3.Connection, ready: Ready) -> Claimed:
    """Claim the oldest ready messages; an isolated one is claimed alone, if it is the oldest.

    The ids that are left out are one value: their number is not limited, and changes no statement that is kept prepared.
    """
    others = " AND id NOT IN (SELECT value FROM json_each(?))" if ready.not_now else ""
    not_now = [msgspec.json.encode(ready.not_now).decode()] if ready.not_now else []
    found = connection.execute(
        f"SELECT {_COLUMNS}, seq FROM messages INDEXED BY messages_ready"
        f" WHERE state = 'ready' AND queue = ?{others} ORDER BY seq LIMIT ?",
        (ready.queue, *not_now, ready.limit),
    ).fetchall()
    oldest = [_message(*row) for row in found]
    chosen, isolated = _chosen(oldest, ready)
    places = [row[-1] for row in found]
    if len(chosen) < len(oldest):
        places = [place for place, message in zip(places, oldest, strict=True) if message in chosen]
    execute_for(
        connection,
        "UPDATE OR FAIL messages SET attempts = attempts + 1, held = 1 WHERE seq IN ({keys})",
        (),
        places,
    )
    return Claimed(chosen, isolated)


def _message(
    id_: str,
    queue: str,
    correlation_id: str,
    source_file: str,
    deanery: str,
    row: int,
    last_row: int,
    body: bytes,
    attempts: int,
    deaths: int,
    _: int,
) -> Message:
    return Message(
        id=id_,
        queue=queue,
        correlation_id=correlation_id,
        source_file=source_file,
        deanery=deanery,
        row=row,
        last_row=last_row,
        body=body,
        attempts=attempts,
        deaths=deaths,
    )


def _chosen(oldest: list[Message], ready: Ready) -> tuple[list[Message], list[Identity]]:
    isolated = [message for message in oldest if message.deaths >= ISOLATING_DEATHS]
    if not isolated:
        return oldest, []
    if not ready.isolated:
        return [m for m in oldest if not m.is_isolated], [message.identity for message in isolated]
    return (isolated[:1] if oldest[0].is_isolated else [m for m in oldest if not m.is_isolated]), []


def release(connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
    """Record that messages are no longer held."""
    for queue in {message.queue for message in messages}:
        ids = [message.id for message in messages if message.queue == queue]
        execute_for(
            connection,
            "UPDATE OR FAIL messages SET held = 0 WHERE queue = ? AND id IN ({keys})",
            (queue,),
            ids,
        )
