"""What is to be sent to which receiver, and what was: stored with the alarm that it is about, so none is lost.

Each message is delivered at least once: one that was sent, and not stored as sent, is repeated with the same id.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.operations.alarms.notice import Notice

FIRST_PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 900.0
CLAIM_SECONDS: Final = 60.0
"""A process has a message for this long; longer than a receiver's timeout."""
KEPT_TRYING: Final = timedelta(days=3)
"""A message that no attempt has delivered for this long is discarded: the alarm itself is still listed."""
_SHOWN: Final = timedelta(days=8)
_TRIES: Final = 20


class DeliveryState(StrEnum):
    """WAITING until it is SENT; SUPERSEDED by a later message about the same alarm; EXPIRED after KEPT_TRYING."""

    WAITING = "WAITING"
    SENT = "SENT"
    SUPERSEDED = "SUPERSEDED"
    EXPIRED = "EXPIRED"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one receiver, ``sink``; ``id`` is that of the message. Times are in seconds of the store's clock; ``error`` is the last one.

    The last attempt failed at ``failed_at``. A process that delivers it has it until ``claimed_until``. The receiver has
    had no message about its alarm since ``unsent_since``, if it superseded others; they give its first ``error`` as well.
    """

    sink: str
    id: str
    notice: Notice
    state: DeliveryState = DeliveryState.WAITING
    created_at: float
    unsent_since: float | None = None
    attempts: int = 0
    retry_at: float = 0.0
    failed_at: float = 0.0
    claimed_until: float = 0.0
    sent_at: float = 0.0
    error: str = ""

    @property
    def alarm(self) -> str:
        """Return the alarm that it is about."""
        return self.notice.alarm

    @property
    def waits_since(self) -> float:
        """Return since when the receiver lacks this message, or those that it superseded."""
        return self.created_at if self.unsent_since is None else self.unsent_since


DELIVERIES = Collection(
    "alarms.deliveries",
    Delivery,
    lambda delivery: f"{delivery.sink}:{delivery.id}",
    (("sink", "state", "created_at"),),
)


class SinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one receiver is: messages that wait, since when it lacks the oldest, the last error, the last success.

    Times are in seconds since 1970, 0 for never.
    """

    sink: str
    waiting: int
    oldest_at: float
    attempts: int
    error: str
    sent_at: float


async def enqueue(work: Work, sinks: Iterable[str], notice: Notice) -> None:
    """Write a message to each receiver with everything else that ``work`` commits.

    An earlier one about the same alarm that still waits is superseded: a receiver that was down gets the newest only,
    so no more wait for it than there are alarms.
    """
    for sink in sinks:
        now = work.time()
        waiting = await work.find(DELIVERIES, {"sink": sink, "state": DeliveryState.WAITING.value})
        earlier = [one for one in waiting if notice.alarm and one.alarm == notice.alarm]
        for one in earlier:
            if not _is_claimed(one, now):
                work.put(DELIVERIES, msgspec.structs.replace(one, state=DeliveryState.SUPERSEDED))
        longest = min(earlier, key=lambda one: one.waits_since, default=None)
        new = Delivery(
            sink=sink,
            id=notice.id,
            notice=notice,
            created_at=now,
            unsent_since=longest.waits_since if longest else None,
            error=longest.error if longest else "",
        )
        work.put(DELIVERIES, new)


async def claim(begin: Callable[[], Work], sink: str) -> Delivery | None:
    """Return the oldest message of a receiver that is due, claimed for this process; None if there is none.

    After a failure the receiver pauses for FIRST_PAUSE, whichever message is next. Messages that have waited for KEPT_TRYING are discarded.
    Of messages about one alarm only the newest is delivered, and not while another process delivers an earlier one:
    a receiver never gets what was overtaken. Raises TransientError.
    """
    for _ in range(_TRIES):
        work = begin()
        now = work.time()
        where = {"sink": sink, "state": DeliveryState.WAITING.value}
        waiting = await work.find(DELIVERIES, where, order_by=("created_at",))
        old = [one for one in waiting if now - one.created_at > KEPT_TRYING.total_seconds()]
        for one in old:
            work.put(DELIVERIES, msgspec.structs.replace(one, state=DeliveryState.EXPIRED))
        overtaken, busy = _overtaken(waiting, now)
        for one in overtaken:
            work.put(DELIVERIES, msgspec.structs.replace(one, state=DeliveryState.SUPERSEDED))
        is_paused = any(0 <= now - one.failed_at < FIRST_PAUSE for one in waiting)
        passed = [*old, *overtaken]
        left = (one for one in waiting if one not in passed and one.alarm not in busy and _is_due(one, now))
        due = None if is_paused else next(left, None)
        if due is not None:
            due = msgspec.structs.replace(due, claimed_until=now + CLAIM_SECONDS, attempts=due.attempts + 1)
            work.put(DELIVERIES, due)
        if not work.has_changes:
            return None
        try:
            await work.commit()
        except ConflictError:
            continue
        return due
    return None


