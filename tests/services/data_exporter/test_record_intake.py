"""What waits to go to ESR is what was generated last, in whatever order it comes; what went is answered once."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from tests.services.bench import FILE, Bench, Benches, orders, splits
from tests.services.records import APC, DCC, apc, applicant, applicants, dcc, draft, notifications
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import PositionDue
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter.export_run import ExportRun
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS
from tis_esr.simulation.days.generated_world import World

EXPORTER = "DataExporter"
DUE = "esr.queue.position.due"
YESTERDAY = TODAY - timedelta(days=1)


def nowhere() -> World:
    return World(TODAY, Random(1))


async def waiting(bench: Bench) -> dict[int, tuple[str, str]]:
    """Return state and surname of the applicants of position 1, by placement."""
    found = (await bench.all(APPLICANTS)).values()
    return {record.placement_id: (record.state.value, record.fields["lastName"]) for record in found}


async def said(bench: Bench) -> dict[str, str]:
    """Return the state of each notification, by its key."""
    return {
        key.removeprefix("1:"): record.state.value for key, record in (await bench.all(NOTIFICATIONS)).items()
    }


async def export(bench: Bench, command: str, occasion: str = "by hand") -> list[str]:
    """Make EOE's file of the day; return its data rows."""
    work = bench.runner.work()
    ask(work, command, bench.today[0], ["EOE"], occasion)
    await work.commit()
    await bench.finish(f"esr.queue.{command}")
    kind = "APP" if command == APPLICANT_COMMAND else "DNC"
    names = sorted(bench.out.glob(f"DE_EOE_{kind}_*.DAT"))
    return [row for name in names for row in name.read_text().splitlines()[1:-1]]


async def test_whichever_revision_comes_first_the_newest_decides(benches: Benches) -> None:
    events = [
        applicants(1, applicant(1)),
        applicants(2, applicant(1, surname="Newname"), applicant(2)),
        applicants(3),
        applicants(4, applicant(2, surname="Latest")),
    ]
    for order in benches.some(orders(events), most=6):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*([one] for one in order))
            found = await waiting(bench)
            assert (found.pop(1, ("DELETED_BEFORE_EXPORT", ""))[0], found) == (
                "DELETED_BEFORE_EXPORT",
                {2: ("TO_EXPORT", "Latest")},
            ), order


async def test_an_older_revision_revives_nobody_of_a_position_that_has_none(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(2)], [applicants(1, applicant(1))])
        assert await waiting(bench) == {}


async def test_wherever_a_batch_is_split_the_end_is_the_same(benches: Benches) -> None:
    events = [
        applicants(3, applicant(3)),
        applicants(1, applicant(1)),
        applicants(2, applicant(1), applicant(2)),
    ]
    for parts in splits(events):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*parts)
            assert await waiting(bench) == {3: ("TO_EXPORT", "Specimen")}, parts


async def test_the_row_of_an_older_revision_says_that_it_was_superseded(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.account(*(Row(file=FILE, row=row, type="POR", state=RowState.APPLIED) for row in (2, 3)))
        await bench.deliver([applicants(2)], [applicants(1, applicant(1))])
        assert await bench.rows() == {RowState.APPLIED: 1, RowState.SUPERSEDED: 1}


async def test_what_was_sent_stays_as_it_was_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        assert len(await export(bench, APPLICANT_COMMAND)) == 1
        await bench.deliver([applicants(3, applicant(1, surname="Newname"))], [applicants(2)])
        assert await waiting(bench) == {1: ("EXPORTED", "Specimen")}


async def test_what_becomes_whole_goes_and_what_lacks_something_stays(benches: Benches) -> None:
    events = [applicants(1, applicant(1)), applicants(2, applicant(1, missing=("dob",)))]
    for order in orders(events):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await waiting(bench) == {1: ("INVALID_DATA", "Specimen")}, order
            await bench.deliver([applicants(3, applicant(1))])
            assert await waiting(bench) == {1: ("TO_EXPORT", "Specimen")}


async def test_pending_notifications_of_every_type_die_with_their_position(benches: Benches) -> None:
    every = [
        draft("1:now:7"),
        draft("2:8", "2", fact="withdrawn"),
        draft("4:9", "4", fact="new dates", held="dates"),
        draft("5", "5", fact="post 1"),
    ]
    for order in orders([notifications(1, *every), notifications(2)]):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*([one] for one in order))
            assert set((await said(bench)).values()) <= {"DELETED_BEFORE_EXPORT"}, order
            assert await export(bench, NOTIFICATION_COMMAND) == []


