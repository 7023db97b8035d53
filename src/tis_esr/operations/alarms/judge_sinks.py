"""Judges receivers of alarms: one that accepts nothing although messages wait. Pure."""

from collections.abc import Iterable
from datetime import datetime

from tis_esr.counted import counted
from tis_esr.operations.alarms.about_servers import SINK_FAILING
from tis_esr.operations.alarms.deliveries import SinkStatus, unsent_since
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.thresholds import SINK_FAILS


def failing(statuses: Iterable[SinkStatus], now: datetime) -> list[Finding]:
    """Return a finding for each receiver whose oldest message has waited for SINK_FAILS."""
    return [
        finding(
            SINK_FAILING,
            status.sink,
            [status.sink],
            f"{counted(status.waiting, 'message waits', 'messages wait')} for {status.sink}; it {status.error or 'was not tried yet'}",
        )
        for status in statuses
        if unsent_since(status, now) >= SINK_FAILS.total_seconds()
    ]
