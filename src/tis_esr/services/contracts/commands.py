"""Commands that the schedule or a person sends to a service: one message a deanery."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from msgspec import Struct

from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import ApplyDailyRules, GenerateFile, ReconcileAll

APPLICANT_COMMAND = "appfilegenerationcommand"
NOTIFICATION_COMMAND = "notificationfilegenerationcommand"
DAILY_RULES_COMMAND = "dailyrulescommand"
RECONCILE_ALL_COMMAND = "reconcileallcommand"


def command_id(command: str, day: date, occasion: str, deanery: str) -> str:
    """Return the id of the message that ``ask`` sends."""
    return derived_id(_cause_id(command, day, occasion, deanery), f"esr.queue.{command}", "")


def correlation_of(command: str, day: date, deanery: str) -> str:
    """Return the correlation id of the messages that ``ask`` sends, and of all that follows from them."""
    return f"{command}:{day}:{deanery}"


def ask(work: Work, command: str, day: date, deaneries: Iterable[str], occasion: str, **more: Any) -> None:
    """Send one command per deanery within a unit of work; the same occasion asks only once.

    ``more`` are further fields of GenerateFile.
    """
    for deanery in deaneries:
        cause = Message(
            id=_cause_id(command, day, occasion, deanery),
            queue="",
            correlation_id=correlation_of(command, day, deanery),
            source_file="",
            deanery=deanery,
            row=0,
            body=b"",
        )
        if command == DAILY_RULES_COMMAND:
            body: Struct = ApplyDailyRules(deanery=deanery, day=day)
        elif command == RECONCILE_ALL_COMMAND:
            body = ReconcileAll(deanery=deanery, asked_at=work.time())
        else:
            body = GenerateFile(deanery=deanery, day=day, asked_at=work.time(), **more)
        work.emit(command, body, cause=cause, begins=("request", {}))


def _cause_id(command: str, day: date, occasion: str, deanery: str) -> str:
    return derived_id("export", command, day, occasion, deanery)