async def test_whichever_version_of_notifications_comes_first_the_newest_decides(benches: Benches) -> None:
    events = [notifications(n, draft("1:now:7", currentTraineeLastName=f"Name{n}")) for n in (1, 2, 3)]
    for order in benches.some(orders(events)):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*([one] for one in order))
            [record] = (await bench.all(NOTIFICATIONS)).values()
            assert (record.state.value, record.fields["currentTraineeLastName"]) == ("TO_EXPORT", "Name3")


def moved(dates: str) -> Message:
    version = {"old": 1, "new": 2, "old again": 3, "new again": 4}[dates]
    return notifications(version, draft("4:9", "4", fact=dates.split()[0], held="old"))


async def test_a_type_4_is_told_once_and_again_when_the_dates_go_back(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        rows = []
        for occasion in ("old", "new", "new again"):
            await bench.deliver([moved(occasion)])
            rows.append(len(await said(bench)))
        assert (rows, await said(bench)) == ([0, 1, 1], {"4:9#1": "TO_EXPORT"})
        assert len(await export(bench, NOTIFICATION_COMMAND)) == 1
        back = notifications(5, draft("4:9", "4", fact="old", held="old"))
        await bench.deliver([back])
        assert await said(bench) == {"4:9#1": "EXPORTED", "4:9#2": "TO_EXPORT"}


async def test_a_type_4_that_was_never_sent_ends_when_the_dates_go_back(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([moved("new")], [moved("old again")])
        assert await said(bench) == {"4:9#1": "DELETED_BEFORE_EXPORT"}
        await bench.deliver([moved("new again")])
        assert await said(bench) == {"4:9#1": "TO_EXPORT"}


async def test_what_esr_was_sent_with_other_columns_is_followed_by_a_new_notification(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([notifications(1, draft("1:now:7", currentTraineeLastName="Oldname"))])
        await export(bench, NOTIFICATION_COMMAND)
        await bench.deliver([notifications(3, draft("1:now:7", currentTraineeLastName="Newname"))])
        await bench.deliver([notifications(2, draft("1:now:7", currentTraineeLastName="Oldname"))])
        assert await said(bench) == {"1:now:7#1": "EXPORTED", "1:now:7#2": "TO_EXPORT"}


SUCCESS_LAST = [apc(2, "FAIL"), apc(3, "SUCCESS")]


@pytest.mark.parametrize(
    ("answers", "state"), [(SUCCESS_LAST, "CONFIRMED"), ([apc(2), apc(3, "FAIL")], "REJECTED")]
)
async def test_of_several_answers_about_an_applicant_the_last_row_counts_in_whatever_order(
    benches: Benches, answers: list[Message], state: str
) -> None:
    cases = [parts for order in orders(answers) for parts in splits(order)]
    for parts in benches.some(cases):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver([applicants(1, applicant(1))])
            await export(bench, APPLICANT_COMMAND)
            await bench.deliver(*parts)
            assert (await waiting(bench))[1][0] == state, parts
            assert sum((await bench.rows(APC)).values()) == 2


async def test_everything_that_esr_answers_is_kept_whole_in_the_order_of_its_rows(benches: Benches) -> None:
    warning = apc(2, kind="warning", text='Postcode "YO12 5EX," not recognised')
    for order in benches.some(orders([warning, apc(3, kind="INFO")])):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver([applicants(1, applicant(1))])
            await export(bench, APPLICANT_COMMAND)
            await bench.deliver(*([one] for one in order))
            [record] = (await bench.all(APPLICANTS)).values()
            assert [(a.row, a.status, a.kind, a.text) for a in record.answers] == [
                (2, "SUCCESS", "WARNING", 'Postcode "YO12 5EX," not recognised'),
                (3, "SUCCESS", "INFO", ""),
            ]
            assert (record.answers[0].file, record.answers[0].is_warning) == (APC, True)


async def test_of_several_answers_about_a_notification_the_last_row_counts_in_whatever_order(
    benches: Benches,
) -> None:
    for order in benches.some(orders([dcc(2, "FAIL"), dcc(3), dcc(4, "FAIL")])):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver([notifications(1, draft("1:now:7"))])
            await export(bench, NOTIFICATION_COMMAND)
            await bench.deliver(*([one] for one in order))
            assert await said(bench) == {"1:now:7#1": "REJECTED"}, order
            assert sum((await bench.rows(DCC)).values()) == 3


async def test_an_answer_to_nothing_that_was_sent_is_unmatched(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([apc(2)], [dcc(2)])
        assert (await bench.rows(APC), await bench.rows(DCC)) == (
            {RowState.UNMATCHED: 1},
            {RowState.UNMATCHED: 1},
        )


async def test_an_answer_stays_when_the_position_is_generated_again(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        for order in orders([apc(2), applicants(2, applicant(1, surname="Newname"))]):
            await bench.send(*order)
            await bench.finish()
        assert await waiting(bench) == {1: ("CONFIRMED", "Specimen")}


async def test_a_record_is_compared_with_tis_before_it_is_sent(benches: Benches) -> None:
    """Both kinds, where they were built on an earlier day: each position is asked for once, and the file waits."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), applicant(2), built_on=YESTERDAY)])
        [command] = await asked(bench, APPLICANT_COMMAND)
        await bench.handle(command)
        await bench.handle(command)
        assert await bench.told(DUE, PositionDue) == [PositionDue(position_id=1)]
        assert list(bench.out.iterdir()) == []
        await bench.deliver([applicants(2, applicant(2, surname="Compared"))])
        [row] = await export(bench, APPLICANT_COMMAND)
        assert "Compared" in row


async def asked(bench: Bench, command: str) -> list[Message]:
    work = bench.runner.work()
    ask(work, command, bench.today[0], ["EOE"], "by the clock")
    await work.commit()
    return await bench.waiting(f"esr.queue.{command}", 1)


async def test_a_record_that_waited_over_midnight_is_compared_with_tis(benches: Benches) -> None:
    """What counts is the day on which TIS was asked, not the one on which its answer was stored."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([notifications(1, draft("1:now:7"), built_on=YESTERDAY)])
        [command] = await asked(bench, NOTIFICATION_COMMAND)
        await bench.handle(command)
        assert await bench.told(DUE, PositionDue) == [PositionDue(position_id=1)]
        await bench.deliver([notifications(2, draft("1:now:7"))])
        assert len(await export(bench, NOTIFICATION_COMMAND)) == 1


async def test_what_tis_was_asked_about_today_goes_at_once(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        assert len(await export(bench, APPLICANT_COMMAND)) == 1
        assert await bench.told(DUE, PositionDue) == []


async def test_what_tis_said_hours_ago_is_compared_with_it_on_the_same_day_too(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), hours_ago=8)])
        [command] = await asked(bench, APPLICANT_COMMAND)
        await bench.handle(command)
        assert await bench.told(DUE, PositionDue) == [PositionDue(position_id=1)]
        await bench.deliver([applicants(2, applicant(1))])
        assert len(await export(bench, APPLICANT_COMMAND)) == 1


async def test_what_could_not_be_compared_in_time_stays_for_the_next_file(benches: Benches) -> None:
    """A position whose message is parked: the others go, and it isn't sent as it was."""
    async with benches.open(EXPORTER, nowhere(), export_wait=0.0) as bench:
        await bench.deliver([applicants(1, applicant(1), hours_ago=8)], [applicants(1, applicant(2), of=2)])
        assert len(await export(bench, APPLICANT_COMMAND)) == 1
        found = (await bench.all(APPLICANTS)).values()
        assert {record.position_id: record.state.value for record in found} == {1: "TO_EXPORT", 2: "EXPORTED"}


async def test_nothing_becomes_stale_while_its_file_is_being_made(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is slow, or slept, between the comparison and the file: the row is in this one, not the next."""
    real, judged = Work.time, ExportRun.stale

    async def then_two_hours_pass(run: ExportRun, day: date, deaneries: list[str], **more: Any) -> Any:
        found = await judged(run, day, deaneries, **more)
        monkeypatch.setattr(Work, "time", lambda work: real(work) + 7200)
        return found

    monkeypatch.setattr(ExportRun, "stale", then_two_hours_pass)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        assert len(await export(bench, APPLICANT_COMMAND)) == 1


async def test_nothing_becomes_stale_while_an_export_waits_for_the_comparison_of_something_else(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Work.time
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), hours_ago=8)], [applicants(1, applicant(2), of=2)])
        [command] = await asked(bench, APPLICANT_COMMAND)
        await bench.handle(command)
        monkeypatch.setattr(Work, "time", lambda work: real(work) + 7200)
        await bench.handle(command)
        assert await bench.told(DUE, PositionDue) == [PositionDue(position_id=1)]
        found = (await bench.all(APPLICANTS)).values()
        assert {record.position_id: record.state.value for record in found} == {1: "TO_EXPORT", 2: "EXPORTED"}


async def test_an_export_for_a_day_to_come_needs_no_comparison_that_cannot_be(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        work = bench.runner.work()
        ask(work, APPLICANT_COMMAND, TODAY + timedelta(days=1), ["EOE"], "by hand")
        await work.commit()
        await bench.finish()
        assert [path.name for path in bench.out.iterdir()] == ["DE_EOE_APP_20261125_00000008.DAT"]


async def test_a_record_that_does_not_say_its_day_is_compared_with_tis(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), built_on=None)])
        [command] = await asked(bench, APPLICANT_COMMAND)
        await bench.handle(command)
        assert await bench.told(DUE, PositionDue) == [PositionDue(position_id=1)]
