"""NotificationGenerator: generates notifications of who is in a post now, who is next, and what changed since.

Reads ``position.reconciled`` and ``apprecord.exported``, sends itself ``notification.due`` if a position's
notifications are to be generated, and ``notification.generated`` to the DataExporter: one message per position with all
its current notifications. For a position that never had a notification nothing is sent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.notifications.content import Notification
from tis_esr.decisions.notifications.date_events import next_date_event
from tis_esr.decisions.notifications.position_notifications import Draft, drafts, placement_of
from tis_esr.decisions.sent_applicants import SentApplicant, dates_fact, has_reportable_dates
from tis_esr.decisions.versions import is_superseded
from tis_esr.engine.envelope import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.records.file_names import FileName
from tis_esr.records.outbound_layouts import NOT
from tis_esr.records.values import misfit_reason
from tis_esr.services.contracts.bodies import (
    ApplicantExported,
    NotificationDraft,
    NotificationDue,
    NotificationsGenerated,
    PositionReconciled,
)
from tis_esr.services.notification_generator import daily_rules
from tis_esr.services.notification_generator.daily_rules import request_notifications
from tis_esr.services.notification_generator.known_positions import (
    KNOWN_POSITIONS,
    VPD_USES,
    KnownPosition,
    Source,
    VpdUse,
    save_uses,
    still_of_interest,
    vpds_of,
    with_unnotified,
)
from tis_esr.services.notification_generator.notification_sources import Sources, ask_people, ask_placements
from tis_esr.services.notification_generator.stale_passages import log_stale, stale_passages, with_stale
from tis_esr.services.superseding import News, newest
from tis_esr.tcs.client import Tcs


class NotificationGenerator:
    """Generates notifications of reconciled positions."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        own = "notificationgenerator"
        return [
            Handler(
                f"esr.queue.position.reconciled.{own}", "position.reconciled", self.know, serial_group=own
            ),
            Handler(
                "esr.queue.notification.due",
                "notification.due",
                self.generate,
                batch=250,
                serial_group=own,
                at_once=16,
                is_waiting=self._tcs.is_slow,
                is_busy=self._tcs.is_busy,
            ),
            Handler(
                f"esr.queue.apprecord.exported.{own}",
                "apprecord.exported",
                self.remember_sent,
                serial_group=own,
            ),
            daily_rules.handler(own),
        ]

    async def know(self, work: Work, messages: Sequence[Message]) -> None:
        """Store each position as last reconciled; its own notifications, and others that are built from it, become due."""
        arriving = [_news(message) for message in messages]
        known = await work.get(KNOWN_POSITIONS, {news.key for news in arriving})
        handled = {key: position.handled for key, position in known.items() if position.handled}
        fresh = newest(work, arriving, handled)
        now = {key: _known_by(known.get(key), news, work.today) for key, news in fresh.items()}
        for key, position in now.items():
            with work.part(key, fresh[key].message):
                work.put(KNOWN_POSITIONS, position)
        await _tell_users(work, now, fresh)
        for key, position in now.items():
            with work.part(key):
                request_notifications(work, position, fresh[key].message, users_told=True)

    async def remember_sent(self, work: Work, messages: Sequence[Message]) -> None:
        """Store what ESR was sent about each applicant; notifications become due if TIS has changed since."""
        exported = [(message, _as_sent(message.decode(ApplicantExported))) for message in messages]
        known = await work.get(KNOWN_POSITIONS, {str(applicant.position_id) for _, applicant in exported})
        for message, applicant in exported:
            key = str(applicant.position_id)
            position = known.get(key) or KnownPosition(position_id=applicant.position_id)
            same = (applicant.placement_id, applicant.person_id)
            others = [sent for sent in position.sent if (sent.placement_id, sent.person_id) != same]
            if any(_went_later(sent, applicant) for sent in position.sent):
                continue
            known[key] = msgspec.structs.replace(position, sent=[*others, applicant])
            with work.part(key, message):
                work.put(KNOWN_POSITIONS, known[key])
                if position.post_id and position.seen.get(str(applicant.placement_id)) != applicant.dates:
                    request_notifications(work, position, message)

    async def generate(self, work: Work, messages: Sequence[Message]) -> None:
        """Generate all notifications of a batch of positions, from stored data and TIS's present data."""
        asked = sorted(map(_decoded, messages), key=lambda pair: (pair[1].revision, pair[1].users_told))
        due = {str(body.position_id): (message, body) for message, body in asked}
        found = await work.get(KNOWN_POSITIONS, due)
        known = {
            key: _up_to_date(work, position, due[key][1])
            for key, position in found.items()
            if position.handled is not None and position.handled.version == due[key][1].revision
        }
        live = [position for position in known.values() if position.post_id is not None]
        sources = await ask_placements(self._tcs, work, live)
        posts = await _save_uses(work, sources, live)
        sources.vpds = await vpds_of(work, posts)
        await ask_people(self._tcs, sources, live)
        stale: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for message, body in asked:
            key = str(body.position_id)
            with work.part(key, message):
                if key in known and message is due[key][0]:
                    _generate(work, known[key], sources, message)
                    stale[known[key].deanery].update(stale_passages(known[key], sources))
        log_stale(stale, work.today)


def _decoded(message: Message) -> tuple[Message, NotificationDue]:
    return message, message.decode(NotificationDue)


