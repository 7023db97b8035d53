"""``why`` of an alarm says what it means, since when it stands, and who must act. On both engines."""

from datetime import UTC, datetime

from tests.operations.applicant_records import EXPORTER
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.who import Who
from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmState
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.explain import explain


def missing(cause: str, state: AlarmState = AlarmState.ACTIVE) -> Alarm:
    at = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    return Alarm(
        id=f"file-missing:{cause}", kind="file-missing", state=state, severity=Severity.CRITICAL,
        members=["EOE", "LDN"], number=2, text="RMC of 24 Nov is missing for EOE, LDN", since=at, seen_at=at,
        owner="Testa Specimen",
    )  # fmt: skip


async def asked(bench: Bench, word: str) -> Explanation:
    reader = bench.reader()
    try:
        return await explain(reader, word, TODAY)
    finally:
        reader.close()


async def test_an_alarm_is_found_by_its_id_a_part_of_it_or_its_kind(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        idle = await asked(bench, "alarm:file-missing")
        await bench.keep(ALARMS, missing("RMC:2026-11-24"))
        found = [await asked(bench, word) for word in ("alarm:file-missing:RMC:2026-11-24", "file-missing")]
        await bench.keep(ALARMS, missing("APC:2026-11-24"))
        two = await asked(bench, "file-missing")
        nothing = await asked(bench, "alarm:storm")
        mistyped = await asked(bench, "storm")
    [answer] = idle.answers
    assert answer.sentence.startswith(
        "is not active. It is raised when a file that was expected on a day is not there"
    )
    assert found[0].answers == found[1].answers
    alarm, members = found[0].answers
    assert alarm.about == "Alarm file-missing:RMC:2026-11-24 (active, critical)"
    assert alarm.sentence == (
        "since 24 Nov 2026 15:30:00: RMC of 24 Nov is missing for EOE, LDN; Testa Specimen has it"
    )
    assert alarm.who is Who.SUPPORT
    assert alarm.action.startswith("tis-esr board shows what is missing")
    assert (members.about, members.sentence) == ("Members (2)", "EOE, LDN")
    assert [choice.word for choice in two.choices] == [
        "alarm:file-missing:APC:2026-11-24",
        "alarm:file-missing:RMC:2026-11-24",
    ]
    assert (two.known, two.answers) == (True, [])
    assert nothing.answers[0].sentence.startswith("is not an alarm; the kinds are ")
    assert mistyped.answers[0].sentence.startswith("is probably mistyped")
    assert (nothing.known, mistyped.known) == (False, False)


async def test_nobody_acts_on_an_alarm_that_is_cleared(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(ALARMS, missing("RMC:2026-11-24", AlarmState.CLEARED))
        [answer, _] = (await asked(bench, "alarm:file-missing:RMC:2026-11-24")).answers
    assert (answer.who, answer.action) == (Who.NOBODY, "")
    assert "(cleared, critical)" in answer.about
