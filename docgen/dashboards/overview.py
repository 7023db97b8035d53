"""The dashboard for the person on call: does anybody have to act, is the work flowing, are the processes healthy."""

from typing import Final

from docgen.dashboards.panels import Panel, Row, gauge, increase, rate, series
from tis_esr.operations.alarms.catalogue import CATALOGUE
from tis_esr.operations.alarms.thresholds import (
    BACKLOG_SECONDS,
    CLOCK_SECONDS,
    DISK_FREE_SHARE,
    MEMORY_SHARE,
    STALE,
)

_ALARM = "tis_esr_alarm_active"
_WHILE_COUNTED = f"or on () 0 * {gauge('tis_esr_outbox_depth')}"
"""None is 0, but only while the store can be asked."""


def _active(severity: str) -> str:
    judged = gauge(_ALARM, "alarm", where=f'severity="{severity}"')
    return f"sum({judged} >= 0) or on () 0 * count({series(_ALARM)})"


ACT: Final = Row(
    title="Does anybody have to act?",
    panels=(
        Panel(title="Critical alarms", queries=[(_active("critical"), "")], form="stat", width=4, bad=1),
        Panel(title="Warnings", queries=[(_active("warning"), "")], form="stat", width=4, bad=1),
        Panel(
            title=f"Kinds of alarm known, of {len(CATALOGUE)}",
            queries=[(f"count(count by (alarm) ({series(_ALARM)}))", "")],
            note="Less than all: the silence of the others means nothing.",
            form="stat",
            width=4,
            bad=len(CATALOGUE),
            is_bad_below=True,
        ),
        Panel(
            title="Alarms last judged",
            queries=[(gauge("tis_esr_poll_age_seconds", where='task="alarms"', how="min"), "")],
            note="By the process that judged them last.",
            form="stat",
            width=4,
            bad=STALE.total_seconds(),
        ),
        Panel(
            title="Parked messages",
            queries=[(f"sum({gauge('tis_esr_parked', 'queue', 'reason')}) {_WHILE_COUNTED}", "")],
            form="stat",
            width=4,
            bad=1,
        ),
        Panel(
            title="Processes",
            queries=[(f"count({series('tis_esr_tcs_limit')})", "")],
            note="Processes that Prometheus can scrape, each of which exports this metric.",
            form="stat",
            width=4,
            bad=1,
            is_bad_below=True,
        ),
        Panel(
            title="Active alarms",
            queries=[(f"{gauge(_ALARM, 'alarm', 'severity')} > 0", "")],
            note="`tis-esr alarms list` and the console say what each affects and what to do.",
            form="table",
            width=24,
        ),
    ),
)
FLOW: Final = Row(
    title="Is the work flowing?",
    panels=(
        Panel(
            title="Oldest message by queue",
            queries=[(gauge("tis_esr_queue_oldest_seconds", "queue"), "{{queue}}")],
            bad=BACKLOG_SECONDS,
        ),
        Panel(
            title="Messages handled",
            queries=[(rate("tis_esr_handled_total", "outcome"), "{{outcome}}")],
            unit="mps",
        ),
        Panel(
            title="Calls to TCS",
            queries=[(rate("tis_esr_tcs_calls_total", "outcome"), "{{outcome}}")],
            unit="reqps",
        ),
    ),
)
HEALTH: Final = Row(
    title="Are the processes healthy?",
    panels=(
        Panel(
            title="Periodic tasks: last success",
            queries=[(gauge("tis_esr_poll_age_seconds", "task"), "{{task}}")],
            note="The process in which it was longest ago.",
        ),
        Panel(
            title="Restarts of tasks within an hour",
            queries=[(increase("tis_esr_task_restarts_total", "task"), "{{task}}")],
            bad=1,
        ),
        Panel(
            title="Memory",
            queries=[(gauge("tis_esr_memory_used_ratio", "instance"), "{{instance}}")],
            bad=MEMORY_SHARE,
        ),
        Panel(
            title="Free disk space",
            queries=[(gauge("tis_esr_disk_free_ratio", "instance", "place", how="min"), "{{instance}} {{place}}")],
            bad=DISK_FREE_SHARE,
            is_bad_below=True,
        ),
        Panel(
            title="Clock",
            queries=[(f"max by (instance) (abs({series('tis_esr_clock_skew_seconds')}))", "{{instance}}")],
            bad=CLOCK_SECONDS,
        ),
        Panel(
            title="Receivers of alarms: oldest message that waits",
            queries=[(gauge("tis_esr_alarm_oldest_unsent_seconds", "sink"), "{{sink}}")],
        ),
        Panel(
            title="Receivers of alarms: failed attempts within an hour",
            queries=[(increase("tis_esr_alarm_sink_failures_total", "sink"), "{{sink}}")],
            bad=1,
        ),
    ),
)  # fmt: skip
ROWS: Final = (ACT, FLOW, HEALTH)
