"""DataExporter: stores applicant records and notifications until they are sent to ESR.

Reads ``apprecord.generated`` and ``notification.generated``. ``confirmations`` attaches ESR's answers, ``export_run``
creates the files.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import ApplicantsGenerated, NotificationsGenerated
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    HANDLED,
    NOTIFICATIONS,
    ApplicantRecord,
    HandledPosition,
    NotificationRecord,
)
from tis_esr.services.data_exporter.pending_records import applicants, by_position, notifications, says_nobody
from tis_esr.services.data_exporter.resent_records import save, sendings_before
from tis_esr.services.data_exporter.withdrawn_applicants import sent_again
from tis_esr.services.superseding import News, newest

R = TypeVar("R", ApplicantRecord, NotificationRecord)
B = TypeVar("B", ApplicantsGenerated, NotificationsGenerated)


class DataExporter:
    """Stores records for export."""

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler("esr.queue.apprecord.generated", "apprecord.generated", self.store_applicants),
            Handler("esr.queue.notification.generated", "notification.generated", self.store_notifications),
        ]

    async def store_applicants(self, work: Work, messages: Sequence[Message]) -> None:
        """Store the applicant records of each position: update pending ones, leave sent ones unchanged.

        A record that ESR rejected is resent if TIS has other data.
        """
        arriving = [_of_applicants(message) for message in messages]
        fresh = await _newest(work, arriving)
        stored = await _stored(work, APPLICANTS, fresh)
        resent = await sendings_before(work, (record for records in stored.values() for record in records))
        for news in fresh:
            records = stored.get(news.body.position.position_id, ())
            with work.part(news.key, news.message):
                _remember(work, "applicants", news)
                for change in applicants(records, news.body, news.message, resent):
                    await save(work, change)

    async def store_notifications(self, work: Work, messages: Sequence[Message]) -> None:
        """Store the notifications of each position: replace pending ones, drop what ESR already has."""
        arriving = [_of_notifications(message) for message in messages]
        fresh = await _newest(work, arriving)
        stored = await _stored(work, NOTIFICATIONS, fresh)
        again = await sent_again(work, (record for records in stored.values() for record in records))
        for news in fresh:
            records = stored.get(news.body.position.position_id, ())
            with work.part(news.key, news.message):
                _remember(work, "notifications", news, _standing(news.body))
                for record in notifications(records, news.body, news.message, again):
                    work.put(NOTIFICATIONS, record)


def _of_applicants(message: Message) -> News[ApplicantsGenerated]:
    body = message.decode(ApplicantsGenerated)
    return News(
        f"applicants:{body.position.position_id}", body.revision, body.position.sources, message, body
    )


def _of_notifications(message: Message) -> News[NotificationsGenerated]:
    body = message.decode(NotificationsGenerated)
    return News(
        f"notifications:{body.position.position_id}", body.version, body.position.sources, message, body
    )


async def _newest(work: Work, arriving: Sequence[News[B]]) -> list[News[B]]:
    """Return the newest of each position; older ones are dropped."""
    known = await work.get(HANDLED, {news.key for news in arriving})
    fresh = newest(work, arriving, {key: position.handled for key, position in known.items()})
    return list(fresh.values())


def _remember(work: Work, kind: str, news: News[B], standing: Sequence[str] = ()) -> None:
    position = news.body.position
    handled = HandledPosition(
        kind=kind,
        position_id=position.position_id,
        handled=news.handled,
        standing=list(standing),
        deanery=position.deanery if standing else None,
    )
    work.put(HANDLED, handled)


def _standing(body: NotificationsGenerated) -> list[str]:
    """Return the keys of the type 1 notifications: who is in the post now and next, unless someone is still expected."""
    ones = [draft for draft in body.notifications if draft.columns.get("notificationTitleCode") == "1"]
    return [draft.key for draft in ones if not (says_nobody(draft) and draft.placements)]


async def _stored(work: Work, collection: Collection[R], fresh: Sequence[News[B]]) -> Mapping[int, list[R]]:
    positions = [news.body.position.position_id for news in fresh]
    return by_position(await work.find(collection, {"position_id": positions}) if positions else [])
