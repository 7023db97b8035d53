"""What a day did and the totals after it, in numbers: for the report of a day and for --json."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from tis_esr.decisions.notifications.date_events import Passage
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.board.expectations import WAIVERS
from tis_esr.operations.kept import kept_from
from tis_esr.operations.ledger import Gap, gaps, open_gaps, other_gaps, row_states
from tis_esr.operations.unconfirmed import Unconfirmed, described, unconfirmed_files, waivers_in_force
from tis_esr.services.data_exporter.deadline_guard import Unsent
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    ApplicantRecord,
    NotificationRecord,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES
from tis_esr.services.day_begun import DayBegun, identity, is_left_behind
from tis_esr.services.flow import bindings_only
from tis_esr.services.inbound_data_reader.file_ledger import (
    FILES,
    INCOMPLETE,
    NOT_TAKEN,
    FileState,
    InboundFile,
)
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, Outcome
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

_POSITION_STATES = ("MATCHED", "UNMATCHED", "DELETED")
_RECORD_STATES = tuple(RecordState)
_LEFT = ("files_taken", *(f"files_{state}" for state in (*map(str, NOT_TAKEN), INCOMPLETE)))
_NOTIFICATION_TYPES = ("1", "2", "4", "5")


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """One parked message: its file and row, and the reason."""

    file: str
    row: int
    queue: str
    reason: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What one day did, and the totals after it.

    The day's own: ``files_in`` and ``files_out``, ``sent`` (rows of its outbound files by type), ``tis_updates`` by
    outcome, what was ``parked``, and the applicant records (by key) that became ``invalid`` for missing
    data or were ``rejected`` by ESR; ``held_back`` are applicant records and notifications kept out of a file because
    ESR would not load them. ``unconfirmed`` are all outbound files whose confirmation was due before the day and has
    not arrived. ``unsent`` are the applicant records that leave the window unless they are sent on the day, and those
    that are too late to send since the day before. ``stale`` counts by passage what the calendar changed on missed days
    and no longer holds, so it is not sent. ``earlier`` counts what earlier days left. All days: ``positions`` and
    ``applicants`` by state,
    ``notifications`` by type and state, ``unmapped`` by column, ``waiting`` by queue.

    States are codes. Each state, type and queue is present, with 0 if empty; so are the row states of a file.
    """

    day: date
    files_in: list[dict[str, Any]]
    gaps: list[Gap]
    unconfirmed: list[Unconfirmed]
    files_out: list[dict[str, Any]]
    sent: dict[str, int]
    tis_updates: dict[str, int]
    parked: list[Parked]
    invalid: list[str]
    held_back: list[str]
    rejected: list[str]
    unsent: list[Unsent]
    stale: dict[str, int]
    earlier: dict[str, int]
    positions: dict[str, int]
    applicants: dict[str, int]
    notifications: dict[str, dict[str, int]]
    unmapped: dict[str, int]
    waiting: dict[str, int]


def standing(state: Reader, day: date, names: Sequence[str]) -> DayBegun:
    """Return the state before a day; ``names`` are the files in its folder."""
    in_folder = set(names)
    return DayBegun(
        day=day,
        files=[
            identity(file)
            for file in state.find(FILES, {})
            if file.name in in_folder and is_left_behind(file)
        ],
        parked=[f"{trace.queue} {trace.id}" for trace in state.parked()],
        invalid=[record.key for record in _unfit(state)],
        rejected=_keys(state, RecordState.REJECTED),
        tis_updates=_updates(state),
    )


