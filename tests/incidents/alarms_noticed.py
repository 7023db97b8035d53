"""Alarms as ``tis-esr run`` judges and stores them, at moments that a test sets: how long it takes until one is raised."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime, time, timedelta

from tests.incidents.services_running import settings_of
from tests.journeys.conversation import Conversation
from tests.journeys.small_world import TODAY

from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmState
from tis_esr.operations.alarms.evaluation import Receivers, store
from tis_esr.operations.alarms.judge_process import ProcessFacts
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.alarms.sight import Sight
from tis_esr.operations.alarms.sources import SOURCES, judge
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.doctor.running import queues_by_service
from tis_esr.wall_clock import LONDON

EACH = timedelta(minutes=1)
"""How often a process judges alarms, where nothing else is set."""
NOW = timedelta()


def london(hour: int, minute: int = 0, *, day_number: int = 0) -> datetime:
    """Return a moment of a day of the conversation, in London."""
    return datetime.combine(TODAY + timedelta(days=day_number), time(hour, minute), LONDON)


def noticed(
    talk: Conversation,
    kind: Kind,
    *,
    about: str = "",
    since: datetime | None = None,
    within: timedelta = NOW,
    breaker: str = "closed",
) -> Alarm:
    """Return the one alarm of a kind that is active so long after a moment, by default now; fail if there is none.

    ``about`` is how its cause begins, ``breaker`` that of TCS, as a process shows it.
    """
    found = noticed_all(talk, kind, about=about, since=since, within=within, breaker=breaker)
    assert len(found) == 1, [alarm.id for alarm in found]
    return found[0]


def noticed_all(
    talk: Conversation,
    kind: Kind,
    *,
    about: str = "",
    since: datetime | None = None,
    within: timedelta = NOW,
    breaker: str = "closed",
) -> list[Alarm]:
    """Return all such alarms; fail if there is none. They are judged at the moment, and in the minute when the time is over."""
    for later in (NOW, within + EACH):
        asyncio.run(_judged(talk, kind, since, later, breaker))
    alarms = active(talk)
    found = [alarm for alarm in alarms if alarm.id.startswith(f"{kind.id}:{about}".rstrip(":"))]
    assert found, f"only {[alarm.id for alarm in alarms]}"
    return found


def active(talk: Conversation) -> list[Alarm]:
    """Return the active alarms."""
    with closing(reader_of(settings_of(talk.program))) as reader:
        return reader.find(ALARMS, {"state": AlarmState.ACTIVE.value})


async def _judged(
    talk: Conversation, kind: Kind, since: datetime | None, later: timedelta, breaker: str
) -> None:
    """Judge as a process does, and store what changes."""
    settings = settings_of(talk.program)
    facts = ProcessFacts(
        name="this process", breaker=breaker, limit=2, restarted={}, clock_skew=0.0, disks={}, memory=None
    )
    [source] = [source for source in SOURCES if kind in source.kinds]
    async with engine_for_operation(settings) as runner:
        begins = since or datetime.fromtimestamp(runner.work().time(), UTC)
        now = (begins + later).astimezone(UTC)
        day = now.astimezone(LONDON).date()
        sight = Sight(
            settings=settings,
            engine=runner.engine,
            begin=runner.work,
            process=facts,
            services=queues_by_service(),
            own_services=[],
            now=now,
            today=day,
        )
        judged = await judge(sight, [source], {})
        assert judged.unknown == {}
        await store(runner.work, judged, Receivers(), day, now)
