"""AppGenerator: generates an applicant record for every future placement of every matched position.

Reads ``position.reconciled``, sends ``apprecord.generated`` to the DataExporter: one message per position with all its
records, so that removed records are known too. For a position that never had a record nothing is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from tis_esr.decisions.applicant_eligibility import NO_TRAINEE, REPORTED, Cause, Verdict, verdict
from tis_esr.decisions.applicants import applicant_record
from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.services.concurrently import each
from tis_esr.services.contracts.bodies import (
    Applicant,
    ApplicantsGenerated,
    PlacementChanged,
    PositionDue,
    PositionReconciled,
)
from tis_esr.services.superseding import Handled, News, newest
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import Person, Placement


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an applicant record is produced for a placement of a matched position; stored for ``why``.

    ``made`` says that it is; otherwise ``cause`` is why not, and ``reason`` the same in words.
    """

    placement_id: int
    position_id: int
    person_id: int | None
    deanery_number: str
    gmc_number: str | None
    made: bool
    cause: Cause = Cause.NONE
    reason: str
    correlation_id: str


DECISIONS = Collection(
    "appgenerator.decisions",
    Decision,
    lambda decision: f"{decision.placement_id}:{decision.position_id}",
    (("placement_id",), ("position_id",), ("gmc_number",)),
)


class GeneratedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """The newest revision of a position that was handled, even if it produced no record.

    ``notified`` (stored as ``told``) says that a record of it was ever sent to the DataExporter.
    """

    position_id: int
    handled: Handled
    notified: bool = msgspec.field(default=False, name="told")


GENERATED = Collection(
    "appgenerator.positions", GeneratedPosition, lambda generated: str(generated.position_id)
)


class AppGenerator:
    """Generates the applicant records of reconciled positions."""

    def __init__(self, tcs: Tcs) -> None:
        self._tcs = tcs

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler(
                "esr.queue.position.reconciled.appgenerator",
                "position.reconciled",
                self.generate,
                batch=250,
                at_once=16,
                is_waiting=self._tcs.is_slow,
                is_busy=self._tcs.is_busy,
            ),
            Handler("esr.queue.placement.changed", "placement.changed", self.compare),
        ]

    async def generate(self, work: Work, messages: Sequence[Message]) -> None:
        """Generate the records of a batch of positions, with a few bulk lookups in TCS."""
        arriving = [_news(message) for message in messages]
        generated = await work.get(GENERATED, {news.key for news in arriving})
        newest_of = newest(work, arriving, {key: known.handled for key, known in generated.items()})
        events = [news.body for news in newest_of.values()]
        found = await self._asked(events, work)
        made = {key: _made(news, found) for key, news in newest_of.items()}
        stored = await work.get(DECISIONS, [DECISIONS.key(d) for _, some in made.values() for d in some])
        for key, (applicants, decisions) in made.items():
            with work.part(key, newest_of[key].message):
                _tell(work, newest_of[key], applicants, generated.get(key), found.asked_at)
                for decision in decisions:
                    if stored.get(DECISIONS.key(decision)) != decision:
                        work.put(DECISIONS, decision)

    async def compare(self, work: Work, messages: Sequence[Message]) -> None:
        """Have the positions compared with TIS that a placement gave, or might have given, an applicant record for."""
        of_placement = {message.decode(PlacementChanged).placement_id: message for message in messages}
        for decision in await work.find(DECISIONS, {"placement_id": sorted(of_placement)}):
            cause = of_placement[decision.placement_id]
            due = PositionDue(position_id=decision.position_id)
            work.emit("position.due", due, cause=cause, key=str(decision.position_id))

    async def _asked(self, events: Sequence[PositionReconciled], work: Work) -> "_InTis":
        """Read from TCS the placements of the positions' posts, their people, and training numbers of incoming people."""
        asked_at = work.time()
        placements = await self._tcs.placements_of_posts(
            {event.position.post_id for event in events if event.live and event.position.post_id}
        )
        verdicts = {
            placement.id: verdict(placement, work.today)
            for of_post in placements.values()
            for placement in of_post
            if placement.date_to is None or placement.date_to >= work.today
        }
        known = [p for of_post in placements.values() for p in of_post if p.id in verdicts and p.trainee_id]
        people = await self._tcs.people({p.trainee_id for p in known if p.trainee_id})
        coming = {p.trainee_id for p in known if verdicts[p.id] == REPORTED and p.trainee_id in people}
        numbers = await each(sorted(coming), self._tcs.training_number)
        return _InTis(asked_at, placements, verdicts, people, numbers)


@dataclass(frozen=True)
class _InTis:
    """TCS's data for a batch: placements by post id; verdicts by placement id, see ``verdict``; people by id."""

    asked_at: float
    placements: Mapping[int, Sequence[Placement]]
    verdicts: Mapping[int, Verdict]
    people: Mapping[int, Person]
    numbers: Mapping[int, str | None]


def _made(news: News[PositionReconciled], found: _InTis) -> tuple[list[Applicant], list[Decision]]:
    """Return a position's records, and the decision about each of its placements."""
    event = news.body
    applicants, decisions = [], []
    for placement in found.placements.get(event.position.post_id or 0, ()) if event.live else ():
        if placement.id not in found.verdicts:
            continue
        person = found.people.get(placement.trainee_id or 0)
        judged = found.verdicts[placement.id]
        if judged == REPORTED and person is None:
            judged = NO_TRAINEE
        decisions.append(_decision(placement, person, event, judged, news.message))
        if person is not None and judged == REPORTED:
            applicants.append(_applicant(event, placement, person, found.numbers.get(person.id)))
    return applicants, decisions


def _news(message: Message) -> News[PositionReconciled]:
    event = message.decode(PositionReconciled)
    return News(str(event.position.position_id), event.revision, event.position.sources, message, event)


def _tell(
    work: Work,
    news: News[PositionReconciled],
    applicants: list[Applicant],
    before: GeneratedPosition | None,
    asked_at: float,
) -> None:
    event = news.body
    notified = before is not None and before.notified
    if applicants or notified:
        body = ApplicantsGenerated(
            position=event.position,
            revision=event.revision,
            applicants=applicants,
            built_on=work.today,
            built_at=asked_at,
        )
        work.emit("apprecord.generated", body, cause=news.message)
    after = GeneratedPosition(
        position_id=event.position.position_id, handled=news.handled, notified=notified or bool(applicants)
    )
    work.put(GENERATED, after)


def _decision(
    placement: Placement, person: Person | None, event: PositionReconciled, judged: Verdict, message: Message
) -> Decision:
    gmc = person.gmc_details.gmc_number if person and person.gmc_details else None
    return Decision(
        placement_id=placement.id,
        position_id=event.position.position_id,
        person_id=placement.trainee_id,
        deanery_number=event.position.deanery_number,
        gmc_number=gmc,
        made=judged == REPORTED,
        cause=judged.cause,
        reason=judged.text,
        correlation_id=message.correlation_id,
    )


def _applicant(
    event: PositionReconciled, placement: Placement, person: Person, training_number: str | None
) -> Applicant:
    draft = applicant_record(event.position, placement, person, training_number)
    if placement.date_from is None or placement.date_to is None:
        raise ValueError("a placement with an applicant record has both dates")
    return Applicant(
        placement_id=placement.id,
        person_id=person.id,
        gmc_number=person.gmc_details.gmc_number if person.gmc_details else None,
        date_from=placement.date_from,
        date_to=placement.date_to,
        fields={name: value for name, value in draft.fields.items() if value is not None},
        missing=list(draft.missing),
        unmapped=list(draft.unmapped),
    )
