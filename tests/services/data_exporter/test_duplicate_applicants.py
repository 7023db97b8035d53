"""The same person, position and start by two placements of TIS: ESR is sent one of them, and the other is said to be cancelled."""

import msgspec
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import apc, applicant, applicants

from tis_esr.services.contracts.commands import APPLICANT_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.services.data_exporter.pending_records import DUPLICATE

ONE = applicant(1)
TWIN = msgspec.structs.replace(ONE, placement_id=2)


async def states(bench: Bench) -> dict[str, tuple[str, str]]:
    """Return state and reason of each applicant record, by its key."""
    return {key: (record.state.value, record.reason) for key, record in (await bench.all(APPLICANTS)).items()}


async def test_the_cancelled_one_stays_cancelled_however_often_both_are_generated(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, ONE, TWIN)])
        await export(bench, APPLICANT_COMMAND)
        sent = {"1:1": ("EXPORTED", ""), "2:1": ("DELETED_BEFORE_EXPORT", DUPLICATE)}
        assert await states(bench) == sent
        await bench.deliver([applicants(2, ONE, TWIN)])
        assert await states(bench) == sent


async def test_once_esr_has_rejected_the_one_the_other_may_be_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, ONE, TWIN)])
        await export(bench, APPLICANT_COMMAND)
        await bench.deliver([apc(2, "FAIL")])
        await bench.deliver([applicants(2, ONE, TWIN)])
        assert {key: state for key, (state, _) in (await states(bench)).items()} == {
            "1:1": "REJECTED",
            "2:1": "TO_EXPORT",
        }
