"""All current notifications of one position: who is there and next, and changes of applicants that were sent.

The result is complete each time, not a difference: the caller leaves out what was already sent to ESR. So the order of
two results does not matter, as long as the newer one is recognised.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from tis_esr.decisions.incumbents import NowAndNext, of_post
from tis_esr.decisions.notifications.content import (
    Incumbent,
    Notification,
    for_position,
    type_1,
    type_2,
    type_4,
    type_5,
)
from tis_esr.decisions.notifications.date_events import vacated
from tis_esr.decisions.position_view import PositionView
from tis_esr.decisions.sent_applicants import (
    SentApplicant,
    dates_fact,
    has_reportable_dates,
    is_drafted,
    is_gone,
    is_somebody_elses,
)
from tis_esr.tcs.models import Placement

WITHDRAWN = "withdrawn"


class Incumbents(Protocol):
    """Finds the trainee of a placement, with the VPD of their other one."""

    def now(self, placement: Placement) -> Incumbent:
        """Return the current trainee, with the VPD of their next post."""
        ...

    def coming(self, placement: Placement) -> Incumbent:
        """Return the next trainee, with the VPD of their current post."""
        ...


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One notification with its key, and the facts by which types 2, 4 and 5 are sent once.

    ``fact`` is what it states, ``held`` what ESR has from the applicant file; both are empty for type 1.
    ``placements`` are those that a type 1 names; of one that says that nobody is there or next, those whose trainees are
    still expected: it is sent only if ESR has another trainee.
    """

    key: str
    notification: Notification
    fact: str = ""
    held: str = ""
    placements: tuple[int, ...] = ()


class PostNow(msgspec.Struct, frozen=True, kw_only=True):
    """TIS's data about a position's post on a day: its placements, and those read individually.

    ``asked`` has, by placement id, the sent placements that are missing from the post's list. ``since`` is the first
    day on which TIS was asked about the post for the position.
    """

    placements: Sequence[Placement]
    asked: Mapping[int, Placement | None]
    today: date
    since: date

    def leavers(self) -> list[NowAndNext]:
        """Return those who left last where nobody is in the post or to come, see ``vacated``."""
        return vacated(self.placements, self.since, self.today)


def drafts(
    position: PositionView,
    post: PostNow,
    sent: Sequence[SentApplicant],
    incumbents: Incumbents,
    *,
    found_later: bool,
    notified: bool,
) -> list[Draft]:
    """Return the notifications of a matched position that is not deleted; equal type 1 rows only once.

    If nobody is there or next, the trainee who left last is named. If nobody has left either, a type 1 says so where
    ESR may hold somebody: if the position was ``notified`` before, or beside a withdrawal, as in TCS. Somebody whose
    placement went back to draft is still expected: nothing is sent, as in TCS, unless ESR has another trainee there.
    """
    npn = position.deanery_number
    pairs = of_post(post.placements, post.today)
    about = pairs or post.leavers()
    built = [_draft_of(pair, _type_1(npn, pair, incumbents)) for pair in about]
    if found_later:
        built.append(Draft(key="5", notification=type_5(npn), fact=f"post {position.post_id}"))
    for applicant in sent:
        built += _of_sent(applicant, npn, post, pairs, incumbents)
    withdraws = any(draft.fact == WITHDRAWN for draft in built)
    if not about and (withdraws or notified):
        nobody = NowAndNext(None, None)
        expected = () if withdraws else tuple(sorted(set(_drafted(sent, post))))
        built.append(
            Draft(key=_about(nobody), notification=_type_1(npn, nobody, incumbents), placements=expected)
        )
    return _for_position(built, position)


def placement_of(applicant: SentApplicant, post: PostNow) -> Placement | None:
    """Return the placement of a sent applicant as it is in TIS now: from the post's list, else as read individually."""
    listed = next((p for p in post.placements if p.id == applicant.placement_id), None)
    return listed or post.asked.get(applicant.placement_id)


def _drafted(sent: Iterable[SentApplicant], post: PostNow) -> Iterator[int]:
    """Yield the placements of sent applicants that went back to draft."""
    for applicant in sent:
        if is_drafted(placement_of(applicant, post), applicant.person_id):
            yield applicant.placement_id


