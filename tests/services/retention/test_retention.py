"""What is old goes, on every engine; what could still change an outcome, and what lives, stays."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from tests.services.bench import Benches
from tests.services.old_things import (
    DELETED,
    EXPORTER,
    LIVING,
    Kept,
    a_decision,
    a_journal_entry,
    a_notification,
    a_person,
    a_position,
    a_run,
    ago,
    an_applicant,
    an_export,
    file_name,
    keep,
    left,
    named,
    nowhere,
    purge,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.sent_applicants import SentApplicant
from tis_esr.decisions.versions import Stamp
from tis_esr.engine.protocol import Depths
from tis_esr.services.data_exporter.outbound import APPLICANTS, RESENT, OutboundState, RecordState, Resent
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE, Outcome, TisPerson
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS
from tis_esr.services.retention.audit import PURGES


async def test_history_goes_after_its_days_and_not_before(benches: Benches) -> None:
    old = [
        a_journal_entry(1, ago(101)),
        a_decision(1),
        an_export(1),
        an_applicant(1, ago(101)),
        *a_run(ago(101)),
    ]
    young = [
        a_journal_entry(2, ago(100)),
        a_decision(2),
        an_export(2),
        an_applicant(2, ago(100)),
        *a_run(ago(100)),
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 101, *old)
        await keep(bench, 100, *young)
        done = await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*young)
        assert done is not None
        assert done.finished
        assert {name: number for name, number in done.removed.items() if "." in name} == {
            "inbounddatawriter.journal": 1,
            "appgenerator.decisions": 1,
            "inbounddatawriter.exports": 1,
            "dataexporter.applicants": 1,
            "dataexporter.runs": 1,
            "dataexporter.files": 1,
        }


async def test_what_is_not_over_stays_however_old(benches: Benches) -> None:
    stay: list[Kept | list[Kept]] = [
        an_applicant(1, ago(-10)),
        an_applicant(2, ago(100), state=RecordState.TO_EXPORT),
        an_applicant(3, ago(200), file=file_name(ago(300), "APP")),
        a_run(ago(300), OutboundState.ALLOCATED),
        a_position(LIVING, ago(300)),
        a_notification("1:now:11", 2, ago(300)),
        a_notification("sent:11:1", 1, ago(300), type="4"),
        a_notification("5", 1, ago(300), type="5"),
        a_notification("1:next:12", 1, ago(300), state=RecordState.TO_EXPORT),
        a_person(1, ago(120)),
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *stay)
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*stay)


async def test_an_applicant_stays_while_the_placement_goes_on_for_longer_than_esr_was_sent(
    benches: Benches,
) -> None:
    """Else ``tis-esr why`` would say of somebody in post that nobody was sent."""
    position = a_position(LIVING, ago(300))
    seen = {"11": f"{ago(400)}/{ago(100)}", "12": f"{ago(400)}/{ago(101)}"}
    position[2] = KNOWN_POSITIONS, msgspec.structs.replace(position[2][1], seen=seen)
    stay = [*position, an_applicant(11, ago(200))]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *stay, an_applicant(12, ago(200)), an_applicant(13, ago(200)))
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*stay)


async def test_notifications_that_esr_holds_no_more_go(benches: Benches) -> None:
    over = [
        a_notification("1:now:11", 1, ago(300)),
        a_notification("1:now:99", 1, ago(300)),
        a_notification("sent:99:1", 1, ago(300), type="2"),
        a_notification("1:next:11", 1, ago(300), state=RecordState.DELETED_BEFORE_EXPORT),
    ]
    stay = [*a_position(LIVING, ago(300)), a_notification("1:now:11", 2, ago(300))]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *over, *stay)
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*stay)


async def test_names_of_who_was_sent_go_after_the_end_also_where_esr_sends_the_position_no_more(
    benches: Benches,
) -> None:
    """Nothing else would take them away: TIS is asked again only where something comes."""
    position = a_position(LIVING, ago(300))
    known = position[2][1]
    ended = {"11": f"{ago(400)}/{ago(101)}", "12": f"{ago(400)}/{ago(100)}"}
    position[2] = (
        KNOWN_POSITIONS,
        msgspec.structs.replace(
            known, seen=ended, sent=[sent(11, ago(101)), sent(12, ago(31)), sent(13, ago(30))]
        ),
    )
    over = [a_notification("1:now:11", 1, ago(300)), a_notification("sent:11:1", 1, ago(300), type="4")]
    stay = [
        *position,
        a_notification("1:now:12", 1, ago(300)),
        a_notification("sent:13:1", 1, ago(300), type="4"),
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *over, *stay)
        done = await purge(bench).of_day(TODAY)
        assert done is not None
        assert done.removed["applicants kept to compare with TIS"] == 2
        assert await left(bench) == named(*stay)
        [after] = (await bench.all(KNOWN_POSITIONS)).values()
        assert (after.sent, after.seen) == ([sent(13, ago(30))], ended)


def sent(placement: int, date_to: date) -> SentApplicant:
    return SentApplicant(
        placement_id=placement, position_id=LIVING, person_id=placement, deanery_number="", date_from=ago(400),
        date_to=date_to, last_name="Specimen", first_name="Testa", gmc_number=None,
    )  # fmt: skip


async def test_a_deleted_position_leaves_with_all_that_is_kept_of_it_once_no_older_row_can_come(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        deleted, living = a_position(DELETED, ago(141), deleted=True), a_position(LIVING, ago(141))
        await keep(bench, 140, deleted, living)
        await purge(bench).again(TODAY)
        assert await left(bench) == named(deleted, living) - named(deleted[3])
        bench.today[0] = TODAY + timedelta(days=1)
        await purge(bench).again(bench.today[0])
        assert await left(bench) == named(living)


async def test_a_deleted_position_leaves_nothing_under_the_number_that_tcs_was_told_last(
    benches: Benches,
) -> None:
    """Its versions are of the position's first life: by them the second would be old."""
    position = a_position(DELETED, ago(300), deleted=True)
    position[0] = POSITIONS, msgspec.structs.replace(position[0][1], position_number=None)
    told_late = position.pop()
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, position)
        await keep(bench, 20, told_late)
        await purge(bench).of_day(TODAY)
        assert await left(bench) == set()


