"""Counts the spans that did not reach the collector, and logs it: seldom, and in the end completely."""

from typing import Final

import structlog

CALM_SECONDS: Final = 60.0
"""An outage is over once nothing failed, and less than half of the queue was used, for so long."""
_log = structlog.get_logger()


class Losses:
    """Spans recorded, sent and lost; not safe for threads.

    The first failure of an outage is logged as ``traces_not_exported``, its end as ``traces_exported_again`` with all that
    was lost meanwhile. So however often spans are lost, it is two lines a minute at most. ``now`` is in monotonic seconds.
    """

    def __init__(self) -> None:
        self.recorded = self.sent = 0
        self._is_out, self._calm_since = False, 0.0
        self._lost = self._told = self._told_before = 0

    def failed(self, lost: int, reason: str, now: float) -> None:
        """Note a failure of the collector, or a full queue, and how many spans it cost: 0 if they are sent later."""
        self._calm_since = now
        self._lost += lost
        if not self._is_out:
            self._is_out, self._told = True, lost
            _log.warning("traces_not_exported", lost=lost, reason=reason)

    def looked(self, used: float, now: float) -> None:
        """Note which part of the queue is used, from 0 to 1; end the outage if it has been calm for CALM_SECONDS."""
        if not self._is_out:
            return
        if used >= 0.5:
            self._calm_since = now
        elif now - self._calm_since >= CALM_SECONDS:
            _log.info("traces_exported_again", lost=self._lost)
            self._told_before += self._lost
            self._is_out, self._lost, self._told = False, 0, 0

    def closed(self) -> None:
        """Log how many spans are lost that no line has counted; no other line follows."""
        lost = self.recorded - self.sent - self._told_before - self._told
        if lost:
            _log.warning("traces_not_exported", lost=lost, closing=True)
        self._is_out = True
