"""Moments that a person types: London time unless they name a zone."""

from datetime import datetime

from tis_esr.errors import UsageError
from tis_esr.services.cron import LONDON


def moment_of(option: str, text: str) -> datetime:
    """Parse ``2026-11-24`` (midnight), ``2026-11-24T14:00`` or one with a zone. Raises UsageError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            option, f"{text!r} is not a valid time; write it as 2026-11-24T14:00, London time"
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=LONDON)
