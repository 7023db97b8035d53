"""Alarms in the store, on both engines: two processes at once raise one alarm, and people's acts are kept and audited."""

import asyncio
from datetime import date, timedelta
from random import Random

import pytest
from tests.operations.alarms.invented import DAY, NOON, gap, judged
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.errors import UsageError
from tis_esr.operations.alarms import acts
from tis_esr.operations.alarms.alarm import ALARMS, AlarmState, What
from tis_esr.operations.alarms.deliveries import DELIVERIES, DeliveryState
from tis_esr.operations.alarms.evaluation import Receivers, store
from tis_esr.operations.alarms.notice import Notice
from tis_esr.operations.alarms.overview import in_london, overview
from tis_esr.operations.audit.trail import Person, entries, verify
from tis_esr.simulation.days.generated_world import World

ANN = Person("ann")
BOTH = Receivers(sinks=["slack", "mail"], runbooks="https://docs.example/runbooks/")
REFUSED = "file-refused:RMT"


def world() -> World:
    return World(TODAY, Random(1))


async def judge(
    bench: Bench, *causes: str, at: object = NOON, kinds: tuple[str, ...] = ()
) -> list[What | None]:
    changed = await store(bench.runner.work, judged(*map(gap, causes), kinds=kinds), BOTH, DAY, at)  # type: ignore[arg-type]
    return [change.what for change in changed]


