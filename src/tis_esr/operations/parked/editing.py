"""Sends a corrected copy of a parked message; the original stays parked until a person discards it.

Off by default. Where two people are needed, the second repeats the command with the same body: only then is the copy sent.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.parked.finding import UnknownMessageError
from tis_esr.services.contracts.routes import BODIES
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE

PROPOSED, SENT = "parked.edit.propose", "parked.edit.send"


class EditRefusedError(TisEsrError):
    """The message cannot be edited like this; says why and what to do."""

    exit_code = Exit.USAGE

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A corrected copy of a parked message, by the original's ``queue`` and ``id``; values are not stored.

    ``digest`` is that of the new body, ``changes`` are the paths of the changed fields. ``copy`` is the id of the copy,
    "" while ``approved_by`` is missing.
    """

    queue: str
    id: str
    digest: str
    changes: list[str]
    why: str
    who: str
    at: datetime
    approved_by: str = ""
    copy: str = ""

    @property
    def key(self) -> str:
        """Return ``queue|id|digest``."""
        return f"{self.queue}|{self.id}|{self.digest}"


EDITS = Collection("parked.edits", Edit, lambda edit: edit.key, (("id",),))


async def edit(
    runner: Runner, person: Person, message: Message, body: bytes, why: str, *, needs_two: bool
) -> Edit:
    """Send a copy of a parked message with another body, or propose it where two people are needed.

    Raises EditRefusedError, UnknownMessageError or TransientError.
    """
    work = runner.work()
    done = await edit_in(work, person, message, body, why, needs_two=needs_two)
    await work.commit()
    return done


async def edit_in(
    work: Work, person: Person, message: Message, body: bytes, why: str, *, needs_two: bool
) -> Edit:
    """Send or propose the copy in a unit of work. Raises EditRefusedError or UnknownMessageError."""
    changes = checked(message, body)
    found = (await work.standing([message.identity])).get(message.identity)
    if found is None or found.state != "parked":
        raise UnknownMessageError(message.id)
    digest = blake2b(body, digest_size=16).hexdigest()
    new = Edit(
        queue=message.queue,
        id=message.id,
        digest=digest,
        changes=changes,
        why=why,
        who=person.name,
        at=work.now,
    )
    known = (await work.get(EDITS, [new.key])).get(new.key)
    if known is not None and known.copy:
        raise EditRefusedError(f"this copy was sent before, as {known.copy}; follow it with tis-esr parked")
    if needs_two and known is None:
        after, act, result = new, PROPOSED, "proposed; a second person has to repeat it"
    elif known is not None and needs_two and known.who == person.name:
        raise EditRefusedError(f"{person.name} has proposed it: another person has to repeat the command")
    else:
        copy = derived_id("edit", message.id, digest)
        after = msgspec.structs.replace(known or new, copy=copy, approved_by=person.name)
        work.send(msgspec.structs.replace(message, id=copy, body=body, attempts=1, claim=""))
        act, result = SENT, f"sent as {copy}; the original stays parked"
    work.put(EDITS, after)
    await record(work, person, act, [message.id], why=f"{why} (fields {', '.join(changes)})", result=result)
    return after


def edits_of(reader: Reader, id_: str) -> list[Edit]:
    """Return what was proposed and sent instead of a message, the oldest first."""
    return sorted(reader.find(EDITS, {"id": id_}), key=lambda edit: edit.at)


def checked(message: Message, body: bytes) -> list[str]:
    """Return the paths of the changed fields of a body that a service can read. Raises EditRefusedError."""
    if message.queue == UNREADABLE:
        raise EditRefusedError(
            "no service handles an unreadable row; ask ESR to send it again, then discard it"
        )
    try:
        new = msgspec.json.decode(body)
        kind = _body_of(message.queue)
        if kind is not None and not isinstance(kind, str):
            msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise EditRefusedError(f"--body: {error}; see docs/reference/asyncapi.json for its schema") from error
    changes = list(_changes(_decoded(message.body), new, "$"))
    if not changes:
        raise EditRefusedError("--body: it is the same as the body of the message; use tis-esr parked retry")
    return changes


def _decoded(body: bytes) -> Any:
    """Return the body of a parked message; one that cannot be read differs from every other as a whole."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return body


def _body_of(queue: str) -> Any:
    key = queue.removeprefix("esr.queue.")
    fitting = [name for name in BODIES if key == name or key.startswith(f"{name}.")]
    return BODIES[max(fitting, key=len)] if fitting else None


def _changes(before: Any, after: Any, path: str) -> Iterator[str]:
    """Yield the paths at which two bodies differ, without their values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _changes(before.get(key), after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _changes(one, other, f"{path}[{number}]")
    elif before != after:
        yield path
