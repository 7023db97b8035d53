"""Findings and moments for the tests of alarms; all invented."""

from datetime import UTC, date, datetime
from typing import Any

from tis_esr.operations.alarms.findings import Finding, Judged

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = date(2026, 11, 24)
ME = "this process"


def gap(cause: str = "RMT", **changes: Any) -> Finding:
    usual: dict[str, Any] = {
        "kind": "file-refused", "cause": cause, "members": ["a.DAT"], "text": "a.DAT is refused", "number": 1,
    }  # fmt: skip
    return Finding(**{**usual, **changes})


def judged(*findings: Finding, kinds: tuple[str, ...] = (), process: str = ME) -> Judged:
    known = {one.kind for one in findings} | set(kinds)
    return Judged(findings=list(findings), kinds=frozenset(known), unknown={}, process=process)