def _draft_of(pair: NowAndNext, notification: Notification) -> Draft:
    """Return a type 1 about who is there and next."""
    placements = tuple(placement.id for placement in (pair.current, pair.next) if placement is not None)
    return Draft(key=_about(pair), notification=notification, placements=placements)


def _for_position(built: Iterable[Draft], position: PositionView) -> list[Draft]:
    completed = []
    said: list[Notification] = []
    for draft in built:
        notification = for_position(draft.notification, position)
        if not draft.fact and notification in said:
            continue
        said.append(notification)
        key = f"{position.position_id}:{draft.key}"
        completed.append(msgspec.structs.replace(draft, key=key, notification=notification))
    return completed


def _about(pair: NowAndNext) -> str:
    """Return the subject of a type 1: the current trainee, else the next one; so a type 1 with another successor replaces it."""
    if pair.current is not None:
        return f"1:now:{pair.current.id}"
    return f"1:next:{pair.next.id if pair.next else ''}"


def _type_1(npn: str, pair: NowAndNext, incumbents: Incumbents) -> Notification:
    return type_1(npn, *_of_pair(pair, incumbents))


def _of_pair(pair: NowAndNext, incumbents: Incumbents) -> tuple[Incumbent | None, Incumbent | None]:
    current = incumbents.now(pair.current) if pair.current else None
    return current, incumbents.coming(pair.next) if pair.next else None


def _of_sent(
    sent: SentApplicant, npn: str, post: PostNow, pairs: Sequence[NowAndNext], incumbents: Incumbents
) -> list[Draft]:
    listed = any(placement.id == sent.placement_id for placement in post.placements)
    placement = placement_of(sent, post)
    if (not listed and is_gone(placement, npn)) or is_somebody_elses(placement, sent.person_id):
        return [_withdrawal(sent, pairs, incumbents)]
    if placement is None or not has_reportable_dates(placement):
        return []
    return [_dates(sent, placement, post.today, pairs, incumbents)]


def _dates(
    sent: SentApplicant,
    placement: Placement,
    today: date,
    pairs: Sequence[NowAndNext],
    incumbents: Incumbents,
) -> Draft:
    """Return a type 4, with the trainee as current or as next by the placement's own dates.

    ESR needs their name: one that TIS no longer has is as it was sent.
    """
    if placement.date_from is None or placement.date_to is None:
        raise ValueError("a placement with reportable dates has both")
    started = placement.date_from <= today
    alone = NowAndNext(placement, None) if started else NowAndNext(None, placement)
    pair = next((pair for pair in pairs if placement in (pair.current, pair.next)), alone)
    notification = type_4(_type_1(sent.deanery_number, pair, incumbents), placement, today)
    notification = _named(notification, sent, "current_trainee" if started else "next_appointment_trainee")
    fact = dates_fact(placement.date_from, placement.date_to)
    return Draft(key=_about_sent(sent), notification=notification, fact=fact, held=sent.dates)


def _named(notification: Notification, sent: SentApplicant, who: str) -> Notification:
    """Return a notification with the names and GMC number of a trainee as they were sent, where it has none."""
    as_sent = {
        f"{who}_last_name": sent.last_name,
        f"{who}_first_name": sent.first_name,
        f"{who}_gmc_number": sent.gmc_number,
    }
    missing = {name: value for name, value in as_sent.items() if not getattr(notification, name)}
    return msgspec.structs.replace(notification, **missing)


def _withdrawal(sent: SentApplicant, pairs: Sequence[NowAndNext], incumbents: Incumbents) -> Draft:
    pair = pairs[0] if pairs else NowAndNext(None, None)
    notification = type_2(sent.deanery_number, *_of_pair(pair, incumbents), sent.as_withdrawn())
    return Draft(key=_about_sent(sent), notification=notification, fact=WITHDRAWN)


def _about_sent(sent: SentApplicant) -> str:
    return f"sent:{sent.placement_id}:{sent.person_id}"
