"""What a day did, and what stands after it, in numbers: for the end of a day, and for --json."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from tis_esr.desk.ledger import Gap, gaps, open_gaps
from tis_esr.engine.reading import Reader
from tis_esr.engine.rows import RowState
from tis_esr.services.day_begun import DayBegun
from tis_esr.services.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.person_journal import JOURNAL
from tis_esr.services.reconciliation import POSITIONS


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """One parked message: where it came from and why it waits for a person."""

    file: str
    row: int
    queue: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What one day did, and what stands after it.

    The day's own: ``files_in`` and ``files_out``, ``sent`` (rows of its outbound files), ``tis_updates``, what was
    ``parked``, and the applicant records (``placement:position``) that became ``invalid`` or were ``rejected`` by
    ESR. ``earlier`` counts what earlier days left. All days: ``positions``, ``applicants``, ``notifications``,
    ``unmapped``, ``waiting``.
    """

    day: date
    files_in: list[dict[str, Any]]
    gaps: list[Gap]
    files_out: list[dict[str, Any]]
    sent: dict[str, int]
    tis_updates: dict[str, int]
    parked: list[Parked]
    invalid: list[str]
    rejected: list[str]
    earlier: dict[str, int]
    positions: dict[str, int]
    applicants: dict[str, int]
    notifications: dict[str, int]
    unmapped: dict[str, int]
    waiting: dict[str, int]


def standing(state: Reader, day: date, names: Sequence[str]) -> DayBegun:
    """Return what stands before a day, ``names`` being the files in its folder."""
    known = set(names)
    return DayBegun(
        day=day,
        files={file.key: _mark(file) for file in state.find(FILES, {}) if file.name in known},
        parked=[f"{trace.queue} {trace.id}" for trace in state.parked()],
        invalid=_keys(state, RecordState.INVALID_DATA),
        rejected=_keys(state, RecordState.REJECTED),
        tis_updates=_updates(state),
    )


def summarise(
    state: Reader,
    begun: DayBegun,
    names: Sequence[str],
    files: Sequence[InboundFile],
    rows: Mapping[str, Mapping[RowState, int]],
) -> Summary:
    """Count what the day did with the files ``names`` since it was begun, and what stands; no personal data.

    ``files`` are those of the ledger, ``rows`` counts their rows by state.
    """
    outbound = state.find(OUTBOUND_FILES, {})
    own, others = _of_the_day(begun, names, files)
    parked_before, updates = set(begun.parked), _updates(state)
    traces = state.parked()
    parked = [m for m in traces if f"{m.queue} {m.id}" not in parked_before]
    files_out = _outbound(outbound, begun.day)
    invalid, rejected = _keys(state, RecordState.INVALID_DATA), _keys(state, RecordState.REJECTED)
    new_invalid, new_rejected = _new(invalid, begun.invalid), _new(rejected, begun.rejected)
    earlier = {
        **_named((_taken_or(file), 1) for file in others),
        "parked": len(traces) - len(parked),
        "invalid": len(invalid) - len(new_invalid),
        "rejected by ESR": len(rejected) - len(new_rejected),
    }
    return Summary(
        day=begun.day,
        files_in=[_inbound(file, {} if file.copy else rows.get(file.name, {})) for file in own],
        gaps=open_gaps(gaps(files, outbound)),
        files_out=files_out,
        sent=_named((f"{file['type']} rows", file["rows"]) for file in files_out),
        tis_updates={
            name: number - begun.tis_updates.get(name, 0)
            for name, number in updates.items()
            if number > begun.tis_updates.get(name, 0)
        },
        parked=[Parked(file=m.source_file, row=m.row, queue=m.queue, reason=m.reason) for m in parked],
        invalid=new_invalid,
        rejected=new_rejected,
        earlier={name: number for name, number in earlier.items() if number},
        positions=_named(
            ("deleted" if deleted else str(status).lower(), n)
            for (status, deleted), n in state.counts(POSITIONS, "status", "deleted").items()
        ),
        applicants=_named((str(kind), n) for (kind,), n in state.counts(APPLICANTS, "state").items()),
        notifications=_named(
            (f"type {kind} {status}", n)
            for (kind, status), n in state.counts(NOTIFICATIONS, "type", "state").items()
        ),
        unmapped=state.counts_within(APPLICANTS, "unmapped"),
        waiting=state.waiting(),
    )


def _of_the_day(
    begun: DayBegun, names: Sequence[str], files: Iterable[InboundFile]
) -> tuple[list[InboundFile], list[InboundFile]]:
    """Return of the files in the folder those that are the day's business, and those that earlier days dealt with.

    The day's are those that are new, became others since it was begun, or still can't be taken.
    """
    in_folder = set(names)
    own: list[InboundFile] = []
    others: list[InboundFile] = []
    for file in files:
        if file.name in in_folder:
            is_held = file.state is FileState.HELD and not file.settled
            is_own = is_held or begun.files.get(file.key) != _mark(file)
            (own if is_own else others).append(file)
    return own, others


def _mark(file: InboundFile) -> str:
    return f"{file.state} {file.sha256}"


def _taken_or(file: InboundFile) -> str:
    shown = "taken" if file.shown_state == FileState.SPLIT else file.shown_state.replace("_", " ")
    return f"files {shown}"


def _outbound(files: Iterable[OutboundFile], day: date) -> list[dict[str, Any]]:
    return [
        {"name": file.name, "type": file.type, "rows": file.rows, "state": file.state.value}
        for file in files
        if file.day == day and file.state is not OutboundState.NOTHING_TO_SEND
    ]


def _keys(state: Reader, of: RecordState) -> list[str]:
    return [record.key for record in state.find(APPLICANTS, {"state": of.value})]


def _new(now: Iterable[str], before: Iterable[str]) -> list[str]:
    known = set(before)
    return [key for key in now if key not in known]


def _updates(state: Reader) -> dict[str, int]:
    return _named((str(kind), n) for (kind,), n in state.counts(JOURNAL, "state").items())


def _inbound(file: Any, by_state: Mapping[RowState, int]) -> dict[str, Any]:
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