async def settle(
    begin: Callable[[], Work], delivery: Delivery, error: str, *, is_accepted: bool = False
) -> None:
    """Store the outcome of an attempt: sent if ``error`` is "", else when it is retried. Raises TransientError.

    ``is_accepted`` says that it was sent in spite of an error, which is kept: some addresses did not get it.
    """
    for _ in range(_TRIES):
        work = begin()
        now, key = work.time(), DELIVERIES.key(delivery)
        known = (await work.get(DELIVERIES, [key])).get(key, delivery)
        if not error or is_accepted:
            done = msgspec.structs.replace(
                known, state=DeliveryState.SENT, sent_at=now, error=error, claimed_until=0.0
            )
            work.put(DELIVERIES, done)
        else:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(known.attempts - 1, 10))
            retried = {"error": error, "retry_at": now + pause, "failed_at": now, "claimed_until": 0.0}
            work.put(DELIVERIES, msgspec.structs.replace(known, **retried))
        try:
            await work.commit()
        except ConflictError:
            continue
        return


def statuses(reader: Reader, sinks: Iterable[str], now: datetime) -> list[SinkStatus]:
    """Return how each receiver is; a success is known for _SHOWN."""
    recent = Between((now - _SHOWN).timestamp(), (now + _SHOWN).timestamp())
    found = []
    for sink in sinks:
        waiting = reader.find(DELIVERIES, {"sink": sink, "state": DeliveryState.WAITING.value})
        sent = reader.find(
            DELIVERIES, {"sink": sink, "state": DeliveryState.SENT.value, "created_at": recent}
        )
        last = max(sent, key=lambda one: one.sent_at, default=None)
        failing = max(waiting, key=lambda one: one.attempts, default=last)
        found.append(
            SinkStatus(
                sink=sink,
                waiting=len(waiting),
                oldest_at=min((one.waits_since for one in waiting), default=0.0),
                attempts=failing.attempts if failing else 0,
                error=failing.error if failing else "",
                sent_at=last.sent_at if last else 0.0,
            )
        )
    return found


def _overtaken(waiting: Sequence[Delivery], now: float) -> tuple[list[Delivery], set[str]]:
    """Return the messages that a later one about the same alarm supersedes, and the alarms of which an earlier one is being delivered."""
    newest = {one.alarm: one.id for one in waiting if one.alarm}
    earlier = [one for one in waiting if one.alarm and newest[one.alarm] != one.id]
    claimed = [one for one in earlier if _is_claimed(one, now)]
    return [one for one in earlier if one not in claimed], {one.alarm for one in claimed}


def _is_claimed(delivery: Delivery, now: float) -> bool:
    """Return whether a process is delivering a message; not if its claim was noted by a clock that was ahead."""
    return 0 < delivery.claimed_until - now <= CLAIM_SECONDS


def _is_due(delivery: Delivery, now: float) -> bool:
    """Return whether a message may be sent; also if the clock was ahead when its times were noted."""
    wait = max(delivery.retry_at, delivery.claimed_until) - now
    return wait <= 0 or wait > LONGEST_PAUSE + CLAIM_SECONDS


def unsent_since(status: SinkStatus, now: datetime) -> float:
    """Return for how many seconds a receiver lacks the oldest message, or one that it superseded; 0 if none waits."""
    return max(0.0, now.timestamp() - status.oldest_at) if status.waiting else 0.0
