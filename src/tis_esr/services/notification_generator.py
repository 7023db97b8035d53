"""NotificationGenerator: tells ESR who is in a post now, who is next, and what changed since it was told.

Reads ``position.reconciled`` and ``apprecord.exported``, tells itself ``notification.due`` once a position
is known, and the DataExporter ``notification.generated``: one message a position with all there is to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tis_esr.decisions.incumbents import NowAndNext, of_post
from tis_esr.decisions.notifications import (
    Incumbent,
    Notification,
    for_position,
    type_1,
    type_2,
    type_4,
    type_5,
)
from tis_esr.decisions.periods import is_current, is_next, is_trainees_current, is_trainees_future
from tis_esr.decisions.placements import by_start, counts, counts_by_type
from tis_esr.decisions.positions import LEAD_EMPLOYER
from tis_esr.decisions.sent_applicants import Change, SentApplicant, change_of
from tis_esr.engine.documents import Collection
from tis_esr.engine.messages import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.records.layouts_out import NOT
from tis_esr.records.values import fits
from tis_esr.services.messages import (
    ApplicantExported,
    NotificationDraft,
    NotificationDue,
    NotificationsGenerated,
    PositionReconciled,
)
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Person, Placement


class KnownPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position as it was last reconciled; ``post_id`` only while it is matched and not deleted."""

    position_id: int
    post_id: int | None
    event: PositionReconciled


KNOWN_POSITIONS = Collection(
    "notificationgenerator.positions", KnownPosition, lambda known: str(known.position_id), ("post_id",)
)
SENT_APPLICANTS = Collection(
    "notificationgenerator.sent",
    SentApplicant,
    lambda sent: f"{sent.placement_id}:{sent.position_id}",
    ("position_id",),
)


@dataclass(frozen=True)
class Picture:
    """What a batch needs of TIS and of other positions, asked for in bulk."""

    placements: dict[int, list[Placement]]
    elsewhere: dict[int, list[Placement]]
    people: dict[int, Person]
    vpds: dict[int, str]
    """The employing VPD of a post's position, by post id; the lead employer's where there are several."""


class NotificationGenerator:
    """See the module."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return what it reads, and how."""
        own = "notificationgenerator"
        return [
            Handler(f"esr.queue.position.reconciled.{own}", "position.reconciled", self.know),
            Handler("esr.queue.notification.due", "notification.due", self.generate, batch=250),
            Handler(f"esr.queue.apprecord.exported.{own}", "apprecord.exported", self.remember_sent),
        ]

    async def know(self, work: Work, messages: Sequence[Message]) -> None:
        """Keep each position as last reconciled, for its own notifications and for those of other posts."""
        events = [(message, message.decode(PositionReconciled)) for message in messages]
        known = await work.get(KNOWN_POSITIONS, [str(event.position.position_id) for _, event in events])
        for message, event in events:
            key = str(event.position.position_id)
            if key in known and known[key].event.revision >= event.revision:
                continue
            post_id = event.position.post_id if event.live else None
            known[key] = KnownPosition(position_id=event.position.position_id, post_id=post_id, event=event)
            work.put(KNOWN_POSITIONS, known[key])
            due = NotificationDue(position_id=event.position.position_id, revision=event.revision)
            work.emit("notification.due", due, cause=message)

    async def remember_sent(self, work: Work, messages: Sequence[Message]) -> None:
        """Keep what ESR was sent of each applicant, to compare with TIS later."""
        sent = [_as_sent(message.decode(ApplicantExported)) for message in messages]
        await work.get(SENT_APPLICANTS, map(SENT_APPLICANTS.key, sent))
        for applicant in sent:
            work.put(SENT_APPLICANTS, applicant)

    async def generate(self, work: Work, messages: Sequence[Message]) -> None:
        """Say all that there is to say about a batch of positions."""
        due = [(message, message.decode(NotificationDue)) for message in messages]
        known = await work.get(KNOWN_POSITIONS, [str(body.position_id) for _, body in due])
        events = [
            (message, known[str(body.position_id)].event)
            for message, body in due
            if known[str(body.position_id)].event.revision == body.revision
        ]
        sent: dict[int, list[SentApplicant]] = {}
        for applicant in await work.find(
            SENT_APPLICANTS, {"position_id": [e.position.position_id for _, e in events]}
        ):
            sent.setdefault(applicant.position_id, []).append(applicant)
        picture = await self._picture(work, [event for _, event in events if event.live])
        for message, event in events:
            drafts = (
                _drafts(work, event, picture, sent.get(event.position.position_id, [])) if event.live else []
            )
            body = NotificationsGenerated(
                position=event.position, revision=event.revision, notifications=drafts
            )
            work.emit("notification.generated", body, cause=message)

    async def _picture(self, work: Work, events: Sequence[PositionReconciled]) -> Picture:
        posts = {event.position.post_id for event in events if event.position.post_id is not None}
        placements = await self._tcs.placements_of_posts(posts)
        now_or_next = [
            placement
            for of_post_ in placements.values()
            for placement in of_post_
            if counts(placement) and (is_current(placement, work.today) or is_next(placement, work.today))
        ]
        trainees = {placement.trainee_id for placement in now_or_next if placement.trainee_id}
        people = await self._tcs.people(trainees)
        elsewhere = await self._tcs.placements_of_people(trainees)
        other_posts = {p.post_id for of_person in elsewhere.values() for p in of_person if p.post_id}
        return Picture(placements, elsewhere, people, await _vpds(work, other_posts))


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
    )


