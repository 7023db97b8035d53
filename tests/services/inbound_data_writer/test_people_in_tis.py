"""What ESR knows of people reaches TIS: the newest of each detail, each call once, in whatever order and trouble."""

from itertools import product

from tests.services.bench import Bench, Benches, orders, splits
from tests.services.people import (
    CHANGED,
    OTHER,
    PERSON,
    Group,
    absence,
    absences,
    add,
    day,
    deliver,
    file_of,
    group,
    in_tis,
    people_world,
    per,
)
from tests.services.tcs_on_bench import PASSING, Trouble
from tests.services.watched import FailingCommit, Watched

from tis_esr.engine.row_accounting import RowState
from tis_esr.services.contracts.bodies import PersonChanged
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE, Outcome
from tis_esr.simulation.days.generated_world import World

WRITER = "InboundDataWriter"
QUESTIONS = 5
"""How many questions to TCS come before the first call about a person's details."""
CONTACT, PERSONAL = f"PATCH /contact-details/{PERSON}", f"PATCH /personal-details/{PERSON}"


def three_days(world: World) -> list[Group]:
    """Each day has a detail and an absence that no other has, and some that others have too."""
    return [
        group(world, 0, per(mobileTel="07700 900111", lastName="Firstname"), absence("A1", 1, 5)),
        group(world, 1, per(homeTel="01632 960222", lastName="Secondname"), absence("A2", 2, 6)),
        group(
            world, 2, per(ukNino="QQ123456C", lastName="Thirdname"), add(town="Newtown"), absence("A1", 1, 9)
        ),
    ]


THEN = ("07700 900111", "01632 960222", "QQ123456C", "Thirdname", "Newtown")
FIELDS = ("mobileNumber", "telephoneNumber", "nationalInsuranceNumber", "legalSurname", "address4")


async def test_details_are_superseded_one_by_one(benches: Benches) -> None:
    for order in orders(range(3)):
        world = people_world()
        async with benches.open(WRITER, world) as bench:
            groups = three_days(world)
            await deliver(bench, *([groups[n]] for n in order))
            assert in_tis(bench, *FIELDS) == THEN, order
            assert absences(bench) == {"A1": (day(1), day(9), None), "A2": (day(2), day(6), None)}
            assert await bench.parked() == []


