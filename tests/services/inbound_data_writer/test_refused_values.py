"""What of a person does not go to TIS is in the journal with its column and reason, and its row says so."""

from collections import Counter
from typing import Any

from tests.services.bench import Bench, Benches
from tests.services.people import (
    PERSON,
    absence,
    absences,
    add,
    day,
    deliver,
    group,
    in_tis,
    people_world,
    per,
)
from tests.services.tcs_on_bench import Trouble

from tis_esr.engine.row_accounting import RowState
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, Outcome
from tis_esr.services.inbound_data_writer.tcs_writes import InboundDataWriter

WRITER = "InboundDataWriter"


async def journal(bench: Bench) -> dict[str, tuple[Outcome, str]]:
    """Return state and code of each entry, by ESR's column."""
    return {entry.column: (entry.state, entry.code) for entry in (await bench.all(JOURNAL)).values()}


def deleted(row: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    return row[0], {**row[1], "changeDeleteIndicator": "D"}


async def test_a_damaged_name_never_overwrites_a_good_one_and_its_neighbours_are_brought(
    benches: Benches,
) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        before = in_tis(bench, "legalSurname")
        one = group(world, 0, per(lastName="Spec\ufffdmen", mobileTel="07700 900111"))
        await deliver(bench, [one])
        assert in_tis(bench, "legalSurname", "mobileNumber") == (*before, "07700 900111")
        assert await journal(bench) == {
            "lastName": (Outcome.REFUSED, "LOST_LETTERS"),
            "mobileTel": (Outcome.APPLIED, ""),
        }
        assert await bench.rows(one.file) == {RowState.APPLIED: 3}


async def test_a_row_of_which_nothing_may_go_to_tis_is_not_applied(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        one = group(world, 0, per(lastName="Zo\u00eb (Sample)", homeTel="ext. 4"), add(address1="1 Caf¿ Row"))
        await deliver(bench, [one])
        assert bench.tcs.writes == []
        assert await bench.rows(one.file) == {RowState.APPLIED: 2, RowState.IGNORED: 2}
        assert await journal(bench) == {
            "lastName": (Outcome.REFUSED, "NOT_PLAIN_LETTERS"),
            "homeTel": (Outcome.REFUSED, "NOT_A_PHONE_NUMBER"),
            "address1": (Outcome.REFUSED, "LOST_LETTERS"),
        }
        assert all(entry.new is None for entry in (await bench.all(JOURNAL)).values())


async def test_a_repair_is_in_the_journal_of_what_was_applied(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        await deliver(bench, [group(world, 0, per(lastName="O\u2019Sample", ukNino="QQ 12 34 56 C"))])
        assert in_tis(bench, "legalSurname", "nationalInsuranceNumber") == ("O'Sample", "QQ123456C")
        said = {entry.column: entry.reason for entry in (await bench.all(JOURNAL)).values()}
        assert said == {"lastName": "repaired: typographic apostrophe", "ukNino": "repaired: blanks"}


async def test_a_birth_date_that_could_not_be_read_is_in_the_journal(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        one = group(world, 0, per(mobileTel="07700 900111"))
        one.rows[2].unread.append("dob")
        await deliver(bench, [one])
        assert (await journal(bench))["dob"] == (Outcome.REFUSED, "UNREADABLE")


async def test_a_refused_value_is_counted_once_however_often_its_message_is_tried(benches: Benches) -> None:
    world = people_world()
    counted: Counter[tuple[str, str]] = Counter()
    async with benches.open(WRITER, world, {5: Trouble.STATUS_503_BEFORE}) as bench:
        writer = InboundDataWriter(bench.tcs.client, counted)
        one = group(world, 0, per(lastName="Spec\ufffdmen", mobileTel="07700 900111"))
        await bench.send(one.told)
        for _ in range(3):
            [message] = await bench.claimed(one.told)
            await writer.update_people(bench.runner.work(), [message])
            await bench.engine.release([message], 0)
        assert in_tis(bench, "mobileNumber") == ("07700 900111",)
        assert counted == {("lastName", "LOST_LETTERS"): 1}


async def test_a_refused_value_does_not_keep_an_older_one_from_tis(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        older, newer = group(world, 0, per(lastName="Oldname")), group(world, 1, per(lastName="New\ufffdame"))
        await deliver(bench, [newer], [older])
        assert in_tis(bench, "legalSurname") == ("Oldname",)


async def test_deleted_rows_of_a_person_change_nothing_and_are_ignored(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        one = group(world, 0, deleted(per(lastName="Other")), deleted(add(town="Othertown")))
        await deliver(bench, [one])
        assert bench.tcs.writes == []
        assert await bench.rows(one.file) == {RowState.APPLIED: 2, RowState.IGNORED: 2}


async def test_a_deleted_absence_stays_in_tis_and_the_journal_names_it(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        await deliver(bench, [group(world, 0, absence("A1", 1, 5))])
        gone = group(world, 1, deleted(absence(" A1 ", 1, 5)))
        await deliver(bench, [gone])
        assert absences(bench) == {"A1": (day(1), day(5), None)}
        assert await bench.rows(gone.file) == {RowState.APPLIED: 2, RowState.IGNORED: 1}
        [entry] = [entry for entry in (await bench.all(JOURNAL)).values() if entry.code]
        assert (entry.section, entry.code, entry.person_id) == ("absence A1", "ABSENCE_DELETED", PERSON)


async def test_an_absence_that_breaks_a_rule_of_tis_is_not_called_for(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        one = group(
            world, 0, absence("A1234567890", 1), ("ABS", {"absenceID": "A2", "absenceStart": "0001-01-01"})
        )
        await deliver(bench, [one])
        assert (bench.tcs.writes, await bench.parked()) == ([], [])
        assert await bench.rows(one.file) == {RowState.APPLIED: 2, RowState.IGNORED: 2}
        assert await journal(bench) == {
            "absenceID": (Outcome.REFUSED, "TOO_LONG"),
            "absenceStart": (Outcome.REFUSED, "IMPLAUSIBLE_DATE"),
        }


async def test_the_later_part_of_a_long_assignment_knows_its_person_from_its_head(benches: Benches) -> None:
    world = people_world()
    async with benches.open(WRITER, world) as bench:
        first, later = group(world, 0), group(world, 0, absence("A9", 1, 5))
        later.rows, later.head = later.rows[2:], later.rows[:2]
        await deliver(bench, [first, later])
        assert list(absences(bench)) == ["A9"]
        assert await bench.rows(first.file) == {RowState.APPLIED: 3}
