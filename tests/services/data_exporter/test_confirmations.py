"""What ESR answers is attached to what it was sent, whatever it names and however it comes; the rest costs nothing."""

from typing import Any

import msgspec
import pytest
from tests.services.bench import Bench, Benches, message, orders, splits
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere, said
from tests.services.records import APC, DCC, NPN, apc, applicant, applicants, dcc, draft, notifications

from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import RowState
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, RESENT, ApplicantRecord

OTHER_APC, OTHER_DCC = APC.replace("0008", "0099"), DCC.replace("0008", "0099")


def says(row: int, file: str = APC, status: str = "FAIL", **values: Any) -> Message:
    """Return an APC row: of position 1, without its row in the APP, unless ``values`` say otherwise."""
    columns = {"positionId": 1, "positionNumber": 1001, "loadStatusCode": status, **values}
    return message("esr.queue.apc.split", (file, row), columns, file, row)


def of_notification(number: int, file: str = DCC, **values: Any) -> Message:
    columns = {"loadStatusCode": "SUCCESS", **values}
    return message("esr.queue.dcc.split", (file, number), columns, file, number)


async def states(bench: Bench) -> dict[int, str]:
    found = (await bench.all(APPLICANTS)).values()
    return {record.placement_id: record.state.value for record in found}


async def only(bench: Bench) -> ApplicantRecord:
    [record] = (await bench.all(APPLICANTS)).values()
    return record


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(2), id="no row"),
        pytest.param(says(2, esrVacancyId=77), id="a row that the file does not have"),
        pytest.param(says(2, esrVacancyId=2), id="a row counted with the HDR"),
        pytest.param(says(2, file=OTHER_APC, esrVacancyId=1), id="a number that no file of ours has"),
        pytest.param(says(2, deaneryNumber=NPN), id="the post number as well"),
    ],
)
async def test_an_applicant_is_found_by_position_number_and_date_where_the_row_does_not_say(
    benches: Benches, answer: Message
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        await bench.deliver([answer])
        assert await states(bench) == {1: "REJECTED"}
        assert await bench.rows(answer.source_file) == {RowState.APPLIED: 1}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(2, positionNumber=7), id="another position number"),
        pytest.param(says(2, deaneryNumber="EOE/RX1/800/STR/0002"), id="another post"),
        pytest.param(says(2, positionId=5), id="another position"),
        pytest.param(says(2, file="DE_EOE_APC_20261123_00000008.DAT"), id="another day"),
        pytest.param(says(2, file="DE_KSS_APC_20261124_00000099.DAT"), id="another deanery"),
    ],
)
async def test_an_answer_about_something_else_changes_nothing_and_its_neighbour_counts(
    benches: Benches, answer: Message
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))], [applicants(1, applicant(2), of=2)])
        await export(bench, APPLICANT_COMMAND)
        neighbour = says(3, status="SUCCESS", positionId=2, positionNumber=1002)
        await bench.deliver([answer, neighbour])
        assert await states(bench) == {1: "EXPORTED", 2: "CONFIRMED"}
        assert (await bench.rows(answer.source_file))[RowState.UNMATCHED] == 1


async def test_of_two_applicants_for_a_position_an_answer_without_a_row_says_neither(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), applicant(2))])
        await export(bench, APPLICANT_COMMAND)
        await bench.deliver([says(2), says(3, esrVacancyId=2)])
        assert await states(bench) == {1: "EXPORTED", 2: "REJECTED"}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(of_notification(2, positionId=1), "CONFIRMED", id="no row"),
        pytest.param(of_notification(2, positionId=1, row=9), "CONFIRMED", id="no such row"),
        pytest.param(
            of_notification(2, OTHER_DCC, positionId=1, notificationTitleCode="1"),
            "CONFIRMED",
            id="no such file",
        ),
        pytest.param(
            of_notification(2, positionId=1, notificationTitleCode="4"), "EXPORTED", id="another type"
        ),
        pytest.param(of_notification(2, row=1, positionId=2), "EXPORTED", id="another position"),
        pytest.param(of_notification(2), "EXPORTED", id="nothing to go by"),
    ],
)
async def test_a_notification_is_found_by_position_type_and_date_where_the_row_does_not_say(
    benches: Benches, answer: Message, state: str
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([notifications(1, draft("1:now:7"))])
        await export(bench, NOTIFICATION_COMMAND)
        await bench.deliver([answer])
        assert await said(bench) == {"1:now:7#1": state}
        [record] = (await bench.all(NOTIFICATIONS)).values()
        assert len(record.answers) == (state == "CONFIRMED")


async def test_the_same_answer_twice_is_one(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        again = message("esr.queue.apc.split", "again", {"positionId": 1, "loadStatusCode": "FAIL"}, APC, 2)
        await bench.deliver([apc(2, "FAIL")], [again])
        assert len((await only(bench)).answers) == 1


REJECTED = apc(2, "FAIL", text="surname not accepted")
CHANGED, BACK = applicants(2, applicant(1, surname="Newname")), applicants(3, applicant(1))
GONE = applicants(4)


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ([REJECTED, CHANGED], ("TO_EXPORT", "Newname", None)),
        ([REJECTED, CHANGED, BACK], ("REJECTED", "Specimen", 1)),
        ([REJECTED, CHANGED, BACK, GONE], ("REJECTED", "Specimen", 1)),
        ([REJECTED, CHANGED, GONE], ("REJECTED", "Specimen", 1)),
        ([apc(2), CHANGED], ("CONFIRMED", "Specimen", 1)),
        ([REJECTED, apc(3), CHANGED], ("CONFIRMED", "Specimen", 1)),
        ([apc(2), apc(3, "FAIL"), CHANGED], ("TO_EXPORT", "Newname", None)),
        ([CHANGED, GONE], ("EXPORTED", "Specimen", 1)),
        ([REJECTED, applicants(2, applicant(1, missing=("dob",), surname="X"))], ("INVALID_DATA", "X", None)),
    ],
)
async def test_what_esr_rejected_goes_again_once_tis_has_it_otherwise_in_whatever_order(
    benches: Benches, events: list[Message], end: tuple[str, str, int | None]
) -> None:
    cases = [parts for order in orders(events) for parts in splits(order)]
    for parts in benches.some(cases):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver([applicants(1, applicant(1))])
            await export(bench, APPLICANT_COMMAND)
            for part in parts:
                await bench.send(*part)
                await bench.finish()
            record = await only(bench)
            found = record.state.value, record.fields["lastName"], record.file_row
            assert found == end, [[m.queue for m in part] for part in parts]


