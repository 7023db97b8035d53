"""Nothing that an alarm stores or sends tells of a person: values of a message's reason are left out."""

import msgspec
from tests.operations.alarms.invented import DAY, NOON, judged
from tests.operations.alarms.test_judges import trace
from tests.operations.alarms.test_stored_alarms import BOTH, world
from tests.services.bench import Benches
from tests.services.old_things import EXPORTER

from tis_esr.operations.alarms.alarm import ALARMS
from tis_esr.operations.alarms.deliveries import DELIVERIES
from tis_esr.operations.alarms.evaluation import store
from tis_esr.operations.alarms.judge_queues import parked
from tis_esr.operations.alarms.notice import Notice, lines_of

REASON = "column lastName ('Specimen-Testa') of GMC 7200001 does not fit \"Testa Specimen\""


async def test_values_in_the_reason_of_a_parked_message_are_neither_stored_nor_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        [found] = parked([trace(REASON, 25)])
        await store(bench.runner.work, judged(found), BOTH, DAY, NOON)
        [alarm] = (await bench.all(ALARMS)).values()
        sent = list((await bench.all(DELIVERIES)).values())
        assert len(sent) == 2
        for text in (
            *map(_written, sent),
            _written(alarm),
            *("\n".join(lines_of(one.notice)) for one in sent),
        ):
            assert "column lastName" in text
            assert "pecimen" not in text
            assert "7200001" not in text


def _written(document: msgspec.Struct) -> str:
    return msgspec.json.encode(document).decode()


def test_a_message_has_no_field_that_could_hold_anything_else() -> None:
    assert set(Notice.__struct_fields__) == {
        "id", "what", "alarm", "kind", "severity", "title", "text", "consequence", "members", "number", "since", "at",
        "who_acts", "owner", "to_do", "runbook",
    }  # fmt: skip
