"""One parked message for a person: its cause, whether a retry is safe, its body masked or, with a reason, unmasked."""

from datetime import date
from typing import Any

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.parked.catalogue import CATALOGUE, runbook
from tis_esr.operations.parked.finding import UnknownMessageError
from tis_esr.operations.parked.listing import ParkedMessage
from tis_esr.operations.parked.payload import masked, unmasked
from tis_esr.operations.parked.safety import Safety, safety

ACT = "parked.look"


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """A parked message with what its cause means; ``is_masked`` says whether personal data in ``payload`` are masked."""

    message: ParkedMessage
    happened: str
    meaning: str
    who: str
    action: str
    retry: str
    runbook: str
    safety: Safety
    payload: Any
    is_masked: bool


def details(reader: Reader, message: ParkedMessage, today: date, *, unmask: bool = False) -> Details:
    """Return a parked message in full. An unmasked one needs ``record_look`` first. Raises UnknownMessageError."""
    whole = reader.parked_message(*message.identity)
    if whole is None:
        raise UnknownMessageError(message.id)
    text = CATALOGUE[message.cause]
    return Details(
        message=message,
        happened=text.title,
        meaning=text.meaning,
        who=text.who,
        action=text.action,
        retry=text.retry,
        runbook=runbook(message.cause),
        safety=safety(reader, whole, today),
        payload=unmasked(whole.body) if unmask else masked(whole.body),
        is_masked=not unmask,
    )


async def record_look(runner: Runner, person: Person, message: ParkedMessage, why: str) -> None:
    """Record in the audit that a person sees the body of a message unmasked. Raises TransientError."""
    work = runner.work()
    await record(work, person, ACT, [message.id], why=why, result="shown unmasked")
    await work.commit()