async def test_two_processes_at_once_raise_an_alarm_once_with_one_message_to_each_receiver(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        found = await asyncio.gather(*(judge(bench, "RMT") for _ in range(4)))
        assert [what for some in found for what in some if what] == [What.RAISED]
        assert {key: alarm.times for key, alarm in (await bench.all(ALARMS)).items()} == {REFUSED: 1}
        sent = (await bench.all(DELIVERIES)).values()
        assert sorted(one.sink for one in sent) == ["mail", "slack"]
        notice = next(iter(sent)).notice
        assert notice.runbook == "https://docs.example/runbooks/file-refused.md"
        assert notice.title == "WARNING raised: file-refused"


async def test_a_receiver_that_was_down_gets_the_newest_message_of_an_alarm_only(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        for hour in range(0, 40, 8):
            await judge(bench, "RMT", at=NOON + timedelta(hours=hour))
        await judge(bench, at=NOON + timedelta(hours=41), kinds=("file-refused",))
        states = [(one.sink, one.state, one.notice.what) for one in (await bench.all(DELIVERIES)).values()]
        waiting = [(sink, what) for sink, state, what in states if state is DeliveryState.WAITING]
        assert sorted(waiting) == [("mail", "CLEARED"), ("slack", "CLEARED")]
        assert len(states) == 12


async def test_an_alarm_is_owned_noted_and_silenced_and_each_act_is_in_the_audit(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await judge(bench, "RMT")
        until = TODAY + timedelta(days=2)
        for act in (
            lambda work: acts.own(work, ANN, REFUSED, "ben"),
            lambda work: acts.note(work, ANN, REFUSED, "ticket 4711"),
            lambda work: acts.silence(work, ANN, REFUSED, until, "ESR knows"),
        ):
            work = bench.runner.work()
            await act(work)
            await work.commit()
        [alarm] = (await bench.all(ALARMS)).values()
        assert (alarm.owner, alarm.silenced_until) == ("ben", until)
        said = [(event.what.value, event.who, event.text) for event in alarm.events[1:]]
        assert said == [
            ("OWNED", "ann", "ben"),
            ("NOTED", "ann", "ticket 4711"),
            ("SILENCED", "ann", f"until {until}: ESR knows"),
        ]
        trail = [(entry.act, entry.on, entry.why) for entry in entries(bench.reader())]
        assert trail == [
            ("alarm.silence", [REFUSED], "ESR knows"),
            ("alarm.note", [REFUSED], "ticket 4711"),
            ("alarm.own", [REFUSED], "ben"),
        ]
        assert verify(bench.reader()).broken_at == 0


async def test_an_act_and_an_evaluation_at_one_moment_lose_nothing_of_each_other(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await judge(bench, "RMT")
        work = bench.runner.work()
        await acts.own(work, ANN, REFUSED, "ann")
        await work.commit()
        await judge(bench, "RMT", at=NOON + timedelta(hours=30))
        [alarm] = (await bench.all(ALARMS)).values()
        assert (alarm.owner, alarm.severity.value) == ("ann", "warning")


async def test_test_messages_are_in_the_audit_also_if_another_act_is_recorded_at_the_same_moment(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        sent: list[str] = []

        class Slack:
            name = "slack"

            async def send(self, notice: Notice) -> None:
                sent.append(notice.id)

        tests = await acts.test(ANN, NOON, [Slack()])

        async def audit() -> None:
            work = bench.runner.work()
            await acts.record_test(work, ANN, tests)
            await work.commit()

        await asyncio.gather(*(bench.runner.patiently("the audit", audit) for _ in range(3)))
        trail = [(entry.act, entry.on, entry.result) for entry in entries(bench.reader())]
        assert trail == [("alarm.test", ["slack"], "slack: accepted")] * 3
        assert len(sent) == 1


async def test_an_alarm_is_found_by_a_part_of_its_id_and_an_ambiguous_part_names_the_choices(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await judge(bench, "2026-11-23", "2026-11-24")
        assert acts.find(bench.reader(), "11-23").id == "file-refused:2026-11-23"
        with pytest.raises(
            UsageError, match="'file' is ambiguous: file-refused:2026-11-23, file-refused:2026-11-24"
        ):
            acts.find(bench.reader(), "file")
        with pytest.raises(
            UsageError, match="no alarm has the id 'x'; tis-esr alarms list shows the active ones"
        ):
            acts.find(bench.reader(), "x")


async def test_a_silence_has_an_end_within_reach_and_a_day_that_is_past_ends_it(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await judge(bench, "RMT")
        with pytest.raises(UsageError, match="is too far away"):
            await acts.silence(bench.runner.work(), ANN, REFUSED, date(2099, 1, 1), "why not")
        assert (await acts.silence(bench.runner.work(), ANN, REFUSED, TODAY, "over")).silenced_until is None


async def test_the_overview_has_active_alarms_and_says_that_nobody_judges(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        assert overview(bench.reader(), [], NOON).is_stale
        await judge(bench, "RMT")
        await judge(bench, kinds=("file-refused",))
        await judge(bench, "APC")
        now = bench.runner.work().time()
        seen = overview(bench.reader(), ["slack"], NOON.fromtimestamp(now, NOON.tzinfo), cleared=True)
        assert [(alarm.id, alarm.state) for alarm in seen.alarms] == [
            ("file-refused:APC", AlarmState.ACTIVE),
            (REFUSED, AlarmState.CLEARED),
        ]
        assert not seen.is_stale
        assert [(sink.sink, sink.waiting) for sink in seen.sinks] == [("slack", 2)]


async def test_an_owner_a_note_and_a_reason_without_text_are_refused(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await judge(bench, "RMT")
        until = TODAY + timedelta(days=2)
        for act in (
            lambda work: acts.own(work, ANN, REFUSED, " "),
            lambda work: acts.note(work, ANN, REFUSED, ""),
            lambda work: acts.silence(work, ANN, REFUSED, until, " "),
        ):
            with pytest.raises(UsageError):
                await act(bench.runner.work())


async def test_a_silence_that_is_over_is_not_shown_as_in_force(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await judge(bench, "RMT")
        until = TODAY + timedelta(days=2)
        work = bench.runner.work()
        await acts.silence(work, ANN, REFUSED, until, "ESR knows")
        await work.commit()
        [alarm] = (await bench.all(ALARMS)).values()
    assert in_london(alarm, until - timedelta(days=1)).silenced_until == until
    assert in_london(alarm, until).silenced_until is None
