"""When a file arrived, and when one of ours was written, is stored by the clock of the unit of work. On both engines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import applicant, applicants
from tests.services.tcs_on_bench import TODAY

from tis_esr.files.folder import Folder
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.settling import settle_findings
from tis_esr.services.contracts.commands import APPLICANT_COMMAND
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader

FILE, BAD = "DE_EOE_RMC_20261124_00000101.DAT", "DE_EOE_RMC_20261123_00000100.DAT"
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
NEXT = NINE + timedelta(days=1)


async def read(bench: Bench, folder: Path, name: str, content: bytes) -> None:
    (Folder(folder, make=True).path / name).write_bytes(content)
    await InboundDataReader(bench.runner.work).take(Folder(folder), name)


async def test_an_arrival_is_that_of_the_content_whatever_happens_later(
    benches: Benches, tmp_path: Path
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await read(bench, tmp_path / "in", FILE, b"TRL,7\n")
        await read(bench, tmp_path / "in", BAD, b"\0\0\0")
        first = {name: file.arrived_at for name, file in (await bench.all(FILES)).items()}
        bench.today[0] = TODAY + timedelta(days=1)
        await settle_findings(bench.runner, Person("ann"), FILE, "ESR confirmed it")
        await read(bench, tmp_path / "in", FILE, b"TRL,7\n")
        await read(bench, tmp_path / "in", BAD, b"TRL,1\n")
        then = {name: file.arrived_at for name, file in (await bench.all(FILES)).items()}
    assert first == {FILE: NINE, BAD: NINE}
    assert then == {FILE: NINE, BAD: NEXT}


async def test_a_file_of_ours_has_the_moment_from_which_esr_can_read_it(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1))])
        await export(bench, APPLICANT_COMMAND)
        written = {file.written_at for file in (await bench.all(OUTBOUND_FILES)).values() if file.rows}
    assert written == {NINE}
