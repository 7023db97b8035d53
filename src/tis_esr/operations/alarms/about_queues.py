"""Alarms about messages: queues that nobody reads, backlogs, the outbox, and what is parked."""

from datetime import timedelta
from typing import Final

from tis_esr.decisions.who import Who
from tis_esr.operations.alarms.kinds import Kind, Severity
from tis_esr.operations.alarms.thresholds import BACKLOG_SECONDS, OUTBOX_SECONDS, PARKED_HOURS

_HOURS = timedelta(hours=1)

QUEUE_WITHOUT_CONSUMER: Final = Kind(
    id="queue-without-consumer",
    severity=Severity.CRITICAL,
    condition="no process reads a queue",
    meaning="A service is not running, or is connected to another broker or virtual host.",
    affected="Everything that the service does: its messages wait.",
    to_do=(
        "`tis-esr doctor` names the services that no process runs.",
        "`tis-esr run SERVICE` starts one.",
    ),
    who=Who.SUPPORT,
    lasts=timedelta(minutes=5),
    repeat=_HOURS,
    source="incidents A11 and A18",
)
BACKLOG_OLD: Final = Kind(
    id="backlog-old",
    severity=Severity.WARNING,
    condition=f"the oldest message of a queue is older than {BACKLOG_SECONDS // 60} minutes",
    meaning="The queue is not being handled, or more slowly than it fills: TCS is slow, a dependency is unavailable, or its service runs nowhere.",
    affected="What the queue leads to: files for ESR may lack it.",
    to_do=(
        "`tis-esr doctor` checks TCS, the servers and the services.",
        "The log event `paused` names the dependency that a queue waits for.",
    ),
    who=Who.SUPPORT,
    silence_covers_new=True,
    repeat=2 * _HOURS,
    unowned=4 * _HOURS,
    expression=f"max by (queue) (tis_esr_queue_oldest_seconds) > {BACKLOG_SECONDS}",
    detail="Queue {{ $labels.queue }}: {{ $value | humanizeDuration }}.",
    source="incidents A2, A17 and A21",
)
OUTBOX_OLD: Final = Kind(
    id="outbox-old",
    severity=Severity.CRITICAL,
    condition=f"the oldest committed message has not been accepted by RabbitMQ for {OUTBOX_SECONDS // 60} minutes",
    meaning="RabbitMQ is down, or accepts no messages because of a memory or disk alarm.",
    affected="All processing stops at the next step; nothing is lost.",
    to_do=(
        "`tis-esr doctor` says what RabbitMQ answers.",
        "`rabbitmq-diagnostics alarms` on its nodes shows memory and disk alarms.",
    ),
    who=Who.SUPPORT,
    repeat=_HOURS,
    expression=f"max(tis_esr_outbox_oldest_seconds) > {OUTBOX_SECONDS}",
    detail="The oldest message: {{ $value | humanizeDuration }}.",
    source="incidents A17 and A18",
)
PARKED_OLD: Final = Kind(
    id="parked-old",
    severity=Severity.WARNING,
    condition=f"messages with the same cause are parked, the oldest for more than {PARKED_HOURS} hours",
    meaning="A permanent fault needs a person. Each cause is one alarm, however often its messages were requeued.",
    affected="The rows and records of these messages are not processed.",
    to_do=(
        "`tis-esr parked` lists them by reason, with file and row.",
        "`tis-esr parked retry --reason TEXT --why TEXT` retries them once the cause is fixed.",
        "`tis-esr parked discard --reason TEXT --why TEXT --ticket TEXT --review DATE` discards them.",
    ),
    who=Who.SUPPORT,
    silence_covers_new=True,
    lasts=PARKED_HOURS * _HOURS,
    repeat=24 * _HOURS,
    unowned=3 * 24 * _HOURS,
    source="incidents A9, A13, A19 and A22",
)

KINDS: Final = (QUEUE_WITHOUT_CONSUMER, BACKLOG_OLD, OUTBOX_OLD, PARKED_OLD)
