"""What ESR would not load is held back with its reason before a file appears; the rest goes. On both engines."""

from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import applicant, applicants, draft, notifications

from tis_esr.services.contracts.bodies import Applicant
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, OUTBOUND_FILES


def broken(one: Applicant, **changes: object) -> Applicant:
    one.fields.update(changes)
    return one


async def standing(bench: Bench) -> dict[int, tuple[str, str]]:
    """Return state and reason of each applicant of position 1, by placement."""
    found = (await bench.all(APPLICANTS)).values()
    return {record.placement_id: (record.state.value, record.reason) for record in found}


async def test_a_value_that_breaks_its_column_holds_back_its_record_and_no_other(benches: Benches) -> None:
    """Whatever brought it into the store: the file used to be never written, with all its rows."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver(
            [applicants(1, applicant(1), broken(applicant(2), lastName="A" * 151), applicant(3))]
        )
        rows = await export(bench, APPLICANT_COMMAND)
        assert [row.split(",")[20] for row in rows] == ['"7200001"', '"7200003"']
        why = "held back: column lastName: it must have at most 150 characters, not 151"
        assert await standing(bench) == {1: ("EXPORTED", ""), 2: ("INVALID_DATA", why), 3: ("EXPORTED", "")}
        [file] = [file for file in (await bench.all(OUTBOUND_FILES)).values() if file.rows]
        assert (file.rows, file.held_back) == (2, 1)


async def test_a_postcode_that_esr_rejects_holds_back_its_record(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        odd = broken(applicant(1), **{"address.postcode": "Doha, Qatar"})
        await bench.deliver([applicants(1, odd)])
        assert await export(bench, APPLICANT_COMMAND) == []
        why = "held back: column address.postcode is not a valid British postcode"
        assert await standing(bench) == {1: ("INVALID_DATA", why)}


async def test_a_person_whom_tis_has_twice_goes_once_in_this_file_and_in_later_ones(benches: Benches) -> None:
    """ESR would quarantine the file: it knows people by their registration, not by TIS's ids."""
    same = {"professionalBodies.0.regNumber": "7200001"}
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), broken(applicant(2), **same))])
        assert len(await export(bench, APPLICANT_COMMAND)) == 1
        third = broken(applicant(3), **same)
        await bench.deliver([applicants(2, applicant(1), broken(applicant(2), **same), third)])
        assert len(await export(bench, APPLICANT_COMMAND, "again")) == 1
        found = await standing(bench)
        assert [state for state, _ in found.values()] == ["EXPORTED", "INVALID_DATA", "INVALID_DATA"]
        assert found[3][1].startswith(
            "held back: TIS has the same person twice, as 3 and 1: placement 1 brings"
        )


async def test_a_notification_that_breaks_a_column_is_held_back_and_no_other(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        odd = draft("1:next:8", employingOrgVPDCode="09612")
        await bench.deliver([notifications(1, draft("1:now:7"), odd)])
        assert len(await export(bench, NOTIFICATION_COMMAND)) == 1
        found = (await bench.all(NOTIFICATIONS)).values()
        assert {(r.about, r.state.value, r.reason) for r in found} == {
            ("1:1:now:7", "EXPORTED", ""),
            (
                "1:1:next:8",
                "INVALID_DATA",
                "held back: column employingOrgVPDCode: it must have at most 4 characters, not 5",
            ),
        }


async def test_what_was_held_back_goes_once_it_is_right(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, broken(applicant(1), firstName="Tes\x00ta"))])
        assert await export(bench, APPLICANT_COMMAND) == []
        await bench.deliver([applicants(2, applicant(1))])
        assert len(await export(bench, APPLICANT_COMMAND, "again")) == 1
        assert await standing(bench) == {1: ("EXPORTED", "")}