async def _vpds(work: Work, posts: Iterable[int]) -> dict[int, str]:
    positions = await work.find(KNOWN_POSITIONS, {"post_id": sorted(posts)})
    ranked = sorted(
        positions, key=lambda known: (known.event.position.host_lead != LEAD_EMPLOYER, known.position_id)
    )
    vpds: dict[int, str] = {}
    for known in ranked:
        vpd = known.event.position.employing_vpd
        if known.post_id is not None and vpd:
            vpds.setdefault(known.post_id, vpd)
    return vpds


def _drafts(
    work: Work, event: PositionReconciled, picture: Picture, sent: Sequence[SentApplicant]
) -> list[NotificationDraft]:
    position = event.position
    placements = picture.placements.get(position.post_id or 0, [])
    npn = position.deanery_number
    pairs = of_post(placements, work.today)
    built = [(_about(pair), _type_1(work, npn, pair, picture)) for pair in pairs]
    if event.found_later:
        built.append(("5", type_5(npn)))
    for applicant in sent:
        built += _since_sent(work, applicant, placements, pairs, picture)
    return [
        NotificationDraft(
            key=f"{position.position_id}:{about}", columns=_columns(for_position(notification, position))
        )
        for about, notification in built
    ]


def _about(pair: NowAndNext) -> str:
    """Return what a type 1 is about: who is there now, else who is to come; so another successor replaces it."""
    if pair.current is not None:
        return f"1:now:{pair.current.id}"
    return f"1:next:{pair.next.id if pair.next else ''}"


def _type_1(work: Work, npn: str, pair: NowAndNext, picture: Picture) -> Notification:
    current = _incumbent(work, pair.current, picture, now=True) if pair.current else None
    coming = _incumbent(work, pair.next, picture, now=False) if pair.next else None
    return type_1(npn, current, coming)


def _incumbent(work: Work, placement: Placement, picture: Picture, *, now: bool) -> Incumbent:
    """Find the trainee, and the VPD of where they go next (who is there now) or are today (who is next)."""
    trainee = placement.trainee_id or 0
    fits_other = is_trainees_future if now else is_trainees_current
    others = sorted(picture.elsewhere.get(trainee, []), key=by_start)
    other = next((p for p in others if counts_by_type(p) and fits_other(p, work.today)), None)
    vpd = picture.vpds.get(other.post_id or 0) if other else None
    return Incumbent(placement=placement, person=picture.people.get(trainee), vpd=vpd)


def _since_sent(
    work: Work,
    sent: SentApplicant,
    placements: Sequence[Placement],
    pairs: Sequence[NowAndNext],
    picture: Picture,
) -> list[tuple[str, Notification]]:
    """Say what changed of an applicant since ESR was sent it, and remember that it was said."""
    change, placement = change_of(sent, placements)
    if change is Change.NEW_DATES and placement is not None and placement.date_from and placement.date_to:
        pair = next((p for p in pairs if placement in (p.current, p.next)), NowAndNext(None, placement))
        moved = msgspec.structs.replace(sent, date_from=placement.date_from, date_to=placement.date_to)
        work.put(SENT_APPLICANTS, moved)
        first = _type_1(work, sent.deanery_number, pair, picture)
        return [(f"4:{sent.placement_id}", type_4(first, placement, work.today))]
    if change is Change.GONE:
        work.put(SENT_APPLICANTS, msgspec.structs.replace(sent, withdrawn=True))
        pair = pairs[0] if pairs else NowAndNext(None, None)
        current = _incumbent(work, pair.current, picture, now=True) if pair.current else None
        coming = _incumbent(work, pair.next, picture, now=False) if pair.next else None
        return [(f"2:{sent.placement_id}", type_2(sent.deanery_number, current, coming, sent.as_withdrawn()))]
    return []


def _columns(notification: Notification) -> dict[str, Any]:
    """Return the columns that have a value; an optional one that does not fit its column is left empty."""
    return {
        column.name: value
        for name, column in _COLUMN_OF.items()
        if (value := getattr(notification, name)) is not None and not fits(column, value)
    }


_COLUMN_OF = {field.name: NOT.by_name[field.encode_name] for field in msgspec.structs.fields(Notification)}
