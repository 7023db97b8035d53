"""Tables with very many rows: they are sorted beside the event loop, and a CSV file that lacks rows says so in its name."""

import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.web.console.browsing import desk

from tis_esr.web.console.tables import Table

PATHS = (
    "/parked/messages",
    "/parked/messages.csv",
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
