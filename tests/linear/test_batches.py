"""Four times as large a batch is four times the work, in every service: no step is quadratic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec
import pytest
from tests.linear.counting import MOST_FOR_FOUR_TIMES, Counted, counted
from tests.services import people, positions
from tests.services.bench import FILE, Bench, Benches, message
from tests.services.records import APC, apc, applicant, applicants, draft, position
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.services.contracts.bodies import (
    NotificationsGenerated,
    PositionChanged,
    PositionDue,
    PositionSaved,
)
from tis_esr.simulation.days.generated_world import World

FEW, MANY = 50, 200


@dataclass
class Batch:
    """What is sent, to be handled as one batch, and what is handled before it; rows that are pending."""

    service: str
    world: World
    messages: list[Message]
    before: Sequence[list[Message]] = ()
    rows: Sequence[Row] = ()
    then: str = ""
    """A queue of the service's own, whose messages are the ones to be handled."""


def nowhere() -> World:
    return World(TODAY, Random(1))


def posts(number: int) -> World:
    """Return a world of posts, each with somebody to come and somebody there now."""
    world = nowhere()
    for _ in range(number):
        post = world.post("EOE")
        world.placement(post, world.person(), 30, 200)
        world.placement(post, world.person(), -30, 29)
    return world


def applicants_of_positions(number: int) -> Batch:
    some = [applicants(1, applicant(n), of=n) for n in range(1, number + 1)]
    return Batch("DataExporter", nowhere(), some)


def applicants_again(number: int) -> Batch:
    before = [applicants(1, applicant(n), of=n) for n in range(1, number + 1)]
    some = [applicants(2, applicant(n, surname="Other"), of=n) for n in range(1, number + 1)]
    return Batch("DataExporter", nowhere(), some, [before])


