"""What the calendar changed on days that were missed and no longer holds: it is counted, logged, and not sent."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

import msgspec
import structlog

from tis_esr.decisions.notifications.date_events import STALE_REASONS, Passage, stale_events
from tis_esr.services.notification_generator.known_positions import KnownPosition
from tis_esr.services.notification_generator.notification_sources import Sources

_log = structlog.get_logger()


def stale_passages(known: KnownPosition, sources: Sources) -> Counter[str]:
    """Return how many passages of a position's placements came and went since its rules were due, by name of the passage."""
    if known.overdue_since is None or known.post_id is None:
        return Counter()
    placements = sources.post_of(known).placements
    events = stale_events(placements, known.overdue_since, sources.today)
    return Counter(event.passage.name for event in events)


def with_stale(known: KnownPosition, sources: Sources) -> KnownPosition:
    """Return a position with what is stale today; without any, it keeps that of an earlier day."""
    stale = stale_passages(known, sources)
    return msgspec.structs.replace(known, stale_on=sources.today, stale=dict(stale)) if stale else known


def log_stale(by_deanery: Mapping[str, Counter[str]], day: date) -> None:
    """Log how much is not sent any more and why, once a deanery."""
    for deanery, stale in sorted(by_deanery.items()):
        if stale:
            reasons = {STALE_REASONS[Passage[name]]: number for name, number in sorted(stale.items())}
            _log.info(
                "stale_changes_dropped",
                deanery=deanery,
                day=str(day),
                stale=stale.total(),
                reasons=reasons,
            )
