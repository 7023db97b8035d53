"""Tables with very many rows: they are sorted beside the event loop, and a CSV file that lacks rows says so in its name."""

import re
import threading
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.web.console.browsing import desk, text

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.inbound_data_reader.file_ledger import FileState, InboundFile, enter
from tis_esr.wall_clock import today
from tis_esr.web.console.tables import Table

PATHS = (
    "/parked/messages",
    "/parked/messages.csv",
    "/parked/discarded",
    "/parked/discarded.csv",
    "/promise/misses",
    "/promise/misses.csv",
    "/promise/due",
    "/promise/due.csv",
    "/people",
    "/people.csv",
    "/positions?office=EMD",
    "/positions.csv?office=EMD",
    "/audit",
    "/audit.csv",
)


async def test_tables_that_may_have_very_many_rows_are_made_beside_the_event_loop(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    in_order = Table._in_order

    def watched(self: Table[Any], *args: Any, **names: Any) -> list[Any]:
        threads.append(threading.current_thread())
        return in_order(self, *args, **names)

    monkeypatch.setattr(Table, "_in_order", watched)
    async with desk(state).signed_in() as browser:
        for path in PATHS:
            assert (await browser.get(path)).status_code == 200, path
    assert len(threads) == len(PATHS)
    assert threading.main_thread() not in threads


@pytest.mark.parametrize(
    ("path", "module", "limit", "name"),
    [
        ("/positions.csv?office=EMD", "tables", "MOST_IN_A_SPREADSHEET", "positions-EMD-first-2-of-"),
        ("/files.csv?days=90", "pages.files", "_IN_A_SPREADSHEET", "files-first-2-of-"),
    ],
)
async def test_the_name_of_a_csv_file_that_lacks_rows_says_so(
    state: Path, monkeypatch: pytest.MonkeyPatch, path: str, module: str, limit: str, name: str
) -> None:
    monkeypatch.setattr(import_module(f"tis_esr.web.console.{module}"), limit, 2)
    async with desk(state).signed_in() as browser:
        answer = await browser.get(path)
    assert f'filename="{name}' in answer.headers["content-disposition"]
    assert len(answer.text.splitlines()) == 3


async def test_files_with_very_long_names_are_all_listed(tmp_path: Path) -> None:
    place = tmp_path / "files.sqlite"
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        for number in range(60):
            enter(work, InboundFile(name=f"{'x' * 210}{number:03}", state=FileState.REFUSED))
        await work.commit()
    async with desk(place).signed_in() as browser:
        first = await browser.get("/files")
        [behind] = [unescape(one) for one in re.findall(r'href="([^"]*after=[^"]*)"', first.text)]
        rest = await browser.get(behind)
    assert [page.text.count('href="/files/xxx') for page in (first, rest)] == [50, 10]


@pytest.mark.parametrize("after", ["garbage", "2026-11-24", "2026-13-01 x", "x" * 3000])
async def test_a_place_that_the_list_of_files_does_not_have_is_refused(after: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.get("/files", params={"after": after})
    assert answer.status_code == 400
    assert "The address begins at a place that this list does not have." in text(answer)
