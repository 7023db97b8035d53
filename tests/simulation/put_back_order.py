"""Faults of order, as they were once in the product: newer is overtaken by older."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from unittest.mock import patch

import msgspec

from tis_esr.decisions import positions
from tis_esr.decisions.notifications import position_notifications
from tis_esr.decisions.notifications.content import for_position
from tis_esr.decisions.positions import Claim, Claims
from tis_esr.engine.work import Work
from tis_esr.services import superseding
from tis_esr.services.data_exporter import record_intake
from tis_esr.services.data_exporter.outbound import NotificationRecord, RecordState
from tis_esr.services.inbound_data_writer import person_details, person_updates, tis_positions
from tis_esr.services.inbound_data_writer.person_details import sort_out
from tis_esr.services.inbound_data_writer.person_journal import Case, TisPerson
from tis_esr.services.notification_generator import notification_generation
from tis_esr.services.reconciliation import position_reconciliation
from tis_esr.services.superseding import News

Patches = Iterable[Any]


def older_news() -> Patches:
    """No consumer compares versions."""
    yield patch.object(superseding, "is_superseded", lambda _arriving, _known: False)


def nothing_kept_of_nothing() -> Patches:
    """The newest version is kept only of a position of which something came."""

    remember = record_intake._remember

    def kept(work: Work, kind: str, news: News[Any]) -> None:
        if getattr(news.body, kind):
            remember(work, kind, news)

    yield patch.object(record_intake, "_remember", kept)


def tcs_told_as_it_comes() -> Patches:
    """What TCS is told follows the order of arrival, with each event's own time."""

    def as_it_comes(
        _work: Work, arriving: Iterable[News[Any]], _known: Mapping[str, Any]
    ) -> dict[str, News[Any]]:
        return {news.key: news for news in arriving}

    yield patch.object(tis_positions, "newest", as_it_comes)
    yield patch.object(tis_positions, "_event_at", lambda _before, news: news.body.event_date_time)


def group_superseded_whole() -> Patches:
    """An older group of rows about a person is superseded whole."""

    def whole(case: Case, known: TisPerson, today: date) -> None:
        sort_out(case, known, today)
        last = case.stamp(max(case.message.row, case.message.last_row))
        if any(stamp > last for stamp in known.stamps.values()):
            case.given = {row: [] for row in case.given}
            case.superseded = set(case.given)

    yield patch.object(person_updates, "sort_out", whole)


def older_details() -> Patches:
    """An older group of rows overwrites what a newer one said of a person."""
    yield patch.object(person_details, "is_superseded", lambda _arriving, _known: False)


def stamped_before_the_call() -> Patches:
    """The newest stamp of a person is saved before TCS is called."""

    def stamped(case: Case, known: TisPerson, today: date) -> None:
        sort_out(case, known, today)
        fresh = {detail: case.stamp(row) for row, details in case.given.items() for detail in details}
        case.known = msgspec.structs.replace(known, stamps={**known.stamps, **fresh})

    yield patch.object(person_updates, "sort_out", stamped)


def same_counts_as_newer() -> Patches:
    """What arrives again finds itself superseded."""
    yield patch.object(
        person_details, "is_superseded", lambda arriving, known: known is not None and arriving <= known
    )


def sequences_compared() -> Patches:
    """The file sequences of different deaneries are compared, and any D ends the position."""

    def highest(claims: Claims) -> Claim:
        return max(claims.values(), key=lambda claim: (claim.lead.stamp.day, claim.lead.stamp.sequence))

    yield patch.object(positions, "leading_claim", highest)
    yield patch.object(position_reconciliation, "leading_claim", highest)


def pending_survive() -> Patches:
    """Pending notifications of types 2, 4 and 5 outlive their position."""
    notifications = record_intake.notifications

    def surviving(*told: Any) -> Iterator[NotificationRecord]:
        for record in notifications(*told):
            if record.type == "1" or record.state is not RecordState.DELETED_BEFORE_EXPORT:
                yield record

    yield patch.object(record_intake, "notifications", surviving)


def no_users_of_a_vpd() -> Patches:
    """Nobody who uses a VPD is told that it is another."""

    async def nobody(*_: Any) -> None:
        return

    yield patch.object(notification_generation, "_tell_users", nobody)


def no_person_changed() -> Patches:
    """What is to be sent is not built again when a person's details change."""
    emit = Work.emit

    def without(work: Work, routing_key: str, *said: Any, **more: Any) -> None:
        if routing_key != "person.changed":
            emit(work, routing_key, *said, **more)

    yield patch.object(Work, "emit", without)


def rows_twice() -> Patches:
    """Equal notifications of a position all go."""

    def all_of_them(built: Iterable[Any], position: Any) -> list[Any]:
        return [
            msgspec.structs.replace(
                draft,
                key=f"{position.position_id}:{draft.key}",
                notification=for_position(draft.notification, position),
            )
            for draft in built
        ]

    yield patch.object(position_notifications, "_for_position", all_of_them)
