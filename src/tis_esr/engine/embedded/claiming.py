"""Claims: which messages are handed out, and what is known of a claim after its process has ended.

``held`` is written with the attempt and taken back with a release, so that what was held when a process ended
is known to the next one, and a message that is handled costs no write more than its claim.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tis_esr.engine.messages import Identity, Message

_COLUMNS = tuple(name for name in Message.__struct_fields__ if name != "claim")


@dataclass(frozen=True)
class Ready:
    """What is asked for: up to ``limit`` messages of a queue, not those with these ids; ``isolated`` may be among them."""

    queue: str
    limit: int
    not_now: Sequence[str]
    isolated: bool


@dataclass(frozen=True)
class Claimed:
    """What came of a claim, and which isolated messages are ready but may not be handed out now."""

    messages: list[Message]
    isolated: list[Identity]


def count_deaths(connection: sqlite3.Connection) -> None:
    """Count one death more of the messages that the last process held when it ended."""
    connection.execute(
        "UPDATE messages INDEXED BY messages_ready SET deaths = deaths + 1, held = 0"
        " WHERE state = 'ready' AND held = 1"
    )


def claim(connection: sqlite3.Connection, ready: Ready) -> Claimed:
    """Take the oldest ready messages; an isolated one alone, when it is the oldest."""
    others = f" AND id NOT IN ({','.join('?' * len(ready.not_now))})" if ready.not_now else ""
    found = connection.execute(
        f"SELECT seq, {', '.join(_COLUMNS)} FROM messages INDEXED BY messages_ready"
        f" WHERE state = 'ready' AND queue = ?{others} ORDER BY seq LIMIT ?",
        (ready.queue, *ready.not_now, ready.limit),
    )
    oldest = [(row[0], Message(**dict(zip(_COLUMNS, row[1:], strict=True)))) for row in found]
    chosen = [(seq, message) for seq, message in oldest if not message.is_isolated]
    isolated = [(seq, message) for seq, message in oldest if message.is_isolated]
    if ready.isolated and isolated[:1] == oldest[:1]:
        chosen = isolated[:1]
    connection.executemany(
        "UPDATE messages SET attempts = attempts + 1, held = 1 WHERE seq = ?", [(seq,) for seq, _ in chosen]
    )
    messages = [msgspec.structs.replace(message, attempts=message.attempts + 1) for _, message in chosen]
    return Claimed(messages, [] if ready.isolated else [message.identity for _, message in isolated])


def release(connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
    """Note that messages are no longer held."""
    connection.executemany(
        "UPDATE messages SET held = 0 WHERE queue = ? AND id = ?", [message.identity for message in messages]
    )