async def test_an_older_assignment_still_brings_the_absence_that_only_it_has(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        older = group(world, 0, per(lastName="Oldname"), absence("A1", 1, 5))
        newer = group(world, 1, per(lastName="Newname"))
        await deliver(bench, [newer], [older])
        assert (in_tis(bench, "legalSurname"), list(absences(bench))) == (("Newname",), ["A1"])
        assert await bench.rows(older.file) == {RowState.APPLIED: 3, RowState.SUPERSEDED: 1}
        assert await bench.rows(newer.file) == {RowState.APPLIED: 3}


async def test_an_assignment_of_which_nothing_is_news_is_superseded_whole(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        older = group(world, 0, per(lastName="Oldname"), absence("A1", 1, 5))
        await deliver(bench, [group(world, 1, per(lastName="Newname"), absence("A1", 2, 7))], [older])
        assert await bench.rows(older.file) == {RowState.SUPERSEDED: 4}
        assert absences(bench) == {"A1": (day(2), day(7), None)}


async def test_an_address_that_is_not_the_primary_one_is_ignored_in_whatever_order_files_come(
    benches: Benches,
) -> None:
    for order in orders(range(2)):
        world = people_world()
        async with benches.open(WRITER, world) as bench:
            older = group(world, 0, per(lastName="Oldname"), add(primaryFlag="N", town="Oldtown"))
            groups = [older, group(world, 1, per(lastName="Newname"))]
            await deliver(bench, *([groups[n]] for n in order))
            assert (await bench.rows(older.file))[RowState.IGNORED] == 1, order


async def test_wherever_a_batch_is_split_the_end_is_the_same(benches: Benches) -> None:
    every = [cut for order in orders(range(3)) for cut in splits(order)]
    for cut in benches.some(every, most=5):
        world = people_world()
        async with benches.open(WRITER, world) as bench:
            groups = three_days(world)
            await deliver(bench, *([groups[n] for n in part] for part in cut))
            assert in_tis(bench, *FIELDS) == THEN, cut
            assert absences(bench) == {"A1": (day(1), day(9), None), "A2": (day(2), day(6), None)}, cut


async def test_on_one_day_the_row_of_the_higher_sequence_then_the_later_row_counts(benches: Benches) -> None:
    world = people_world()
    first = group(world, 0, per(lastName="Rowtwo"))
    later_row = group(world, 0, per(lastName="Rowten"), row=10)
    next_file = group(world, 0, per(mobileTel="07700 900333"), row=2)
    next_file.file = file_of(0, 101)
    for order in benches.some(orders([first, later_row, next_file])):
        async with benches.open(WRITER, world) as bench:
            await deliver(bench, *([one] for one in order))
            assert in_tis(bench, "legalSurname", "mobileNumber") == ("Rowten", "07700 900333")


async def test_what_tis_has_already_is_not_called_for_again(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        groups = three_days(world)
        await deliver(bench, groups)
        before = bench.tcs.writes
        await bench.send(*(one.told for one in groups))
        await bench.finish()
        await deliver(bench, [group(world, 3, per(lastName="Thirdname"), absence("A1", 1, 9))])
        assert bench.tcs.writes == before


def everything(world: World) -> Group:
    """One assignment that needs one call of each kind, one absence new and one known."""
    world.absences.append(
        {
            "id": 1,
            "absenceAttendanceId": "A0",
            "personId": PERSON,
            "startDate": day(1),
            "endDate": None,
            "durationInDays": None,
            "amendedDate": "2026-01-02T03:04:05.678",
        }
    )
    return group(
        world,
        0,
        per(lastName="Newname", ukNino="QQ123456C"),
        add(town="Newtown"),
        absence("A0", 1, 8),
        absence("A1", 2, 3),
    )


WRITES = [CONTACT, PERSONAL, CONTACT, "PATCH /absence/1", "POST /absence"]


async def calls_of_everything(benches: Benches) -> int:
    world = people_world()
    one = everything(world)
    async with benches.open(WRITER, world) as bench:
        await deliver(bench, [one])
        assert sorted(bench.tcs.writes) == sorted(WRITES)
        assert await bench.rows(one.file) == {RowState.APPLIED: 6}
        return len(bench.tcs.calls)


async def test_a_call_that_fails_at_any_place_is_made_once(benches: Benches) -> None:
    calls = await calls_of_everything(benches)
    every = list(product(range(calls), PASSING))
    for call, trouble in benches.some(every[::3], most=12):
        world = people_world()
        one = everything(world)
        async with benches.open(WRITER, world, {call: trouble}) as bench:
            await deliver(bench, [one])
            await bench.tcs.arrive()
            assert sorted(bench.tcs.writes) == sorted(WRITES), (call, trouble, bench.tcs.calls)
            assert in_tis(bench, "legalSurname", "nationalInsuranceNumber", "address4") == (
                "Newname",
                "QQ123456C",
                "Newtown",
            )
            assert absences(bench) == {"A0": (day(1), day(8), None), "A1": (day(2), day(3), None)}
            assert (bench.tcs.begun_too_early, await bench.parked()) == ([], [])
            assert await bench.rows(one.file) == {RowState.APPLIED: 6}
            assert {entry.state for entry in (await bench.all(JOURNAL)).values()} == {Outcome.APPLIED}


async def test_a_call_that_comes_late_does_not_undo_a_newer_one(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world, {QUESTIONS: Trouble.CUT_LATE}) as bench:
        await deliver(
            bench, [group(world, 0, per(lastName="Oldname"))], [group(world, 1, per(lastName="Newname"))]
        )
        await bench.tcs.arrive()
        assert in_tis(bench, "legalSurname") == ("Newname",)
        assert bench.tcs.writes == [CONTACT, CONTACT]


async def test_a_message_whose_person_is_busy_waits_and_its_neighbours_do_not(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world, {QUESTIONS: Trouble.CUT_LATE}, uncertain_seconds=0.6) as bench:
        busy, later = group(world, 0, per(lastName="Oldname")), group(world, 1, per(lastName="Newname"))
        neighbour = group(world, 0, per(lastName="Neighbour"), person=OTHER, row=20)
        await bench.send(busy.told)
        await bench.handle(busy.told)
        assert bench.tcs.calls[QUESTIONS] == CONTACT
        await bench.send(later.told, neighbour.told)
        await bench.handle(later.told, neighbour.told)
        assert in_tis(bench, "legalSurname", person=OTHER) == ("Neighbour",)
        assert bench.tcs.calls.count(CONTACT) == 1
        await bench.finish()
        await bench.tcs.arrive()
        assert in_tis(bench, "legalSurname") == ("Newname",)


async def test_what_was_done_stays_done_when_a_neighbour_fails(benches: Benches) -> None:
    """Nothing is called for twice, and nobody waits for what is known to have been done."""
    world = people_world()
    mine, others = (
        group(world, 0, per(lastName="Mine")),
        group(world, 0, per(lastName="Others"), person=OTHER, row=20),
    )
    failing = {QUESTIONS + 1: Trouble.STATUS_503_BEFORE}
    async with benches.open(WRITER, world, failing, uncertain_seconds=30.0) as bench:
        await bench.send(mine.told, others.told)
        await bench.handle(mine.told, others.told)
        known = await bench.all(TIS_PEOPLE)
        assert max(person.open.until for person in known.values() if person.open) <= bench.engine.time()
        await bench.finish()
        assert sorted(bench.tcs.writes) == sorted([CONTACT, f"PATCH /contact-details/{OTHER}"])


async def test_a_second_wave_that_fails_leaves_the_first_one_done(benches: Benches) -> None:
    """Two assignments of one person in a batch: the questions of the second fail after the calls of the first."""
    for trouble in (Trouble.STATUS_503_BEFORE, Trouble.STATUS_500_BEFORE, Trouble.NOT_CONNECTED):
        world = people_world()
        first, second = group(world, 0, per(lastName="First")), group(world, 1, per(lastName="Second"))
        async with benches.open(WRITER, world, {QUESTIONS + 1: trouble}, uncertain_seconds=30.0) as bench:
            await bench.send(first.told, second.told)
            await bench.handle(first.told, second.told)
            assert bench.tcs.calls[QUESTIONS : QUESTIONS + 2] == [CONTACT, f"GET /people/in/{PERSON}"]
            await bench.finish()
            assert (in_tis(bench, "legalSurname"), bench.tcs.writes) == (("Second",), [CONTACT, CONTACT])


async def overtaken(bench: Bench, world: World, at: int) -> bool:
    """Have another process change what is known of OTHER just before the n-th step; say if it came to that."""
    mine, faster = (
        group(world, 0, per(lastName="Mine")),
        group(world, 1, per(lastName="Faster"), person=OTHER),
    )
    first_name = in_tis(bench, "legalForenames", person=OTHER)[0]
    quiet = group(world, 0, per(firstName=first_name), person=OTHER, row=20)

    async def overtake() -> None:
        await bench.send(faster.told)
        await bench.handle(faster.told)

    await bench.send(mine.told, quiet.told)
    watched = Watched(bench.engine, at, overtake)
    await bench.handle(mine.told, quiet.told, engine=watched)
    await bench.finish()
    return watched.steps >= at


async def test_another_process_that_is_faster_costs_nobody_a_call_or_a_wait(embedded: Benches) -> None:
    at, came_to_that = 0, True
    while came_to_that:
        at += 1
        world = people_world()
        async with embedded.open(WRITER, world, uncertain_seconds=30.0) as bench:
            came_to_that = await overtaken(bench, world, at)
            assert in_tis(bench, "legalSurname") == ("Mine",), at
            assert bench.tcs.writes.count(CONTACT) == 1, at
    assert at == 5


async def test_those_whose_records_hold_a_persons_details_are_told_of_each_change(benches: Benches) -> None:
    world = people_world()
    one = everything(world)
    async with benches.open(WRITER, world) as bench:
        await deliver(bench, [one])
        told = await bench.told(CHANGED, PersonChanged)
        assert {(body.person_id, *body.post_ids) for body in told} == {(PERSON, 100_001)}


async def test_a_change_that_had_to_wait_is_told_of_as_well(benches: Benches) -> None:
    """The address fails after the name was changed: whoever read the person in between has the old address."""
    for trouble in benches.some([Trouble.CUT_BEFORE, Trouble.CUT_LATE, Trouble.STATUS_502_AFTER], most=2):
        world = people_world()
        one = group(world, 0, per(lastName="Newname"), add(town="Newtown"))
        async with benches.open(WRITER, world, {QUESTIONS + 1: trouble}) as bench:
            await bench.send(one.told)
            await bench.handle(one.told)
            assert bench.tcs.calls[QUESTIONS : QUESTIONS + 2] == [CONTACT, CONTACT]
            assert len(await bench.told(CHANGED, PersonChanged)) == 1
            await bench.finish()
            await bench.tcs.arrive()
            assert in_tis(bench, "legalSurname", "address4") == ("Newname", "Newtown")
            assert len(await bench.told(CHANGED, PersonChanged)) == 2, trouble


async def test_a_change_whose_process_ended_is_told_of_though_a_newer_file_says_the_same(
    benches: Benches,
) -> None:
    """The call arrived, nobody was told, and for the newer file there was nothing left to do."""
    world = people_world()
    older, newer = (group(world, day, per(lastName="Newname")) for day in (0, 1))
    async with benches.open(WRITER, world) as bench:
        await bench.send(older.told)
        await bench.handle(older.told, engine=FailingCommit(bench.engine, 2))
        await bench.send(newer.told)
        await bench.handle(newer.told)
        await bench.finish()
        assert (in_tis(bench, "legalSurname"), bench.tcs.writes) == (("Newname",), [CONTACT])
        assert len(await bench.told(CHANGED, PersonChanged)) == 1
        journal = (await bench.all(JOURNAL)).values()
        assert [entry.state for entry in journal if entry.section == "contact"] == [Outcome.APPLIED]


async def test_what_tcs_refuses_is_parked_and_the_rest_of_the_assignment_is_done(benches: Benches) -> None:
    world = people_world()
    one = group(world, 0, per(lastName="Newname"), absence("A1", 1, 4))
    async with benches.open(WRITER, world, {QUESTIONS + 1: Trouble.REFUSED}) as bench:
        await deliver(bench, [one])
        [reason] = await bench.parked()
        assert reason.startswith("TCS rejected it: TCS: PATCH /api/contact-details/{id} answered 400")
        assert list(absences(bench)) == ["A1"]
        assert await bench.rows(one.file) == {RowState.APPLIED: 2, RowState.PARKED: 2}
        await bench.redrive()
        assert in_tis(bench, "legalSurname") == ("Newname",)
        assert await bench.rows(one.file) == {RowState.APPLIED: 4}


async def test_a_redriven_old_assignment_changes_nothing_newer(benches: Benches) -> None:
    world = people_world()
    older = group(world, 0, per(lastName="Oldname", mobileTel="07700 900111"))
    async with benches.open(WRITER, world, {QUESTIONS: Trouble.REFUSED}) as bench:
        await deliver(bench, [older], [group(world, 1, per(lastName="Newname"))])
        await bench.redrive()
        assert in_tis(bench, "legalSurname", "mobileNumber") == ("Newname", "07700 900111")
        assert await bench.rows(older.file) == {RowState.APPLIED: 3}


async def test_an_older_assignment_overwrites_no_absence_that_it_names_in_other_case(
    benches: Benches,
) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        older = group(world, 0, absence("ab1", 1, 5))
        await deliver(bench, [group(world, 1, absence("AB1", 2, 7))], [older])
        assert absences(bench) == {"AB1": (day(2), day(7), None)}
        assert (await bench.rows(older.file))[RowState.SUPERSEDED] >= 1


async def test_rows_that_name_one_absence_in_different_case_are_told_in_their_order(
    embedded: Benches,
) -> None:
    for call in range(QUESTIONS, QUESTIONS + 6):
        for trouble in (Trouble.STATUS_503_BEFORE, Trouble.CUT_BEFORE):
            world = people_world()
            one = group(world, 0, absence("ab1", 1, 5), absence("AB1", 1, 9))
            async with embedded.open(WRITER, world, {call: trouble}) as bench:
                await deliver(bench, [one])
                assert [ends for _, ends, _ in absences(bench).values()] == [day(9)], (call, trouble)
