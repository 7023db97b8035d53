"""What a state file holds, in numbers: for the end of a day, and for --json."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tis_esr.desk.ledger import Gap, gaps
from tis_esr.engine.reading import Reader
from tis_esr.engine.rows import RowState
from tis_esr.services.file_ledger import FILES
from tis_esr.services.outbound import APPLICANTS, NOTIFICATIONS, OUTBOUND_FILES, OutboundState
from tis_esr.services.person_journal import JOURNAL
from tis_esr.services.reconciliation import POSITIONS


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """One parked message: where it came from and why it waits for a person."""

    file: str
    row: int
    queue: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a day's end shows; counts by state, type and outcome."""

    files_in: list[dict[str, Any]]
    gaps: list[Gap]
    files_out: list[dict[str, Any]]
    positions: dict[str, int]
    applicants: dict[str, int]
    notifications: dict[str, int]
    tis_updates: dict[str, int]
    unmapped: dict[str, int]
    parked: list[Parked]
    waiting: dict[str, int]


def summarise(state: Reader) -> Summary:
    """Count what is in the state file; no personal data."""
    rows, files = state.row_counts(), state.find(FILES, {})
    return Summary(
        files_in=[_inbound(file, {} if file.copy else rows.get(file.name, {})) for file in files],
        gaps=gaps(files, state.find(OUTBOUND_FILES, {})),
        files_out=[
            {"name": file.name, "rows": file.rows, "state": file.state.value}
            for file in state.find(OUTBOUND_FILES, {})
            if file.state is not OutboundState.NOTHING_TO_SEND
        ],
        positions=_named(
            ("deleted" if deleted else str(status).lower(), n)
            for (status, deleted), n in state.counts(POSITIONS, "status", "deleted").items()
        ),
        applicants=_named((str(kind), n) for (kind,), n in state.counts(APPLICANTS, "state").items()),
        notifications=_named(
            (f"type {kind} {status}", n)
            for (kind, status), n in state.counts(NOTIFICATIONS, "type", "state").items()
        ),
        tis_updates=_named((str(kind), n) for (kind,), n in state.counts(JOURNAL, "state").items()),
        unmapped=state.counts_within(APPLICANTS, "unmapped"),
        parked=[
            Parked(file=m.source_file, row=m.row, queue=m.queue, reason=m.reason) for m in state.parked()
        ],
        waiting=state.waiting(),
    )


def _inbound(file: Any, by_state: dict[RowState, int]) -> dict[str, Any]:
    states = {state.value: by_state[state] for state in RowState if state in by_state}
    return {
        "name": file.name,
        "state": file.state.value,
        "findings": file.open_findings,
        "rows": file.rows,
        **states,
        "reason": file.reason or file.incomplete,
        "notes": file.noted,
    }


def _named(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, number in pairs:
        counts[name] = counts.get(name, 0) + number
    return dict(sorted(counts.items()))
