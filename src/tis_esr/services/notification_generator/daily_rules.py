"""The daily rules: the positions whose notifications change by the calendar alone have them generated again.

Reads ``dailyrulescommand``, one message a deanery. A position is found by the day that was noted when its notifications
were last generated, so that a missed day is caught up by the next one and a repeated day finds nothing.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import structlog

from tis_esr.engine.collection import Between
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.bodies import ApplyDailyRules, NotificationDue
from tis_esr.services.contracts.commands import DAILY_RULES_COMMAND
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, KnownPosition

_log = structlog.get_logger()
_AT_ONCE = 500
"""Positions a transaction; where there are more, a message of its own goes on with them."""


def handler(serial_group: str) -> Handler:
    """Return the handler of the command."""
    return Handler(
        f"esr.queue.{DAILY_RULES_COMMAND}",
        DAILY_RULES_COMMAND,
        apply_daily_rules,
        serial_group=serial_group,
    )


async def apply_daily_rules(work: Work, messages: Sequence[Message]) -> None:
    """Have the notifications generated of the positions of deaneries that changed by the calendar up to a day."""
    left = _AT_ONCE
    for message in messages:
        command = message.decode(ApplyDailyRules)
        if command.deanery not in DEANERIES:
            reason = f"deanery {command.deanery!r} must be one of {', '.join(DEANERIES)}"
            raise PermanentError(reason, ParkingCause.COMMAND_INVALID)
        day = command.day or work.today
        found = await due_on(work, command.deanery, day, left) if left else []
        for known in found:
            work.put(KNOWN_POSITIONS, known.to_generate(day))
            request_notifications(work, known, message)
        left -= len(found)
        if not left:
            work.emit(DAILY_RULES_COMMAND, command, cause=message)
        if found:
            _log.info("daily_rules_applied", deanery=command.deanery, day=str(day), positions=len(found))


async def due_on(work: Work, deanery: str, day: date, limit: int | None = None) -> list[KnownPosition]:
    """Return the positions of a deanery whose notifications change by the calendar up to a day, the oldest first."""
    until = Between(date.min, day + timedelta(days=1))
    return await work.find(
        KNOWN_POSITIONS, {"deanery": deanery, "changes_on": until}, order_by=("changes_on",), limit=limit
    )


def request_notifications(
    work: Work, known: KnownPosition, cause: Message, *, users_told: bool = False
) -> None:
    """Have the notifications of a position generated, on behalf of its own row whatever the cause is.

    Of one that was never reconciled there are none.
    """
    if known.handled is not None and known.source is not None:
        revision = known.handled.version
        body = NotificationDue(position_id=known.position_id, revision=revision, users_told=users_told)
        key = f"{known.position_id}:{users_told}"
        work.emit("notification.due", body, cause=known.source.as_cause(cause.id), key=key)
