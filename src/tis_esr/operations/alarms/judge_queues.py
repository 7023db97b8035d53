"""Judges queues: without a consumer, with an old backlog; the outbox; what is parked. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tis_esr.counted import counted
from tis_esr.engine.protocol import Depths
from tis_esr.engine.reader_protocol import Trace
from tis_esr.operations.alarms import about_queues
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.thresholds import BACKLOG_SECONDS, OUTBOX_SECONDS, PARKED_HOURS
from tis_esr.visible import visible

_ONE_OF_MANY = re.compile(r"""(?<!\w)'[^']*'|"[^"]*"|\S*\d\S*""")


def without_consumer(idle: Sequence[str], services: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return one finding with the queues that no process reads; it names the services that are not running."""
    if not idle:
        return []
    stopped = [name for name, own in services.items() if set(own).intersection(idle)]
    text = (
        "no process reads any queue: no service is running"
        if len(stopped) == len(services)
        else f"no process runs {', '.join(stopped)}"
    )
    return [finding(about_queues.QUEUE_WITHOUT_CONSUMER, "", sorted(idle), text)]


def backlog(depths: Depths, now: datetime) -> list[Finding]:
    """Return one finding with the queues whose oldest message is too old: they usually have one cause."""
    old = {queue: age for queue, (_, age) in depths.queues.items() if age > BACKLOG_SECONDS}
    if not old:
        return []
    worst = max(old, key=lambda queue: old[queue])
    number = sum(depths.queues[queue][0] for queue in old)
    text = f"{counted(number, 'message waits', 'messages wait')}; the oldest for {_minutes(old[worst])} in {worst}"
    since = now - timedelta(seconds=old[worst] - BACKLOG_SECONDS)
    return [finding(about_queues.BACKLOG_OLD, "", sorted(old), text, since=since)]


def outbox(depths: Depths, now: datetime) -> list[Finding]:
    """Return a finding if RabbitMQ has not accepted a committed message for too long."""
    if depths.outbox_oldest <= OUTBOX_SECONDS:
        return []
    text = f"{counted(depths.outbox, 'committed message is', 'committed messages are')} not delivered, the oldest for {_minutes(depths.outbox_oldest)}"
    since = now - timedelta(seconds=depths.outbox_oldest - OUTBOX_SECONDS)
    return [finding(about_queues.OUTBOX_OLD, "", [], text, since=since)]


def parked(traces: Iterable[Trace]) -> list[Finding]:
    """Return a finding for each cause of parked messages, with their files and rows, since the oldest was parked."""
    causes: dict[tuple[str, str], list[Trace]] = {}
    for trace in traces:
        causes.setdefault((trace.queue, slug(cause(trace.reason))), []).append(trace)
    return [_parked(queue, words, some) for (queue, words), some in sorted(causes.items())]


def _parked(queue: str, words: str, traces: Sequence[Trace]) -> Finding:
    reason = cause(traces[0].reason)
    at = min((trace.parked_since for trace in traces if trace.parked_since), default=0.0)
    number = counted(len(traces), "message is", "messages are")
    return finding(
        about_queues.PARKED_OLD,
        f"{queue.removeprefix('esr.queue.')}:{words}",
        [f"{trace.source_file} row {trace.row}" if trace.source_file else trace.id for trace in traces],
        f"{number} parked in {queue}: {reason}",
        since=datetime.fromtimestamp(at, UTC) if at else None,
    )


def parked_repeatedly(depths: Depths, now: datetime) -> list[Finding]:
    """Return a finding if a message is not done for so long, although it was requeued meanwhile and parked again."""
    if depths.open_longest <= PARKED_HOURS * 3600:
        return []
    text = f"a message has been parked, or requeued and parked again, for {counted(round(depths.open_longest / 3600), 'hour')}"
    return [
        finding(about_queues.PARKED_OLD, "any", [], text, since=now - timedelta(seconds=depths.open_longest))
    ]


def cause(reason: str) -> str:
    """Return a reason without what differs between messages with one cause: numbers, and quoted values."""
    return _ONE_OF_MANY.sub("…", visible(reason, kept=""))[:80]


def slug(text: str) -> str:
    """Return the words of a text as they can be typed: ``unknown record type``."""
    return "-".join(re.findall(r"[a-z]+", text.lower()))[:60].strip("-") or "other"


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return counted(minutes, "minute") if minutes < 120 else counted(round(seconds / 3600), "hour")
