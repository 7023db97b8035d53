"""Connections to SQLite that explain each shape of statement once: no scan, no sorting by the database."""

import re
import sqlite3
from collections.abc import Iterable
from typing import Any

from tests.queries.plans import PLANS

from tis_esr.engine.embedded import schema

_MANY = re.compile(r"\?(\s*,\s*\?)+")
_ROWS = re.compile(r"\(\?\.\.\)(,\(\?\.\.\))+")
_GIVEN = re.compile(r"SCAN (\d+ )?CONSTANT ROWS?")
_EXPLAINED = ("SELECT", "UPDATE", "DELETE", "INSERT")


class Explaining(sqlite3.Connection):
    """A connection whose statements are explained as they are issued."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Explain a new shape, then execute."""
        self._explain(sql, parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Explain a new shape with the first parameters, then execute with all."""
        given = list(parameters)
        if given:
            self._explain(sql, given[0])
        return super().executemany(sql, given)

    def _explain(self, sql: str, parameters: Any) -> None:
        if not sql.startswith(_EXPLAINED):
            return
        shape = f"SQLite: {_ROWS.sub('(?..)..', _MANY.sub('?..', sql))}"
        if PLANS.is_known(shape):
            return
        steps = [row[3] for row in super().execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        given = {step.replace("MATERIALIZE", "SCAN") for step in steps if step.startswith("MATERIALIZE ")}
        PLANS.explained(shape, "; ".join(step for step in steps if step not in given and _is_bad(step)))


def _is_bad(step: str) -> bool:
    if step.startswith("SCAN "):
        return not _GIVEN.fullmatch(step) and "VIRTUAL TABLE" not in step
    return "TEMP B-TREE" in step or "AUTOMATIC" in step


class _ExplainingModule:
    """The module sqlite3 as the program sees it: connections explain, all else is as it was."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    def connect(self, *args: Any, **named: Any) -> sqlite3.Connection:
        """Open an explaining connection."""
        return sqlite3.connect(*args, factory=Explaining, **named)


def explain_sqlite() -> None:
    """Make every connection that the program opens from now on an explaining one; tests' own are as they were."""
    schema.sqlite3 = _ExplainingModule()  # type: ignore[attr-defined]  # the one place where the program opens any
