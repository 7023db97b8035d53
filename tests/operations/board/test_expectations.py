"""What is expected when is data: versioned, set and waived by people, audited. On both engines."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.operations.board.files_on_board import APC, RMC, at, cells
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.audit.trail import Person, entries, verify
from tis_esr.operations.board.cells import CellState, FileType
from tis_esr.operations.board.expectation_changes import ChangeError, set_expectation, waive, withdraw

EXPORTER = "DataExporter"
TESTA = Person("testa")
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


async def expect(bench: Bench, **changes: Any) -> None:
    values: dict[str, Any] = {
        "type_": FileType.RMC, "deanery": "", "schedule": "0 16 * * *", "days_after": 0, "grace_minutes": 10,
        "valid_from": None, "valid_until": None, "source": "letter of ESR", "why": "ESR moved it",
    }  # fmt: skip
    await set_expectation(bench.runner, TESTA, **values | changes)


async def wait(bench: Bench, **changes: Any) -> None:
    values: dict[str, Any] = {
        "type_": FileType.RMC, "deanery": "", "first": None, "until": TOMORROW, "why": "ESR is closed"
    }  # fmt: skip
    await waive(bench.runner, TESTA, **values | changes)


async def test_a_new_version_counts_from_its_day_and_an_offices_own_before_one_of_all(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await expect(bench)
        await expect(bench, deanery="EOE", schedule="0 12 * * *", valid_from=TOMORROW, valid_until=TOMORROW)
        await expect(bench, deanery="PEN", schedule="")
        days = [YESTERDAY, TODAY, TOMORROW, TOMORROW + timedelta(days=1)]
        due = [(await cells(bench, at("09:00", YESTERDAY), day))[RMC].due_at for day in days]
        closed = await cells(bench, at("09:00"), deanery="PEN")
        source = (await cells(bench, at("09:00")))[RMC].source
    assert due == [at("14:30", days[0]), at("16:00", days[1]), at("12:00", days[2]), at("16:00", days[3])]
    assert RMC not in closed
    assert APC in closed
    assert source == "letter of ESR"


async def test_a_withdrawn_version_leaves_what_was_before(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await expect(bench)
        await withdraw(bench.runner, TESTA, "E1", "it was a mistake")
        due = (await cells(bench, at("09:00")))[RMC].due_at
        with pytest.raises(ChangeError, match="e1 is withdrawn already"):
            await withdraw(bench.runner, TESTA, "e1", "again")
        with pytest.raises(ChangeError, match="W1 does not exist"):
            await withdraw(bench.runner, TESTA, "W1", "again")
    assert due == at("14:30")


async def test_a_waiver_ends_by_itself_and_a_file_that_comes_is_shown(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await wait(bench)
        days = [YESTERDAY, TODAY, TOMORROW, TOMORROW + timedelta(days=1)]
        shown = [(await cells(bench, at("23:00", day), day))[RMC] for day in days]
        await wait(bench, type_=None, deanery="LDN", first=YESTERDAY, until=YESTERDAY)
        all_types = await cells(bench, at("23:00", TODAY), YESTERDAY, deanery="LDN")
        await withdraw(bench.runner, TESTA, "W1", "ESR is back")
        after = (await cells(bench, at("23:00")))[RMC]
    assert [cell.state.name for cell in shown] == ["LATE", "WAIVED", "WAIVED", "LATE"]
    assert shown[1].detail == "waived until 25 Nov 2026 by testa: ESR is closed"
    assert {cell.state for cell in all_types.values()} == {CellState.WAIVED}
    assert after.state is CellState.LATE


async def test_every_change_is_audited_with_who_and_why(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await expect(bench)
        await wait(bench, deanery="EOE")
        await withdraw(bench.runner, TESTA, "W1", "ESR is back")
        reader = bench.reader()
        try:
            found, verdict = entries(reader), verify(reader)
        finally:
            reader.close()
    assert [(entry.act, entry.who, entry.on, entry.why) for entry in reversed(found)] == [
        ("expectation.set", "testa", ["all offices RMC", "E1"], "ESR moved it"),
        ("expectation.waive", "testa", ["EOE RMC", "W1", "2026-11-24 to 2026-11-25"], "ESR is closed"),
        ("expectation.withdraw", "testa", ["W1"], "ESR is back"),
    ]
    assert (verdict.entries, verdict.broken_at) == (3, 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schedule": "0 25 * * *"}, "--due: '0 25 \\* \\* \\*' is not a valid cron expression"),
        ({"why": " "}, "--why: say why"),
        ({"deanery": "XXX"}, "--deanery: 'XXX' must be one of EMD"),
        ({"valid_until": YESTERDAY}, "--until: 2026-11-23 is before 2026-11-24"),
    ],
)
async def test_what_can_not_be_expected(embedded: Benches, changes: dict[str, Any], said: str) -> None:
    async with embedded.open(EXPORTER, nowhere()) as bench:
        with pytest.raises(ChangeError, match=said):
            await expect(bench, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": date(2028, 11, 24)}, "--until: 2028-11-24 is more than a year after 2026-11-24"),
        ({"first": TOMORROW, "until": TODAY}, "--until: 2026-11-24 is before 2026-11-25"),
        ({"why": ""}, "--why: say why"),
    ],
)
async def test_what_can_not_be_waived(embedded: Benches, changes: dict[str, Any], said: str) -> None:
    async with embedded.open(EXPORTER, nowhere()) as bench:
        with pytest.raises(ChangeError, match=said):
            await wait(bench, **changes)
