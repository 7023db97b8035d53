"""Compares what TIS, this system and ESR each hold after some days."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from tis_esr.decisions.applicant_eligibility import REPORTED, verdict
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.contracts.bodies import MATCHED
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    SENT,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.data_exporter.sent_records import state_by
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.esr_state import Outcome
from tis_esr.simulation.tcs.dto_store import Store
from tis_esr.tcs.models import Placement

Record = ApplicantRecord | NotificationRecord
Dates = tuple[date | None, date | None]
_APPLICANTS, _NOTIFICATIONS = ("APP",), ("DNC", "DNF")


class Belief(msgspec.Struct, frozen=True):
    """One line: what is counted, and the number in each system; None where a system does not have it."""

    what: str
    tis: int | None
    us: int | None
    esr: int | None


class Beliefs(msgspec.Struct, frozen=True):
    """The lines, why incoming trainees are not in ESR, and where ESR differs from this system or TIS."""

    lines: list[Belief]
    not_in_esr: dict[str, int]
    differences: list[str]


def beliefs(reader: Reader, tis: Store, esr: Esr, today: date, window: ApplicantWindow) -> Beliefs:
    """Compare the three systems after a day.

    A difference is a sent record that has another state in ESR, or other dates than in TIS.
    """
    positions = reader.find(POSITIONS, {})
    applicants, notifications = reader.find(APPLICANTS, {}), reader.find(NOTIFICATIONS, {})
    matched = [p for p in positions if p.status == MATCHED and not p.deleted]
    to_come = _to_come(matched, tis, today, window)
    known = {f"{record.place}:{record.person_id}": record for record in applicants}
    not_in_esr = Counter(why for key in to_come if (why := _why_not_in_esr(known.get(key), esr)) is not None)
    lines = [
        Belief("Positions, not deleted", None, _count(not p.deleted for p in positions), _live(esr)),
        Belief("Positions matched to a post", _reconciled(tis), len(matched), None),
        Belief(
            "Incoming trainees, due by now",
            len(to_come),
            _count(key in known and known[key].state in SENT for key in to_come),
            len(to_come) - not_in_esr.total(),
        ),
        *_lines("Applicants", applicants, esr, _APPLICANTS, today, tis=_exported(tis)),
        Belief("Applicants withdrawn", None, _count(_withdraws(n) for n in notifications), _withdrawn(esr)),
        *_lines("Notifications", notifications, esr, _NOTIFICATIONS, today),
        Belief(
            "Files quarantined", None, None, _count(bool(f.quarantined) for f in esr.holdings.files.values())
        ),
    ]
    differences = [
        *_differences([*applicants, *notifications], esr, today),
        *_other_dates(to_come, known, esr),
    ]
    return Beliefs(lines, dict(not_in_esr), differences)


def _lines(
    what: str,
    records: Iterable[Record],
    esr: Esr,
    types: tuple[str, ...],
    today: date,
    *,
    tis: int | None = None,
) -> Iterator[Belief]:
    ours = Counter(state for record in records for state in _sendings(record))
    theirs = Counter(
        state
        for name, received in esr.holdings.files.items()
        if name.split("_")[2] in types
        for state in _states(name, received.outcomes, esr, today)
    )
    sent = sum(ours[state] for state in SENT)
    yield Belief(f"{what} sent", tis, sent, theirs.total())
    for state, said in (
        (RecordState.CONFIRMED, "confirmed"),
        (RecordState.REJECTED, "rejected"),
        (RecordState.EXPORTED, "not answered yet"),
    ):
        yield Belief(f"{what} {said}", None, ours[state], theirs[state])


def _sendings(record: Record) -> Iterator[RecordState]:
    """Yield the state of a record, and the outcome of each of its earlier sendings."""
    yield record.state
    for place in record.earlier if isinstance(record, ApplicantRecord) else ():
        yield state_by((answer for answer in record.answers if answer.of == place.file), place.file)


def _states(name: str, outcomes: Iterable[Outcome], esr: Esr, today: date) -> Iterator[RecordState]:
    for outcome in outcomes:
        yield _state(outcome) if esr.is_answered(name, today) else RecordState.EXPORTED


def _state(outcome: Outcome) -> RecordState:
    return RecordState.CONFIRMED if outcome.accepted else RecordState.REJECTED


def _differences(records: Iterable[Record], esr: Esr, today: date) -> Iterator[str]:
    for record in records:
        if record.state not in SENT or record.file is None:
            continue
        outcome = _outcome(record, esr)
        if outcome is None:
            yield f"{record.key} was sent in {record.file}, which ESR has not loaded"
            continue
        held = _state(outcome) if esr.is_answered(record.file, today) else RecordState.EXPORTED
        if record.state is not held:
            yield f"{record.key} is {record.state} here, and {held} in ESR"


def _other_dates(
    to_come: Mapping[str, Dates], known: Mapping[str, ApplicantRecord], esr: Esr
) -> Iterator[str]:
    """Yield where ESR has other dates than TIS for an incoming trainee, or has them as withdrawn."""
    held = {one.number: one for of in esr.holdings.applicants.values() for one in of}
    for key, dates in to_come.items():
        outcome = _outcome(known[key], esr) if key in known else None
        applicant = held.get(outcome.applicant) if outcome else None
        if applicant is not None and applicant.withdrawn:
            yield f"{key} starts {dates[0]} in TIS, and is withdrawn in ESR"
        elif applicant is not None and (applicant.start, applicant.end) != dates:
            yield f"{key} is {dates[0]} to {dates[1]} in TIS, and {applicant.start} to {applicant.end} in ESR"


def _outcome(record: Record, esr: Esr) -> Outcome | None:
    received = esr.holdings.files.get(record.file or "")
    if received is None or received.quarantined or record.file_row is None:
        return None
    return received.outcomes[record.file_row - 1]


def _why_not_in_esr(record: ApplicantRecord | None, esr: Esr) -> str | None:
    if record is None:
        return "no record"
    if record.is_held_back:
        return "held back"
    if record.state not in SENT:
        return {
            RecordState.INVALID_DATA: "data missing in TIS or ESR",
            RecordState.DELETED_BEFORE_EXPORT: "duplicate of another record",
        }.get(record.state, "due in the next file")
    outcome = _outcome(record, esr)
    return None if outcome is not None and outcome.accepted else "rejected by ESR"


def _to_come(
    positions: Iterable[Position], tis: Store, today: date, window: ApplicantWindow
) -> dict[str, Dates]:
    """Return the applicants that TIS and the positions require, sent or not, as ``placement:position:person``, with TIS's dates."""
    found: dict[str, Dates] = {}
    for position in positions:
        for dto in tis.placements_by("postId", position.post_id or 0):
            placement = msgspec.convert(dto, Placement)
            if placement.date_from is None or verdict(placement, today) != REPORTED:
                continue
            if window.holds(placement.date_from, today) and placement.trainee_id in tis.people:
                who = f"{placement.id}:{position.position_id}:{placement.trainee_id}"
                found[who] = placement.date_from, placement.date_to
    return found


def _reconciled(tis: Store) -> int:
    return sum(len(tis.reconciled_events(post)) for post in tis.posts)


def _exported(tis: Store) -> int:
    return len({(of, e["positionId"]) for of, events in tis.placement_events.items() for e in events})


def _live(esr: Esr) -> int:
    return _count(not position.deleted for position in esr.holdings.positions.values())


def _withdrawn(esr: Esr) -> int:
    return _count(held.withdrawn for of in esr.holdings.applicants.values() for held in of)


def _withdraws(record: NotificationRecord) -> bool:
    return record.type == "2" and record.state in SENT


def _count(found: Iterable[bool]) -> int:
    return sum(found)
