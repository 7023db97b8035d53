"""A purge of four times as much is four times the work: the rows of one file, or many of a kind."""

from pathlib import Path

from tests.linear.counting import MOST_FOR_FOUR_TIMES, Counted, counted
from tests.services.bench import Benches
from tests.services.old_things import (
    EXPORTER,
    a_journal_entry,
    ago,
    file_name,
    keep,
    ledger_entry,
    nowhere,
    purge,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.row_accounting import Row, RowState


async def test_the_rows_of_a_file_are_forgotten_in_linear_time(tmp_path: Path) -> None:
    less, more = [await _purged(tmp_path / str(rows), rows=rows) for rows in (2000, 8000)]
    assert max(more.times(less)) < MOST_FOR_FOUR_TIMES


async def test_documents_go_in_linear_time(tmp_path: Path) -> None:
    less, more = [await _purged(tmp_path / str(entries), entries=entries) for entries in (1000, 4000)]
    assert max(more.times(less)) < MOST_FOR_FOUR_TIMES


async def _purged(folder: Path, *, rows: int = 0, entries: int = 0) -> Counted:
    async with Benches(folder, None).open(EXPORTER, nowhere()) as bench:
        name = file_name(ago(50))
        await keep(bench, 50, ledger_entry(ago(50), rows=rows))
        numbers = range(1, rows + 1)
        await bench.account(*(Row(file=name, row=n, type="POS", state=RowState.APPLIED) for n in numbers))
        await keep(bench, 300, *(a_journal_entry(n, ago(300)) for n in range(entries)))
        assert isinstance(bench.engine, EmbeddedEngine)
        with counted(bench.engine) as work:
            done = await purge(bench).of_day(TODAY)
        assert done is not None
        assert done.removed.get("rows", 0) == rows
        return work