def summarise(
    state: Reader,
    begun: DayBegun,
    names: Sequence[str],
    files: Sequence[InboundFile],
    rows: Mapping[str, Mapping[RowState, int]],
    due_days: int,
    unsent: Sequence[Unsent],
) -> Summary:
    """Count what the day did with the files ``names`` since it began, and the totals; no personal data.

    ``files`` are those of the ledger, ``rows`` counts their rows by state; for ``due_days`` see the settings.
    ``unsent`` are all who leave the window on the day, or have left it.
    """
    outbound = state.find(OUTBOUND_FILES, {})
    waivers = state.find(WAIVERS, waivers_in_force(begun.day))
    late = unconfirmed_files(files, outbound, begun.day, due_days, kept_from(state), waivers)
    in_folder, before = set(names), set(begun.files)
    here = [file for file in files if file.name in in_folder]
    own = [file for file in here if identity(file) not in before]
    others = [file for file in here if identity(file) in before]
    parked_before, updates = set(begun.parked), _updates(state)
    traces = state.parked()
    parked = [m for m in traces if f"{m.queue} {m.id}" not in parked_before]
    files_out = [*_outbound(outbound, begun.day), *_acknowledgements(state, own)]
    unfit = _unfit(state)
    invalid, held_back = [r.key for r in unfit], {r.key for r in unfit if r.is_held_back}
    rejected = _keys(state, RecordState.REJECTED)
    new_invalid, new_rejected = _new(invalid, begun.invalid), _new(rejected, begun.rejected)
    reported = set(begun.missed)
    new_unsent = [one for one in unsent if one.record not in reported]
    earlier = {
        **_all(_LEFT, ((_left(file), 1) for file in others)),
        "parked": len(traces) - len(parked),
        "invalid": len(invalid) - len(new_invalid),
        "rejected": len(rejected) - len(new_rejected),
        "unsent": len(unsent) - len(new_unsent),
    }
    return Summary(
        day=begun.day,
        files_in=[_inbound(file, {} if file.copy else rows.get(file.name, {})) for file in own],
        gaps=other_gaps(open_gaps(gaps(files, outbound, kept_from(state))), late),
        unconfirmed=described(state, (file for file in late if not file.settled), due_days),
        files_out=files_out,
        sent=_all(("APP", "DNC"), ((file["type"], file["rows"]) for file in files_out)),
        tis_updates={
            name: max(number - begun.tis_updates.get(name, 0), 0) for name, number in updates.items()
        },
        parked=[Parked(file=m.source_file, row=m.row, queue=m.queue, reason=m.reason) for m in parked],
        invalid=[key for key in new_invalid if key not in held_back],
        held_back=[key for key in new_invalid if key in held_back],
        rejected=new_rejected,
        unsent=new_unsent,
        stale=_stale(state, begun.day),
        earlier=earlier,
        positions=_all(
            _POSITION_STATES,
            (
                ("DELETED" if deleted else status or "NOT_RECONCILED", n)
                for (status, deleted), n in state.counts(POSITIONS, "status", "deleted").items()
            ),
        ),
        applicants=_all(
            _RECORD_STATES, ((kind, n) for (kind,), n in state.counts(APPLICANTS, "state").items())
        ),
        notifications=_by_type(state.counts(NOTIFICATIONS, "type", "state")),
        unmapped=state.counts_within(APPLICANTS, "unmapped"),
        waiting=_all((handler.queue for handler in bindings_only()), state.waiting().items()),
    )


def _left(file: InboundFile) -> str:
    return "files_taken" if file.shown_state == FileState.SPLIT else f"files_{file.shown_state}"


def _outbound(files: Iterable[OutboundFile], day: date) -> list[dict[str, Any]]:
    return [
        {"name": file.name, "type": file.type, "rows": file.rows, "state": file.state.name}
        for file in files
        if file.day == day and file.state is not OutboundState.NOTHING_TO_SEND
    ]


def _acknowledgements(state: Reader, files: Iterable[InboundFile]) -> list[dict[str, Any]]:
    """Return the written RTC files of inbound files."""
    found = sorted(state.get(RTC_FILES, [file.name for file in files]), key=lambda rtc: rtc.name)
    return [
        {"name": rtc.name, "type": "RTC", "rows": rtc.rows, "state": rtc.state.name}
        for rtc in found
        if rtc.is_in_place
    ]


def _unfit(state: Reader) -> list[ApplicantRecord | NotificationRecord]:
    where = {"state": RecordState.INVALID_DATA.value}
    return [*state.find(APPLICANTS, where), *state.find(NOTIFICATIONS, where)]


def _keys(state: Reader, of: RecordState) -> list[str]:
    return [record.key for record in state.find(APPLICANTS, {"state": of.value})]


def _stale(state: Reader, day: date) -> dict[str, int]:
    of_day = state.find(KNOWN_POSITIONS, {"stale_on": day})
    names = [passage.name for passage in Passage]
    return _all(names, (pair for known in of_day for pair in known.stale.items()))


def _new(now: Iterable[str], before: Iterable[str]) -> list[str]:
    known = set(before)
    return [key for key in now if key not in known]


def _updates(state: Reader) -> dict[str, int]:
    return _all(Outcome, ((kind, n) for (kind,), n in state.counts(JOURNAL, "state").items()))


def _inbound(file: Any, by_state: Mapping[RowState, int]) -> dict[str, Any]:
    return {
        "name": file.name,
        "state": file.state.name,
        "findings": file.open_findings,
        "rows": file.rows,
        "row_states": row_states(file, by_state),
        "reason": file.reason or file.incomplete,
        "notes": file.noted,
    }


def _by_type(counts: Mapping[tuple[Any, ...], int]) -> dict[str, dict[str, int]]:
    """Return the numbers by type and state, from those by (type, state)."""
    types = dict.fromkeys((*_NOTIFICATION_TYPES, *(str(kind) for kind, _ in sorted(counts))))
    return {
        wanted: _all(
            _RECORD_STATES, ((status, n) for (kind, status), n in counts.items() if str(kind) == wanted)
        )
        for wanted in types
    }


def _all(names: Iterable[str], pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the sum for each name: all of ``names``, with 0 if there is none, and any others."""
    counts = dict.fromkeys(map(str, names), 0)
    for name, number in pairs:
        counts[str(name)] = counts.get(str(name), 0) + number
    return counts
