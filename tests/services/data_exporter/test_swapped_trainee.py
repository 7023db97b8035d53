"""A trainee swapped within a placement: the new one is sent by a record of their own, the one that was sent stays as sent."""

import asyncio
from contextlib import closing
from datetime import timedelta

import msgspec
import pytest
from tests.services.bench import Bench, Benches, orders
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.data_exporter.test_resend import APP
from tests.services.records import apc, applicant, applicants

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.envelope import Message
from tis_esr.operations.resending import Plan, plan, requeue_rows
from tis_esr.services.contracts.bodies import Applicant
from tis_esr.services.contracts.commands import APPLICANT_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS


def of(person: int) -> Applicant:
    """Return the applicant of placement 1, position 1, if this person has the placement."""
    usual = applicant(1, surname=f"Specimen{person}")
    fields = {**usual.fields, "professionalBodies.0.regNumber": f"{7_200_000 + person}"}
    return msgspec.structs.replace(usual, person_id=person, fields=fields)


async def records(bench: Bench) -> list[tuple[str, str]]:
    """Return surname and state of each applicant record: those replaced, then the one in its placement's place."""
    found = sorted((await bench.all(APPLICANTS)).values(), key=lambda record: not record.replaced)
    return [(record.fields["lastName"], record.state.value) for record in found]


async def swapped_after_export(bench: Bench, *after: Message) -> None:
    await bench.deliver([applicants(1, of(1))])
    await export(bench, APPLICANT_COMMAND)
    await bench.deliver(*([one] for one in after))


async def test_the_new_trainee_has_a_record_of_their_own_and_is_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)))
        assert await records(bench) == [("Specimen1", "EXPORTED"), ("Specimen2", "TO_EXPORT")]
        rows = await export(bench, APPLICANT_COMMAND, "another")
        assert [row.split(",")[3] for row in rows] == ['"Specimen1"', '"Specimen2"']


async def test_what_is_generated_again_changes_neither(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)))
        await export(bench, APPLICANT_COMMAND, "another")
        await bench.deliver([applicants(3, of(2))])
        assert await records(bench) == [("Specimen1", "EXPORTED"), ("Specimen2", "EXPORTED")]


async def test_a_swap_before_anything_was_sent_updates_the_record(benches: Benches) -> None:
    for order in orders([applicants(1, of(1)), applicants(2, of(2))]):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await records(bench) == [("Specimen2", "TO_EXPORT")], order


async def test_in_whatever_order_the_swaps_after_it_arrive_the_last_trainee_is_sent(benches: Benches) -> None:
    swaps = [applicants(2, of(2)), applicants(3, of(3))]
    for order in orders(swaps):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await swapped_after_export(bench, *order)
            assert await records(bench) == [("Specimen1", "EXPORTED"), ("Specimen3", "TO_EXPORT")], order


async def test_a_swap_that_is_undone_before_the_next_file_sends_nobody(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)), applicants(3, of(1)))
        assert len(await export(bench, APPLICANT_COMMAND, "another")) == 1
        assert await records(bench) == [("Specimen1", "EXPORTED"), ("Specimen1", "DELETED_BEFORE_EXPORT")]
        await bench.deliver([applicants(4, of(2))])
        assert await records(bench) == [("Specimen1", "EXPORTED"), ("Specimen2", "TO_EXPORT")]


async def test_a_rejected_trainee_is_not_resent_with_the_data_of_another(benches: Benches) -> None:
    events = [apc(2, "FAIL"), applicants(2, of(2))]
    for order in orders(events):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await swapped_after_export(bench, *order)
            assert await records(bench) == [("Specimen1", "REJECTED"), ("Specimen2", "TO_EXPORT")], order


async def test_each_ones_confirmation_is_attached_to_their_own_record(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)))
        await export(bench, APPLICANT_COMMAND, "another")
        await bench.deliver([apc(2)])
        assert await records(bench) == [("Specimen1", "CONFIRMED"), ("Specimen2", "EXPORTED")]


@pytest.mark.parametrize("said", ["SUCCESS", "FAIL"])
async def test_a_late_answer_to_an_earlier_sending_of_a_replaced_trainee_is_not_the_new_ones(
    benches: Benches, said: str
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench)
        await requeue_rows(bench.runner.work, Plan(APP, "EOE", {1: "1:1"}, []), bench.today[0])
        await bench.deliver([applicants(2, of(1))])
        await export(bench, APPLICANT_COMMAND, "another")
        await bench.deliver([applicants(3, of(2))])
        await export(bench, APPLICANT_COMMAND, "a third")
        await bench.deliver([apc(2, said)])
        first = "CONFIRMED" if said == "SUCCESS" else "EXPORTED"
        assert await records(bench) == [("Specimen1", first), ("Specimen2", "EXPORTED")]
        assert (await bench.all(APPLICANTS))["1:1"].answers == []


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        (False, "placement 1 had another trainee since, or another record was sent for it"),
        (True, "it was resent in DE_EOE_APP_20261124_00000014.DAT, row 1"),
    ],
    ids=["before it was resent", "after it was resent"],
)
async def test_a_row_of_a_replaced_trainee_is_not_said_to_have_gone_with_the_new_ones_file(
    benches: Benches, again: bool, reason: str
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench)
        await requeue_rows(bench.runner.work, Plan(APP, "EOE", {1: "1:1"}, []), bench.today[0])
        if again:
            await bench.deliver([applicants(2, of(1))])
            await export(bench, APPLICANT_COMMAND, "another")
        await bench.deliver([applicants(3, of(2))])
        await export(bench, APPLICANT_COMMAND, "a third")
        day = bench.today[0] + timedelta(days=2)
        with closing(bench.reader()) as reader:
            found = await asyncio.to_thread(
                plan, reader, APP, None, day=day, window=ApplicantWindow(), due_days=1
            )
        assert (found.rows, [left.reason for left in found.left]) == ({}, [reason])
