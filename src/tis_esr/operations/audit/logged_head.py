"""Logs the number and hash of the newest audit entry, so that a trail that was rewritten as a whole differs from the log."""

from collections.abc import Callable

import structlog

from tis_esr.engine.work import Work
from tis_esr.operations.audit.trail import newest

_log = structlog.get_logger()


class LoggedHead:
    """Logs the newest entry whenever it is another one than at the look before, also those of commands."""

    def __init__(self, begin: Callable[[], Work]) -> None:
        self._begin = begin
        self._number = 0

    async def look(self) -> None:
        """Log the newest entry, as the event ``audited``, if it is new. Raises TransientError."""
        head = await newest(self._begin())
        if head.number != self._number:
            _log.info("audited", number=head.number, hash=head.hash)
            self._number = head.number
