"""Alarms about TCS, servers and processes, and about the alarms themselves."""

from datetime import timedelta
from typing import Final

from tis_esr.decisions.who import Who
from tis_esr.operations.alarms.kinds import Kind, Severity, duration
from tis_esr.operations.alarms.thresholds import (
    CLOCK_SECONDS,
    DIGEST_LATE,
    DISK_FREE_SHARE,
    GROWTH_TIMES,
    MEMORY_SHARE,
    SINK_FAILS,
    STALE,
)

_HOURS = timedelta(hours=1)
_MINUTES = timedelta(minutes=1)

TCS_BREAKER_OPEN: Final = Kind(
    id="tcs-breaker-open",
    severity=Severity.CRITICAL,
    condition="the circuit breaker of TCS has been open for 15 minutes",
    meaning="TCS does not answer, or most calls to it fail. Calls are retried automatically.",
    affected="Nothing is compared with TIS meanwhile: exports wait, then go without it.",
    to_do=(
        "`tis-esr doctor` calls TCS once.",
        "Ask the team that operates TCS; no action is needed here after it recovers.",
    ),
    who=Who.SUPPORT,
    lasts=15 * _MINUTES,
    repeat=2 * _HOURS,
    expression='min(tis_esr_tcs_breaker{state="closed"}) == 0',
    per_process=True,
    source="incidents A19, A20, A21 and A23",
)
TCS_LIMIT_LOW: Final = Kind(
    id="tcs-limit-low",
    severity=Severity.WARNING,
    condition="the limit of concurrent calls to TCS has been at 1, its floor, for 15 minutes",
    meaning="TCS is overloaded: every increase makes it slow again.",
    affected="Processing is slow; a large day may not be finished before the exports.",
    to_do=("Ask the team that operates TCS about its load.", "`tis-esr doctor` calls TCS once."),
    who=Who.SUPPORT,
    lasts=15 * _MINUTES,
    repeat=4 * _HOURS,
    unowned=8 * _HOURS,
    per_process=True,
    source="incidents A21 and A23",
)
BROKER_ALARM: Final = Kind(
    id="broker-alarm",
    severity=Severity.CRITICAL,
    condition="RabbitMQ accepts no messages: its memory or disk alarm is raised",
    meaning="RabbitMQ blocks every publisher until it has memory and disk space again.",
    affected="All processing stops at the next step; nothing is lost.",
    to_do=(
        "`rabbitmq-diagnostics alarms` on its nodes shows which alarm is raised.",
        "Free memory or disk space there; `tis-esr doctor` checks it again.",
    ),
    who=Who.SUPPORT,
    lasts=2 * _MINUTES,
    repeat=_HOURS,
    source="incidents A17 and A18",
)
DISK_SPACE: Final = Kind(
    id="disk-space",
    severity=Severity.CRITICAL,
    condition=f"less than {DISK_FREE_SHARE:.0%} of a disk that holds the state file or the files is free",
    meaning="Without disk space nothing can be stored, and processing stops.",
    affected="All processing of this machine.",
    to_do=(
        "Free disk space, or enlarge the disk.",
        "`tis-esr purge --dry-run` shows what the next purge removes.",
    ),
    who=Who.SUPPORT,
    lasts=5 * _MINUTES,
    repeat=4 * _HOURS,
    expression=f"min by (place) (tis_esr_disk_free_ratio) < {DISK_FREE_SHARE}",
    detail="The disk of {{ $labels.place }}: {{ $value | humanizePercentage }} is free.",
    per_process=True,
)
MEMORY_HIGH: Final = Kind(
    id="memory-high",
    severity=Severity.WARNING,
    condition=f"a process uses more than {MEMORY_SHARE:.0%} of the memory that it may use",
    meaning="It may be killed soon; then it is started again, and nothing is lost.",
    affected="Processing pauses while the process starts again.",
    to_do=(
        "Raise the memory limit of the process.",
        "If it grows steadily, report it with the metrics of a day.",
    ),
    who=Who.SUPPORT,
    lasts=15 * _MINUTES,
    repeat=8 * _HOURS,
    unowned=24 * _HOURS,
    expression=f"max(tis_esr_memory_used_ratio) > {MEMORY_SHARE}",
    detail="Used: {{ $value | humanizePercentage }}.",
    per_process=True,
    source="incident A17",
)
TASK_RESTARTS: Final = Kind(
    id="task-restarts",
    severity=Severity.WARNING,
    condition="a background task of a process was restarted within the last hour",
    meaning="A task ended with an internal error. It runs again; after five restarts in a row its process ends.",
    affected="What the task does is delayed.",
    to_do=("The log event `task_ended` has the error's class and place: report it.",),
    who=Who.SUPPORT,
    repeat=24 * _HOURS,
    unowned=24 * _HOURS,
    expression="sum by (task) (increase(tis_esr_task_restarts_total[1h])) > 0",
    detail='The task {{ $labels.task }}: {{ $value | printf "%.0f" }} within an hour.',
    per_process=True,
)
CLOCK_SKEW: Final = Kind(
    id="clock-skew",
    severity=Severity.WARNING,
    condition=f"the clocks of a process and of the store differ by more than {CLOCK_SECONDS} seconds",
    meaning="Due times, leases and days are judged by clocks that disagree.",
    affected="Exports may start early or late; near midnight on the wrong day.",
    to_do=(
        "Synchronise the clocks of the machines (`chronyc tracking`).",
        "`tis-esr doctor` checks the servers.",
    ),
    who=Who.SUPPORT,
    lasts=5 * _MINUTES,
    repeat=8 * _HOURS,
    unowned=8 * _HOURS,
    expression=f"max(abs(tis_esr_clock_skew_seconds)) > {CLOCK_SECONDS}",
    detail="They differ by {{ $value | humanizeDuration }}.",
    per_process=True,
)
STORE_DISK_LOW: Final = Kind(
    id="store-disk-low",
    severity=Severity.CRITICAL,
    condition="the disk of MongoDB or of a node of RabbitMQ is nearly full",
    meaning="A full disk stops all writing: MongoDB ends, RabbitMQ raises its disk alarm.",
    affected="All processing of the installation.",
    to_do=(
        "`tis-esr doctor` shows the disks that can be seen.",
        "Free disk space there, or enlarge the disk.",
    ),
    who=Who.SUPPORT,
    lasts=5 * _MINUTES,
    repeat=4 * _HOURS,
    source="incidents A13 and A17",
)
STORE_GROWTH: Final = Kind(
    id="store-growth",
    severity=Severity.WARNING,
    condition=f"the store grew more than {GROWTH_TIMES} times as much within a day as it usually does",
    meaning="The purge fails, or much more arrives than usual.",
    affected="The disk of the store may become full.",
    to_do=("`tis-esr purge --past` shows whether the purge works.", "`tis-esr files` shows what arrived."),
    who=Who.SUPPORT,
    repeat=24 * _HOURS,
    unowned=3 * 24 * _HOURS,
)
FOREIGN_OBJECTS: Final = Kind(
    id="foreign-objects",
    severity=Severity.CRITICAL,
    condition="RabbitMQ has a shovel, policy or binding on our queues that `tis-esr install` did not create",
    meaning="Messages may be moved, dropped or copied without a trace (incident A22: a forgotten shovel hid the dead letters of nine days).",
    affected="Any message of these queues.",
    to_do=(
        "`tis-esr doctor` names them.",
        "Find out who needs it; delete it with `rabbitmqctl` if nobody does.",
    ),
    who=Who.SUPPORT,
    repeat=24 * _HOURS,
    source="incident A22",
)
SINK_FAILING: Final = Kind(
    id="sink-failing",
    severity=Severity.WARNING,
    condition=f"a receiver of alarms has accepted no message for {duration(SINK_FAILS)} although some wait",
    meaning="Slack, Teams, the webhook or the mail server is unavailable, or its address or secret is wrong. Messages are retried.",
    affected="The people who rely on that receiver.",
    to_do=(
        "`tis-esr alarms list` shows each receiver with its last error.",
        "`tis-esr alarms test` sends a test message to each.",
    ),
    who=Who.SUPPORT,
    repeat=8 * _HOURS,
    unowned=8 * _HOURS,
    expression=f"max by (sink) (tis_esr_alarm_oldest_unsent_seconds) > {int(SINK_FAILS.total_seconds())}",
    detail="The receiver {{ $labels.sink }}: {{ $value | humanizeDuration }}.",
)
DIGEST_MISSING: Final = Kind(
    id="digest-missing",
    severity=Severity.WARNING,
    condition=f"a receiver has not accepted the daily digest {duration(DIGEST_LATE)} after it was due",
    meaning="The digest could not be made, or the receiver does not accept messages. It is sent on good days too, so a missing one is never good news.",
    affected="The people who rely on the digest.",
    to_do=(
        "`tis-esr alarms list` shows each receiver with its last error.",
        "`tis-esr alarms test` sends a test message to each.",
    ),
    who=Who.SUPPORT,
    repeat=8 * _HOURS,
    unowned=8 * _HOURS,
)
ALARMS_NOT_JUDGED: Final = Kind(
    id="alarms-not-judged",
    severity=Severity.WARNING,
    condition=f"some kinds of alarms could not be judged for {duration(STALE)}",
    meaning="What they are judged by cannot be read, so their silence means nothing. Alarms that are active stay so.",
    affected="The people who rely on these alarms.",
    to_do=("`tis-esr alarms list` names the kinds and the reason.", "`tis-esr doctor` checks the servers."),
    who=Who.SUPPORT,
    lasts=STALE,
    repeat=8 * _HOURS,
    unowned=8 * _HOURS,
    expression=f'max(tis_esr_poll_age_seconds{{task="alarms"}}) > {int(STALE.total_seconds())}',
)

KINDS: Final = (
    TCS_BREAKER_OPEN,
    TCS_LIMIT_LOW,
    BROKER_ALARM,
    DISK_SPACE,
    MEMORY_HIGH,
    TASK_RESTARTS,
    CLOCK_SKEW,
    STORE_DISK_LOW,
    STORE_GROWTH,
    FOREIGN_OBJECTS,
    SINK_FAILING,
    DIGEST_MISSING,
    ALARMS_NOT_JUDGED,
)
