"""The data of notifications: TIS's, read in bulk for a batch of positions, and the VPDs of other posts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tis_esr.decisions.notifications.content import Incumbent
from tis_esr.decisions.notifications.position_notifications import PostNow, placement_of
from tis_esr.decisions.periods import is_current, is_next, is_trainees_future
from tis_esr.decisions.placements import by_start, is_reportable, is_reportable_type
from tis_esr.engine.work import Work
from tis_esr.services.concurrently import each
from tis_esr.services.notification_generator.known_positions import KnownPosition
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Person, Placement


@dataclass
class Sources:
    """TIS's data for a batch of positions: by post, by placement, by trainee.

    ``asked_at`` is the time of reading, by the engine's clock. ``vpds`` has the employing VPD by post id, the lead
    employer's if a post has several positions.
    """

    today: date
    asked_at: float
    placements: Mapping[int, list[Placement]]
    asked: Mapping[int, Placement | None]
    elsewhere: Mapping[int, list[Placement]] = field(default_factory=dict)
    people: Mapping[int, Person] = field(default_factory=dict)
    vpds: Mapping[int, str] = field(default_factory=dict)

    def post_of(self, known: KnownPosition) -> PostNow:
        """Return TIS's data about a position's post."""
        placements = self.placements.get(known.post_id or 0, [])
        return PostNow(
            placements=placements, asked=self.asked, today=self.today, since=known.since or self.today
        )

    def reported(self, positions: Iterable[KnownPosition]) -> list[Placement]:
        """Return the placements that the notifications of positions may name."""
        found: dict[int, Placement] = {}
        for known in positions:
            post = self.post_of(known)
            sent = (placement_of(applicant, post) for applicant in known.sent)
            found |= {pair.current.id: pair.current for pair in post.leavers() if pair.current}
            for placement in [*post.placements, *(p for p in sent if p is not None)]:
                if is_reportable(placement) and (self._is_in_view(placement) or _is_sent(placement, known)):
                    found[placement.id] = placement
        return list(found.values())

    def _is_in_view(self, placement: Placement) -> bool:
        return is_current(placement, self.today) or is_next(placement, self.today)

    def other_posts(self, placements: Iterable[Placement]) -> set[int]:
        """Return the posts whose VPD the notifications of these placements use, or would use if it were known."""
        others = (
            other
            for placement in placements
            for other in (self._next_of(placement), self._today_of(placement))
        )
        return {other.post_id for other in others if other is not None and other.post_id is not None}

    def now(self, placement: Placement) -> Incumbent:
        """See Incumbents.now."""
        return self._incumbent(placement, self._next_of(placement))

    def coming(self, placement: Placement) -> Incumbent:
        """See Incumbents.coming."""
        return self._incumbent(placement, self._today_of(placement))

    def _incumbent(self, placement: Placement, other: Placement | None) -> Incumbent:
        vpd = self.vpds.get(other.post_id or 0) if other else None
        return Incumbent(placement=placement, person=self.people.get(placement.trainee_id or 0), vpd=vpd)

    def _next_of(self, placement: Placement) -> Placement | None:
        others = self._others(placement)
        return next((p for p in others if is_reportable_type(p) and is_trainees_future(p, self.today)), None)

    def _today_of(self, placement: Placement) -> Placement | None:
        others = self._others(placement)
        return next((p for p in others if is_reportable_type(p) and is_current(p, self.today)), None)

    def _others(self, placement: Placement) -> Sequence[Placement]:
        return sorted(self.elsewhere.get(placement.trainee_id or 0, []), key=by_start)


def _is_sent(placement: Placement, known: KnownPosition) -> bool:
    return any(applicant.placement_id == placement.id for applicant in known.sent)


async def ask_placements(tcs: Tcs, work: Work, positions: Sequence[KnownPosition]) -> Sources:
    """Read from TIS the placements of the positions' posts, and of their trainees.

    A placement that was sent to ESR and is missing from its post's list is read individually.
    """
    asked_at = work.time()
    placements = await tcs.placements_of_posts({known.post_id for known in positions if known.post_id})
    listed = {placement.id for of_post in placements.values() for placement in of_post}
    sent = {applicant.placement_id for known in positions for applicant in known.sent}
    asked = await each(sorted(sent - listed), tcs.placement)
    sources = Sources(today=work.today, asked_at=asked_at, placements=placements, asked=asked)
    trainees = {p.trainee_id for p in sources.reported(positions) if p.trainee_id}
    sources.elsewhere = await tcs.placements_of_people(trainees)
    return sources


async def ask_people(tcs: Tcs, sources: Sources, positions: Sequence[KnownPosition]) -> None:
    """Read from TIS the people that the notifications name."""
    trainees = {p.trainee_id for p in sources.reported(positions) if p.trainee_id}
    sources.people = await tcs.people(trainees)
