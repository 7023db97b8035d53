"""Today: the board for the offices that a person sees, what needs somebody, and what waits for whom. On both engines."""

from collections.abc import Sequence

from tests.operations.board.files_on_board import arrived, at, terms
from tests.operations.test_digest import all_offices, of_office
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.board.cells import CellState
from tis_esr.operations.board.office import Office, office_of
from tis_esr.operations.file_questions.open_findings import open_findings
from tis_esr.operations.today import Today, today_of
from tis_esr.operations.waits import Wait, waits
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState

AFTER = at("18:00")


async def shown(bench: Bench, deaneries: Sequence[str]) -> Today:
    reader = bench.reader()
    try:
        return today_of(reader, day=TODAY, now=AFTER, terms=terms(), deaneries=deaneries)
    finally:
        reader.close()


async def waiting(bench: Bench, offices: Sequence[str] | None) -> list[Wait]:
    reader = bench.reader()
    try:
        return waits(reader, open_findings(reader, TODAY, 1), TODAY, offices)
    finally:
        reader.close()


async def test_offices_with_the_same_need_are_one_line_with_the_day_in_words(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench, "WES", "EOE")
        found = await shown(bench, DEANERIES)
    [need] = found.needs
    assert (need.type, need.state, need.deaneries) == ("APP", CellState.LATE, ["EOE", "WES"])
    assert (need.who.value, need.action) == ("support", "")
    assert found.digest is not None
    assert found.digest.headline.startswith("13 of 13 received; 11 sent; EOE, WES late")


async def test_some_offices_see_their_own_and_a_single_one_what_to_do(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench, "WES", "EOE")
        two = await shown(bench, ["WES", "LDN"])
        one = await shown(bench, ["WES"])
        other = await shown(bench, ["LDN"])
    assert {cell.deanery for cell in two.board.cells} == {"WES", "LDN"}
    assert [need.deaneries for need in two.needs] == [["WES"]]
    assert two.digest is None
    assert "tis-esr export applicants --deanery WES" in one.needs[0].action
    assert other.needs == []


async def test_what_waits_is_grouped_by_what_has_to_be_done_and_limited_to_offices(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        refused = {"state": FileState.REFUSED, "reason": "no text"}
        held = {"state": FileState.HELD, "reason": "cut off"}
        for office in ("EOE", "WES"):
            await bench.keep(FILES, of_office(arrived("RMC", at("14:09"), **refused), office))
        await bench.keep(FILES, of_office(arrived("APC", at("07:12"), **held), "WES"))
        every = await waiting(bench, None)
        mine = await waiting(bench, ["EOE"])
    numbers = {one.what: one.number for one in every}
    assert numbers["Files from ESR: refused"] == 2
    assert numbers["Files from ESR: held"] == 1
    assert [(one.what, one.number) for one in mine] == [("Files from ESR: refused", 1)]
    assert mine[0].action.startswith("None of its rows is applied; ask ESR for a correct copy")
    assert (mine[0].who, mine[0].oldest) == ("support", TODAY.isoformat())


async def test_an_office_has_its_arrivals_beside_their_deadlines(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await bench.keep(FILES, arrived("RMC", at("15:09")))
        reader = bench.reader()
        try:
            found: Office = office_of(reader, deanery="EOE", day=TODAY, now=AFTER, terms=terms())
        finally:
            reader.close()
    [rmc] = [one for one in found.arrivals if one.type == "RMC"]
    assert rmc.came_at is not None
    assert (f"{rmc.came_at:%H:%M}", f"{rmc.late_at:%H:%M}", rmc.end.name) == ("15:09", "15:00", "LATE")
    assert {one.deanery for one in found.board.cells} == {"EOE"}
