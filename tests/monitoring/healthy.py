"""What Prometheus has scraped of an installation in which nothing is wrong, as promtool's unit tests write it."""

from collections.abc import Mapping

JUDGED = {
    "file-late": "warning",
    "file-missing": "critical",
    "file-held": "warning",
    "file-refused": "warning",
    "file-incomplete": "warning",
    "file-gap": "warning",
    "confirmation-overdue": "warning",
    "suspected-quarantine": "critical",
    "rejects-above-usual": "warning",
    "applicants-leaving-window": "warning",
    "promise-at-risk": "warning",
    "status-drift": "warning",
    "queue-without-consumer": "critical",
    "backlog-old": "warning",
    "outbox-old": "critical",
    "parked-old": "warning",
    "tcs-breaker-open": "critical",
    "tcs-limit-low": "warning",
    "broker-alarm": "critical",
    "disk-space": "critical",
    "memory-high": "warning",
    "task-restarts": "warning",
    "clock-skew": "warning",
    "store-disk-low": "critical",
    "store-growth": "warning",
    "foreign-objects": "critical",
    "sink-failing": "warning",
    "digest-missing": "warning",
    "alarms-not-judged": "warning",
}
"""Every kind of alarm that processes judge, with its severity."""
MEASURED = {
    'tis_esr_files{deanery="EOE",type="RMC",state="split"}': 30,
    'tis_esr_queue_oldest_seconds{queue="esr.queue.por.split"}': 2,
    "tis_esr_outbox_oldest_seconds": 0,
    'tis_esr_tcs_breaker{state="closed"}': 1,
    'tis_esr_tcs_breaker{state="open"}': 0,
    "tis_esr_tcs_limit": 64,
    'tis_esr_disk_free_ratio{place="TIS_ESR_STATE"}': 0.6,
    "tis_esr_memory_used_ratio": 0.3,
    'tis_esr_task_restarts_total{task="inbound files"}': 0,
    "tis_esr_clock_skew_seconds": 0.01,
    'tis_esr_alarm_oldest_unsent_seconds{sink="slack"}': 0,
    'tis_esr_poll_age_seconds{task="alarms"}': 20,
}


def active(kind: str, severity: str = "") -> str:
    """Return the series that says how many alarms of a kind are active, by default of its usual severity."""
    return f'tis_esr_alarm_active{{alarm="{kind}",severity="{severity or JUDGED[kind]}"}}'


HEALTHY: Mapping[str, float | str] = {**{active(kind): 0 for kind in JUDGED}, **MEASURED}


def scraped(changes: Mapping[str, float | str | None], points: int) -> list[dict[str, str]]:
    """Return promtool's series of a healthy installation with these changes; None takes a series away."""
    series = {**HEALTHY, **changes}
    return [
        {"series": name, "values": value if isinstance(value, str) else f"{value}x{points}"}
        for name, value in series.items()
        if value is not None
    ]
