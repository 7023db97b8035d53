"""A trainee swapped within a placement: the new one is sent by a record of their own, the one that was sent stays as sent."""

import msgspec
from tests.services.bench import Bench, Benches, orders
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import apc, applicant, applicants

from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import Applicant
from tis_esr.services.contracts.commands import APPLICANT_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS


def of(person: int) -> Applicant:
    """Return the applicant of placement 1, position 1, if this person has the placement."""
    usual = applicant(1, surname=f"Specimen{person}")
    fields = {**usual.fields, "professionalBodies.0.regNumber": f"{7_200_000 + person}"}
    return msgspec.structs.replace(usual, person_id=person, fields=fields)


async def records(bench: Bench) -> dict[str, tuple[str, str]]:
    """Return state and surname of each applicant record, by its key."""
    found = (await bench.all(APPLICANTS)).items()
    return {key: (record.state.value, record.fields["lastName"]) for key, record in found}


async def swapped_after_export(bench: Bench, *after: Message) -> None:
    await bench.deliver([applicants(1, of(1))])
    await export(bench, APPLICANT_COMMAND)
    await bench.deliver(*([one] for one in after))


async def test_the_new_trainee_has_a_record_of_their_own_and_is_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)))
        assert await records(bench) == {
            "1:1": ("EXPORTED", "Specimen1"),
            "1:1:2": ("TO_EXPORT", "Specimen2"),
        }
        rows = await export(bench, APPLICANT_COMMAND, "another")
        assert [row.split(",")[3] for row in rows] == ['"Specimen1"', '"Specimen2"']


async def test_what_is_generated_again_changes_neither(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)))
        await export(bench, APPLICANT_COMMAND, "another")
        await bench.deliver([applicants(3, of(2))])
        assert await records(bench) == {"1:1": ("EXPORTED", "Specimen1"), "1:1:2": ("EXPORTED", "Specimen2")}


async def test_a_swap_before_anything_was_sent_updates_the_record(benches: Benches) -> None:
    for order in orders([applicants(1, of(1)), applicants(2, of(2))]):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await records(bench) == {"1:1": ("TO_EXPORT", "Specimen2")}, order


async def test_in_whatever_order_the_swaps_after_it_arrive_the_last_trainee_is_sent(benches: Benches) -> None:
    swaps = [applicants(2, of(2)), applicants(3, of(3))]
    for order in orders(swaps):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await swapped_after_export(bench, *order)
            found = await records(bench)
            assert found.pop("1:1:2", ("DELETED_BEFORE_EXPORT", ""))[0] == "DELETED_BEFORE_EXPORT"
            assert found == {"1:1": ("EXPORTED", "Specimen1"), "1:1:3": ("TO_EXPORT", "Specimen3")}, order


async def test_a_swap_that_is_undone_before_the_next_file_sends_nobody(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)), applicants(3, of(1)))
        assert await records(bench) == {
            "1:1": ("EXPORTED", "Specimen1"),
            "1:1:2": ("DELETED_BEFORE_EXPORT", "Specimen2"),
        }
        await bench.deliver([applicants(4, of(2))])
        assert (await records(bench))["1:1:2"] == ("TO_EXPORT", "Specimen2")


async def test_a_rejected_trainee_is_not_resent_with_the_data_of_another(benches: Benches) -> None:
    events = [apc(2, "FAIL"), applicants(2, of(2))]
    for order in orders(events):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await swapped_after_export(bench, *order)
            assert await records(bench) == {
                "1:1": ("REJECTED", "Specimen1"),
                "1:1:2": ("TO_EXPORT", "Specimen2"),
            }, order


async def test_each_ones_confirmation_is_attached_to_their_own_record(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await swapped_after_export(bench, applicants(2, of(2)))
        await export(bench, APPLICANT_COMMAND, "another")
        await bench.deliver([apc(2)])
        assert await records(bench) == {"1:1": ("CONFIRMED", "Specimen1"), "1:1:2": ("EXPORTED", "Specimen2")}