def _news(message: Message) -> News[PositionReconciled]:
    event = message.decode(PositionReconciled)
    return News(str(event.position.position_id), event.revision, event.position.sources, message, event)


def _known_by(before: KnownPosition | None, news: News[PositionReconciled], today: date) -> KnownPosition:
    event = news.body
    known = before or KnownPosition(position_id=event.position.position_id)
    after = known.to_generate(
        today,
        post_id=event.position.post_id if event.live else None,
        deanery=event.position.deanery,
        handled=news.handled,
        event=event,
        source=Source.of(news.message),
    )
    return with_unnotified(known, after)


async def _tell_users(
    work: Work, now: Mapping[str, KnownPosition], fresh: Mapping[str, News[PositionReconciled]]
) -> None:
    """Request the notifications that use the VPD of a post, if it may have changed.

    The positions are saved first: later lookups of a VPD find the new one, and earlier users are found here.
    """
    posts = {post_id: fresh[key].message for key, known in now.items() for post_id in known.untold}
    if not posts:
        return
    await work.save_intent()
    uses = await work.find(VPD_USES, {"post_id": sorted(posts)})
    users = await work.get(KNOWN_POSITIONS, {str(use.position_id) for use in uses})
    for use in uses:
        request_notifications(work, users[str(use.position_id)], posts[use.post_id])


def _as_sent(body: ApplicantExported) -> SentApplicant:
    return SentApplicant(
        placement_id=body.placement_id,
        position_id=body.position_id,
        person_id=body.person_id,
        deanery_number=body.deanery_number,
        date_from=body.date_from,
        date_to=body.date_to,
        last_name=body.last_name,
        first_name=body.first_name,
        gmc_number=body.gmc_number,
        file=body.filename,
    )


def _went_later(sent: SentApplicant, applicant: SentApplicant) -> bool:
    """Return whether the same applicant is known to have been sent in a later APP file: they share one counter."""
    is_same = (sent.placement_id, sent.person_id) == (applicant.placement_id, applicant.person_id)
    if not is_same or not sent.file:
        return False
    if not applicant.file:
        return True
    return is_superseded(FileName.parse(applicant.file).sequence, FileName.parse(sent.file).sequence)


def _up_to_date(work: Work, known: KnownPosition, due: NotificationDue) -> KnownPosition:
    """Return the position without past applicants, and without users that were notified."""
    untold = [] if due.users_told else known.untold
    return msgspec.structs.replace(known, sent=still_of_interest(known.sent, work.today), untold=untold)


async def _save_uses(work: Work, sources: Sources, positions: Iterable[KnownPosition]) -> set[int]:
    """Store which posts' VPDs the positions' notifications use; return those posts."""
    uses = [
        VpdUse(post_id=post_id, position_id=position.position_id)
        for position in positions
        for post_id in sources.other_posts(sources.reported([position]))
    ]
    await save_uses(work, uses)
    return {use.post_id for use in uses}


def _generate(work: Work, known: KnownPosition, sources: Sources, message: Message) -> None:
    """Emit all current notifications of a position, as its next version."""
    if known.event is None:
        return
    built = _drafts(known, known.event, sources) if known.post_id is not None else []
    after = msgspec.structs.replace(
        with_stale(known, sources),
        version=known.version + 1,
        told=known.told or bool(built),
        seen=_seen(known, sources),
        since=known.since or sources.today,
        changes_on=next_date_event(sources.post_of(known).placements, sources.today),
        overdue_since=None,
    )
    if after.told:
        body = NotificationsGenerated(
            position=known.event.position,
            version=after.version,
            notifications=[_message_draft(draft) for draft in built],
            built_on=work.today,
            built_at=sources.asked_at,
        )
        work.emit("notification.generated", body, cause=message, key=str(known.position_id))
    work.put(KNOWN_POSITIONS, after)


def _drafts(known: KnownPosition, event: PositionReconciled, sources: Sources) -> list[Draft]:
    post = sources.post_of(known)
    return drafts(
        event.position, post, known.sent, sources, found_later=event.found_later, notified=known.told
    )


def _seen(known: KnownPosition, sources: Sources) -> dict[str, str]:
    """Return the dates of each placement for which an applicant was or may be sent."""
    if known.post_id is None:
        return {}
    post = sources.post_of(known)
    sent = [placement_of(applicant, post) for applicant in known.sent]
    return {
        str(p.id): dates_fact(p.date_from, p.date_to)
        for p in [*post.placements, *sent]
        if p is not None and has_reportable_dates(p) and p.date_from and p.date_to and p.date_to >= post.today
    }


def _message_draft(draft: Draft) -> NotificationDraft:
    return NotificationDraft(
        key=draft.key,
        columns=_columns(draft.notification),
        fact=draft.fact,
        held=draft.held,
        placements=list(draft.placements),
    )


def _columns(notification: Notification) -> dict[str, Any]:
    """Return the columns that have a value; an optional value that does not fit its column is left empty."""
    return {
        column.name: value
        for name, column in _COLUMN_OF.items()
        if (value := getattr(notification, name)) is not None and not misfit_reason(column, value)
    }


_COLUMN_OF = {field.name: NOT.by_name[field.encode_name] for field in msgspec.structs.fields(Notification)}