async def test_it_goes_once_in_the_next_file_and_its_old_answer_stays_known(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        await bench.deliver([REJECTED], [CHANGED])
        rows = await export(bench, APPLICANT_COMMAND, "later")
        assert [row.split(",")[3] for row in rows] == ['"Specimen"', '"Newname"']
        assert len(await export(bench, APPLICANT_COMMAND, "later still")) == 2
        record = await only(bench)
        assert (record.state.value, record.file, record.file_row) == (
            "EXPORTED",
            "DE_EOE_APP_20261124_00000014.DAT",
            1,
        )
        assert [(a.text, a.of) for a in record.answers] == [
            ("surname not accepted", "DE_EOE_APP_20261124_00000008.DAT")
        ]
        second = says(2, "DE_EOE_APC_20261124_00000014.DAT", "SUCCESS", esrVacancyId=1)
        await bench.deliver([second])
        assert await states(bench) == {1: "CONFIRMED"}


async def test_a_placement_that_replaces_one_that_esr_rejected_is_no_duplicate_of_it(
    benches: Benches,
) -> None:
    """TIS corrects a placement by another one: the same person, position and start, of which ESR has nothing."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        instead = applicant(2)
        instead.fields["professionalBodies.0.regNumber"] = "7200001"
        replaced = msgspec.structs.replace(instead, person_id=1)
        await bench.deliver([REJECTED], [applicants(2, replaced)])
        await export(bench, APPLICANT_COMMAND, "later")
        assert await states(bench) == {1: "REJECTED", 2: "EXPORTED"}


async def test_a_late_word_on_the_first_file_counts_after_the_second_went(benches: Benches) -> None:
    """ESR has the applicant by the first file, so it says of the second that it knows them: they are there."""
    late = apc(3)
    second = says(2, "DE_EOE_APC_20261124_00000014.DAT", "FAIL", esrVacancyId=1)
    for order in benches.some(orders([late, second])):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver([applicants(1, applicant(1))])
            await export(bench, APPLICANT_COMMAND)
            await bench.deliver([REJECTED], [CHANGED])
            await export(bench, APPLICANT_COMMAND, "later")
            await bench.deliver(*([one] for one in order))
            assert await states(bench) == {1: "CONFIRMED"}, order
            assert len((await only(bench)).answers) == 3


async def test_the_first_sending_is_kept_as_it_was(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        await bench.deliver([REJECTED], [CHANGED])
        [kept] = (await bench.all(RESENT)).values()
        assert (kept.file, kept.row, kept.record.fields["lastName"]) == (
            "DE_EOE_APP_20261124_00000008.DAT",
            1,
            "Specimen",
        )


async def test_an_answer_of_a_broken_form_costs_only_itself(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))], [notifications(1, draft("1:now:7"))])
        await export(bench, APPLICANT_COMMAND)
        await export(bench, NOTIFICATION_COMMAND)
        broken = message("esr.queue.apc.split", "broken", {"positionId": 1}, APC, 5)
        await bench.deliver([broken, apc(2)], [dcc(2)])
        assert await states(bench) == {1: "CONFIRMED"}
        assert await said(bench) == {"1:now:7#1": "CONFIRMED"}
        assert len(await bench.parked()) == 1
