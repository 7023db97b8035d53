"""What TCS should have for each position id and number, what it is known to have, and how it is updated.

Part of the InboundDataWriter: it appends ``esr-changed`` events. TCS shows the latest event of a position id and number
over all posts, and lists it on its post if it is RECONCILED.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError
from tis_esr.engine.message_traces import about
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.concurrently import each
from tis_esr.services.contracts.bodies import PositionChanged
from tis_esr.services.inbound_data_writer.attempts import Attempts, Bounds, Ended, OpenAttempt
from tis_esr.services.restored import is_unsettled
from tis_esr.services.superseding import Handled, News, newest
from tis_esr.services.tcs_error_meanings import fault_of
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import DELETED, RECONCILED


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """That a position is RECONCILED with, or DELETED from, a post."""

    post_id: int
    status: str


class TisPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position id and number: what TCS should have for it, and what it was last known to have.

    ``event_at`` is the time of the newest event; each later one has a later time, whatever the clocks show. ``open`` is
    the last attempt while its outcome is not known, see ``attempts``; ``maybe_on`` are the posts on which attempts
    since ``confirmed`` may have linked it.
    """

    position_id: int
    position_number: int
    handled: Handled
    wanted: Linked
    event_at: str
    confirmed: Linked | None = None
    open: OpenAttempt | None = None
    maybe_on: list[int] = []


TIS_POSITIONS = Collection(
    "inbounddatawriter.positions", TisPosition, lambda known: f"{known.position_id}:{known.position_number}"
)


async def notify_changed(tcs: Tcs, attempts: Attempts, work: Work, messages: Sequence[Message]) -> None:
    """Update TCS with the newest state of each position and number of a batch; each succeeds independently."""
    arriving = sorted((_news(message) for message in messages), key=lambda news: news.body.again)
    repaired = {news.key for news in arriving if news.body.again}
    known = await work.get(TIS_POSITIONS, {news.key for news in arriving})
    fresh = newest(work, arriving, {key: position.handled for key, position in known.items()})
    bounds = attempts.begin(work)
    due: dict[str, TisPosition] = {}
    for key in repaired & fresh.keys():
        fresh[key] = replace(fresh[key], body=msgspec.structs.replace(fresh[key].body, again=True))
    for key, news in fresh.items():
        before = known.get(key)
        wait = attempts.must_wait(work, before.open if before else None, key, f"position {key}")
        if wait is not None:
            work.fail(news.message, wait)
            continue
        after = _wanted(before, news, bounds)
        work.put(TIS_POSITIONS, after)
        if after.open:
            due[key] = after
    if due:
        has_to_look = await is_unsettled(work)  # a restored store does not know what TCS has since the backup
        await work.save_intent()
        await _append(tcs, attempts, work, bounds, due, known, fresh, has_to_look=has_to_look)


async def _append(
    tcs: Tcs,
    attempts: Attempts,
    work: Work,
    bounds: Bounds,
    due: Mapping[str, TisPosition],
    known: Mapping[str, TisPosition],
    fresh: Mapping[str, News[PositionChanged]],
    *,
    has_to_look: bool,
) -> None:
    async def one(key: str) -> Ended:
        before, after = known.get(key), due[key]
        event = _event(after, fresh[key].body.filename)
        with about(fresh[key].message):
            return await attempts.append(
                work,
                bounds,
                before.open if before else None,
                look=lambda: _holds(tcs, after, bounds),
                write=lambda: _written(tcs, after, event, bounds),
                look_first=has_to_look or fresh[key].body.again or _has_to_look(before, after),
            )

    found = await each(due, one)
    attempts.end(bounds, ((key, ended.error) for key, ended in found.items()))
    for key, ended in found.items():
        confirmed = due[key].wanted if ended.holds else due[key].confirmed
        maybe_on = [] if ended.holds else due[key].maybe_on
        after = msgspec.structs.replace(due[key], confirmed=confirmed, open=ended.open, maybe_on=maybe_on)
        work.put(TIS_POSITIONS, after)
        if ended.error is not None:
            work.fail(fresh[key].message, fault_of(ended.error))
        elif not ended.holds:
            fault = PermanentError(_post_is_gone(due[key].wanted), ParkingCause.TIS_RECORD_GONE)
            work.fail(fresh[key].message, fault)