async def test_a_deleted_position_stays_while_records_of_it_do(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(
            bench, 300, a_position(DELETED, ago(300), deleted=True), an_applicant(1, ago(-10), of=DELETED)
        )
        await purge(bench).of_day(TODAY)
        assert "reconciliation.positions 2" in await left(bench)


@pytest.mark.parametrize(
    "waits", [Depths({"esr.queue.apc.split": (1, 11 * 86400)}, {}), Depths({}, {}, open_longest=41 * 86400)]
)
async def test_no_guard_goes_while_a_message_has_been_open_for_long(benches: Benches, waits: Depths) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        guards = [*a_position(DELETED, ago(300), deleted=True)[:3], a_person(1, ago(300))]
        await keep(bench, 300, *guards, a_decision(1))
        bench.runner.engine = Waiting(bench.engine, waits)
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*guards)


class Waiting:
    """An engine on which something waits, or is parked, for this long."""

    def __init__(self, engine: Any, waits: Depths) -> None:
        self._engine, self._waits = engine, waits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def depths(self) -> Depths:
        return self._waits


async def test_a_person_who_is_updated_again_and_again_keeps_only_the_stamps_that_guard(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        stamps = {f"absence A{days}.startDate": Stamp(ago(days), "EOE", 1, 2) for days in (1, 140, 141, 300)}
        await keep(bench, 1, (TIS_PEOPLE, TisPerson(person_id=1, stamps=stamps)))
        for _ in range(2):
            await purge(bench).again(TODAY)
            [person] = (await bench.all(TIS_PEOPLE)).values()
            assert set(person.stamps) == {"absence A1.startDate", "absence A140.startDate"}
        [done] = (await bench.all(PURGES)).values()
        assert done.removed == {"stamps of people's details": 2}


async def test_how_an_applicant_was_sent_before_goes_with_the_personal_values(benches: Benches) -> None:
    def resent(number: int) -> Kept:
        _, record = an_applicant(number, ago(-200))
        return RESENT, Resent(file=file_name(ago(31), "APP"), row=number, position_id=1, record=record)

    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 31, resent(1))
        await keep(bench, 30, resent(2))
        await purge(bench).again(TODAY)
        assert [one.row for one in (await bench.all(RESENT)).values()] == [2]


async def test_personal_values_are_blanked_and_what_was_done_is_kept(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 31, a_journal_entry(1, ago(31)), a_journal_entry(2, ago(31), Outcome.PLANNED))
        await keep(bench, 31, an_applicant(1, ago(-10)), an_applicant(2, ago(-200)))
        await keep(bench, 31, an_applicant(3, ago(-10), state=RecordState.INVALID_DATA))
        await keep(bench, 31, an_applicant(4, ago(-200), state=RecordState.TO_EXPORT))
        await keep(bench, 30, a_journal_entry(3, ago(30)))
        for _ in range(2):
            await purge(bench).again(TODAY)
            journal = (await bench.all(JOURNAL)).values()
            assert {entry.row: (entry.old, entry.new) for entry in journal} == {
                1: (None, None),
                2: ("01632 960001", "01632 960002"),
                3: ("01632 960001", "01632 960002"),
            }
            records = (await bench.all(APPLICANTS)).values()
            assert {r.placement_id: bool(r.fields) for r in records} == {1: False, 2: True, 3: False, 4: True}
        # What was blanked is as old as before: it goes with its own age.
        await purge(bench).again(TODAY + timedelta(days=70))
        assert set(await bench.all(JOURNAL)) == {
            "DE_EOE_RMC_20261025_00000001.DAT:3:3:contact.telephoneNumber"
        }