def applicants_of_one_position(number: int) -> Batch:
    return Batch(
        "DataExporter", nowhere(), [applicants(2, *map(applicant, range(number)))],
        [[applicants(1, *map(applicant, range(number // 2)))]],
    )  # fmt: skip


def revisions_of_one_position(number: int) -> Batch:
    return Batch("DataExporter", nowhere(), [applicants(n, applicant(1)) for n in range(1, number + 1)])


def _notifications(of: int, version: int, *keys: str) -> Message:
    drafts = [msgspec.structs.replace(draft(key), key=f"{of}:{key}") for key in keys]
    body = NotificationsGenerated(
        position=position(of), version=version, notifications=drafts, built_on=TODAY
    )
    return message("esr.queue.notification.generated", (of, version), body, FILE, version + 1)


def notifications_of_positions(number: int) -> Batch:
    some = [_notifications(n, 1, "one", "two") for n in range(1, number + 1)]
    return Batch("DataExporter", nowhere(), some)


def notifications_of_one_position(number: int) -> Batch:
    keys = [str(n) for n in range(number)]
    return Batch(
        "DataExporter", nowhere(), [_notifications(1, 2, *keys)], [[_notifications(1, 1, *keys[::2])]]
    )


def answers_of_esr(number: int) -> Batch:
    rows = [Row(file=APC, row=n, type="APC", state=RowState.PENDING) for n in range(1, number + 1)]
    return Batch("DataExporter", nowhere(), [apc(n, file_row=n) for n in range(1, number + 1)], rows=rows)


def positions_saved(number: int) -> Batch:
    world = posts(number)
    before = [_por(world, n) for n in range(number)]
    saved = [
        message("esr.queue.por.saved", n, PositionSaved(position_id=n + 1), FILE, n + 2)
        for n in range(number)
    ]
    return Batch("Reconciliation", world, saved, [before])


def position_rows(number: int) -> Batch:
    world = posts(number)
    return Batch("Reconciliation", world, [_por(world, n) for n in range(number)])


def _por(world: World, number: int) -> Message:
    values = {
        "positionID": number + 1,
        "changeDeleteIndicator": "C",
        "positionNumber": number + 1001,
        "deaneryNumber": world.posts[number]["nationalPostNumber"],
        "hostLeadIndicator": "Lead Employer",
        "employingOrgVPDCode": "96",
    }
    return message("esr.queue.por.split", number, values, FILE, number + 2)


def positions_due(number: int) -> Batch:
    world = posts(number)
    before = [_por(world, n) for n in range(number)]
    due = [
        message("esr.queue.position.due", n, PositionDue(position_id=n + 1), FILE, n + 2)
        for n in range(number)
    ]
    return Batch("Reconciliation", world, due, [before])


def _reconciled(reader: str, world: World, number: int) -> list[Message]:
    return [
        positions.reconciled(reader, positions.view_of(world, n + 1, n), 1, row=n + 2) for n in range(number)
    ]


def applicants_generated(number: int) -> Batch:
    world = posts(number)
    return Batch("AppGenerator", world, _reconciled("appgenerator", world, number))


def positions_known(number: int) -> Batch:
    world = posts(number)
    return Batch("NotificationGenerator", world, _reconciled("notificationgenerator", world, number))


def sent_remembered(number: int) -> Batch:
    world = posts(number)
    known = _reconciled("notificationgenerator", world, number)
    sent = [
        positions.sent(world, positions.view_of(world, n + 1, n), world.placements[2 * n])
        for n in range(number)
    ]
    return Batch("NotificationGenerator", world, sent, [known])


def notifications_generated(number: int) -> Batch:
    world = posts(number)
    known = _reconciled("notificationgenerator", world, number)
    return Batch("NotificationGenerator", world, known, then="esr.queue.notification.due")


def people_updated(number: int) -> Batch:
    world = posts(number)
    people_ = [person["id"] for person in world.people][:number]
    groups = [
        people.group(
            world,
            0,
            people.per(homeTel="01632 960123"),
            people.absence(f"A{n}", 1),
            person=id_,
            row=10 * n + 2,
        )
        for n, id_ in enumerate(people_)
    ]
    return Batch(
        "InboundDataWriter", world, [g.told for g in groups], rows=[r for g in groups for r in g.pending]
    )


def absences_of_one_person(number: int) -> Batch:
    world = people.people_world()
    group = people.group(world, 0, *(people.absence(f"A{n}", n, n + 1) for n in range(number)))
    return Batch("InboundDataWriter", world, [group.told], rows=group.pending)


def deleted_absences_of_one_person(number: int) -> Batch:
    world = people.people_world()
    rows = [("ABS", {**people.absence(f"A{n}", n)[1], "changeDeleteIndicator": "D"}) for n in range(number)]
    group = people.group(world, 0, *rows)
    return Batch("InboundDataWriter", world, [group.told], rows=group.pending)


def positions_told_to_tis(number: int) -> Batch:
    world = posts(number)
    changed = [
        message(
            "esr.queue.position.changed", n,
            PositionChanged(
                revision=1, sources=[], post_id=world.posts[n]["id"], position_id=n + 1, position_number=n + 1001,
                status="RECONCILED", filename=FILE, event_date_time="2026-11-24T09:00:00.000",
            ), FILE, n + 2,
        )
        for n in range(number)
    ]  # fmt: skip
    return Batch("InboundDataWriter", world, changed)


BATCHES: list[Callable[[int], Batch]] = [
    applicants_of_positions,
    applicants_again,
    applicants_of_one_position,
    revisions_of_one_position,
    notifications_of_positions,
    notifications_of_one_position,
    answers_of_esr,
    position_rows,
    positions_saved,
    positions_due,
    applicants_generated,
    positions_known,
    sent_remembered,
    notifications_generated,
    people_updated,
    absences_of_one_person,
    deleted_absences_of_one_person,
    positions_told_to_tis,
]


async def cost(folder: Path, batch: Batch) -> Counted:
    """Handle a batch; return what its handling cost, all of it but sending and claiming."""
    async with Benches(folder, None).open(batch.service, batch.world) as bench:
        assert isinstance(bench.engine, EmbeddedEngine)
        await bench.account(*batch.rows)
        for part in batch.before:
            await bench.send(*part)
            await bench.handle(*part)
        await bench.send(*batch.messages)
        wanted = batch.messages
        if batch.then:
            await bench.handle(*batch.messages)
            wanted = await bench.waiting(batch.then, len(batch.messages))
        claimed = await bench.claimed(*wanted)
        return await _cost(bench, bench.engine, claimed)


async def _cost(bench: Bench, engine: EmbeddedEngine, claimed: list[Message]) -> Counted:
    work = bench.runner.work()
    run = bench.handler(claimed[0].queue).run
    with counted(engine) as result:
        await run(work, claimed)
        await work.commit(claimed)
    return result


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.__name__)
async def test_four_times_the_batch_is_four_times_the_work(
    batch: Callable[[int], Batch], tmp_path: Path
) -> None:
    few, many = [await cost(tmp_path / str(n), batch(n)) for n in (FEW, MANY)]
    instructions, steps = many.times(few)
    assert instructions < MOST_FOR_FOUR_TIMES, (few, many)
    assert steps < MOST_FOR_FOUR_TIMES, (few, many)
