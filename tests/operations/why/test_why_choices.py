"""A number that a placement, a position and a person have is answered with its meanings and how to say which. On both engines."""

from tests.operations.applicant_records import EXPORTER, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.explain import explain
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

NUMBER = 7_200_001


async def asked(bench: Bench, word: str) -> Explanation:
    reader = bench.reader()
    try:
        return await explain(reader, word, TODAY)
    finally:
        reader.close()


async def test_each_meaning_is_offered_and_answered_when_it_is_named(benches: Benches) -> None:
    position = Position(
        position_id=NUMBER,
        position_number=4,
        deanery_number="EOE/RX1/800/STR/0009",
        status="MATCHED",
        post_id=9,
    )
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(POSITIONS, position)
        await bench.keep(APPLICANTS, record(NUMBER, starting(1)), record(5, starting(2)))
        found = await asked(bench, f"{NUMBER}")
        assert (found.answers, found.known) == ([], True)
        assert [choice.word for choice in found.choices] == [
            f"placement:{NUMBER}",
            f"position:{NUMBER}",
            f"gmc:{NUMBER}",
        ]
        assert [choice.what for choice in found.choices] == [
            f"placement {NUMBER} (EOE/RX1/800/STR/0001, 23 Feb 2027 to 11 Sep 2027)",
            f"position {NUMBER} (number 4, EOE/RX1/800/STR/0009)",
            "the person with this GMC number",
        ]
        placement = await asked(bench, f"placement:{NUMBER}")
        assert [answer.about.split(" for ")[0] for answer in placement.answers] == [f"Placement {NUMBER}"]
        of_position = await asked(bench, f"Position:{NUMBER}")
        assert [answer.about for answer in of_position.answers] == [
            f"Position {NUMBER} (number 4, EOE/RX1/800/STR/0009)"
        ]
        person = await asked(bench, f"gmc:{NUMBER}")
        assert {answer.about.split(" for ")[0] for answer in person.answers} == {
            f"Placement {NUMBER}",
            "Placement 5",
        }


async def test_a_number_with_one_meaning_is_answered_at_once(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, msg := record(5, starting(2), gmc_number="7200009"))
        for word in ("5", "7200009", "placement:5", "gmc:7200009"):
            found = await asked(bench, word)
            assert found.choices == []
            assert f"Placement {msg.placement_id} for position 1 " in found.answers[0].about
        assert not (await asked(bench, "position:5")).known