def _news(message: Message) -> News[PositionChanged]:
    body = message.decode(PositionChanged)
    return News(f"{body.position_id}:{body.position_number}", body.revision, body.sources, message, body)


def _wanted(before: TisPosition | None, news: News[PositionChanged], bounds: Bounds) -> TisPosition:
    """Return what TCS should have now; ``open`` is set if that requires a call."""
    event = news.body
    wanted = Linked(post_id=event.post_id, status=event.status)
    confirmed = before.confirmed if before else None
    settled = confirmed == wanted and before is not None and before.open is None and not event.again
    return TisPosition(
        position_id=event.position_id,
        position_number=event.position_number,
        handled=news.handled,
        wanted=wanted,
        event_at=_event_at(before, news),
        confirmed=confirmed,
        open=None if settled else bounds.attempt,
        maybe_on=_maybe_on(before, again=event.again),
    )


def _maybe_on(before: TisPosition | None, *, again: bool) -> list[int]:
    if before is None or not (before.open or again):
        return []
    return sorted({*before.maybe_on, before.wanted.post_id})


def _event_at(before: TisPosition | None, news: News[PositionChanged]) -> str:
    """Return the time of the event: its own, but later than that of any older version's."""
    if before is None:
        return news.body.event_date_time
    if before.handled.version == news.version and not news.body.again:
        return before.event_at
    earliest = datetime.fromisoformat(before.event_at) + timedelta(milliseconds=1)
    own = datetime.fromisoformat(news.body.event_date_time)
    return max(own, earliest).isoformat(timespec="milliseconds")


def _event(position: TisPosition, filename: str) -> dict[str, object]:
    return {
        "eventDateTime": position.event_at,
        "filename": filename,
        "positionNumber": position.position_number,
        "positionId": position.position_id,
        "status": position.wanted.status,
    }


def _has_to_look(before: TisPosition | None, position: TisPosition) -> bool:
    """Return whether TCS may already have it: an earlier write may have taken effect, or another system linked it.

    A DELETED is only sent if TCS lists the position, so a position that was never known to be linked is checked first.
    """
    if before is not None and before.open:
        return True
    linked = before is not None and before.confirmed is not None and before.confirmed.status == RECONCILED
    return position.wanted.status == DELETED and not linked


async def _written(tcs: Tcs, position: TisPosition, event: Mapping[str, object], bounds: Bounds) -> bool:
    """Append the event; return whether TCS then has what it should.

    A DELETED takes effect on whichever post it is sent to. If its post no longer exists it is sent to the one that is
    known to list the position; if that does not exist either, nothing lists it.
    """
    wanted, confirmed = position.wanted, position.confirmed
    if wanted.status == RECONCILED:
        return await tcs.post_esr_changed(wanted.post_id, event, send_by=bounds.send_by)
    posts = [wanted.post_id, *([confirmed.post_id] if confirmed is not None else [])]
    for post_id in dict.fromkeys(posts):
        if await tcs.post_esr_changed(post_id, event, send_by=bounds.send_by):
            break
    return True


async def _holds(tcs: Tcs, position: TisPosition, bounds: Bounds) -> bool:
    """Check whether TCS has what it should: RECONCILED is listed on its post, DELETED on none."""
    if position.wanted.status == RECONCILED:
        return await _is_listed(tcs, position.wanted.post_id, position, bounds)
    posts = {position.wanted.post_id, *position.maybe_on}
    posts |= {position.confirmed.post_id} if position.confirmed is not None else set()
    listed = await each(sorted(posts), lambda post_id: _is_listed(tcs, post_id, position, bounds))
    return not any(listed.values())


async def _is_listed(tcs: Tcs, post_id: int, position: TisPosition, bounds: Bounds) -> bool:
    post = await tcs.post(post_id, send_by=bounds.send_by)
    return any(
        event.position_id == position.position_id and event.position_number == position.position_number
        for event in (post.current_reconciled_events or [] if post else [])
    )


def _post_is_gone(wanted: Linked) -> str:
    return f"post {wanted.post_id} is no longer in TIS, so TCS can't be notified {wanted.status}"
