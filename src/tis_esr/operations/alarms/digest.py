"""Sends the daily digest to the receivers of alarms, on good days too: a digest that is missing shows by itself."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tis_esr.engine.faults import ConflictError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.operations.alarms.about_servers import DIGEST_MISSING
from tis_esr.operations.alarms.deliveries import DELIVERIES, DeliveryState, enqueue
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.notice import DIGEST, Notice
from tis_esr.operations.alarms.thresholds import DIGEST_LATE
from tis_esr.services.cron import next_after
from tis_esr.wall_clock import LONDON

CAUGHT_UP: Final = timedelta(hours=12)
"""A digest that was missed is sent within this time; a later one would be about another day."""


def last_due(cron: str, now: datetime) -> datetime | None:
    """Return when a digest was due last, None if none was within CAUGHT_UP."""
    due, at = None, next_after(cron, now - CAUGHT_UP)
    while at <= now:
        due, at = at, next_after(cron, at)
    return due


def digest_id(due: datetime) -> str:
    """Return the id of the digest that was due at a moment, the same in every process."""
    return f"{DIGEST.lower()}@{due.astimezone(UTC):%Y-%m-%dT%H:%M}"


async def send_digest(
    begin: Callable[[], Work],
    sinks: Sequence[str],
    cron: str,
    now: datetime,
    text: Callable[[date], Awaitable[str]],
) -> bool:
    """Write the digest that is due for each receiver, once, by whichever process is first; return whether this one did.

    ``text`` makes it for its day in London. Raises TransientError.
    """
    due = last_due(cron, now)
    if due is None or not sinks:
        return False
    work = begin()
    id_ = digest_id(due)
    if await work.get(DELIVERIES, [f"{sink}:{id_}" for sink in sinks]):
        return False
    day = due.astimezone(LONDON)
    notice = Notice(
        id=id_,
        what=DIGEST,
        alarm="",
        kind=DIGEST.lower(),
        severity=Severity.INFO,
        title=f"TIS-ESR on {day.day} {day:%b %Y}",
        text=await text(day.date()),
        at=now,
    )
    await enqueue(work, sinks, notice)
    try:
        await work.commit()
    except ConflictError:
        return False
    return True


def missing_digest(reader: Reader, sinks: Sequence[str], cron: str, now: datetime) -> list[Finding]:
    """Return a finding with the receivers that do not have the digest that was due an hour ago or earlier."""
    due = last_due(cron, now)
    if due is None or now - due < DIGEST_LATE:
        return []
    id_ = digest_id(due)
    found = {one.sink: one for one in reader.get(DELIVERIES, [f"{sink}:{id_}" for sink in sinks])}
    lacking = [sink for sink in sinks if sink not in found or found[sink].state is not DeliveryState.SENT]
    if not lacking:
        return []
    at = due.astimezone(LONDON)
    text = f"the digest of {at.day} {at:%b %Y %H:%M} has not reached {', '.join(lacking)}"
    return [
        finding(DIGEST_MISSING, "", lacking, text, since=due + DIGEST_LATE, watched_until=due + CAUGHT_UP)
    ]
