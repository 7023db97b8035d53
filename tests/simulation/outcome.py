"""What a run ended in, as far as two runs have to agree."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.simulation.files import SimFiles
from tests.simulation.store import SimStore
from tests.simulation.tcs import SimTcs

from tis_esr.engine.row_accounting import Row
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    SENT,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.data_exporter.rtc_documents import RTC_ROWS
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

Details = dict[str, Any]


@dataclass
class Outcome:
    """See the module. ``stuck`` says why a run came to no end, ``answered`` that ESR confirmed all it was sent.

    ``acknowledged`` says that RMF and RMC files are acknowledged, ``unacknowledged`` what of an RTC was left behind.

    ``last_day`` is that of the last export, for which there may have been nothing to send.
    """

    rows: dict[tuple[str, int], Row] = field(default_factory=dict)
    ledger: dict[str, InboundFile] = field(default_factory=dict)
    parked: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    positions: dict[int, Position] = field(default_factory=dict)
    applicants: dict[str, ApplicantRecord] = field(default_factory=dict)
    notifications: dict[str, list[NotificationRecord]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    inbound: dict[str, bytes] = field(default_factory=dict)
    reconciled: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    details: dict[str, Details] = field(default_factory=dict)
    absences: dict[str, Details] = field(default_factory=dict)
    exported: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    placements: set[int] = field(default_factory=set)
    drafts: set[int] = field(default_factory=set)
    post_events: list[Details] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    stuck: str = ""
    last_day: date = date.min
    answered: bool = False
    acknowledged: bool = False
    unacknowledged: list[str] = field(default_factory=list)


def outcome(store: SimStore, tcs: SimTcs, out: SimFiles) -> Outcome:
    """Read it from what the run left."""
    notifications: dict[str, list[NotificationRecord]] = {}
    for record in sorted(store.everything(NOTIFICATIONS), key=lambda record: record.number):
        notifications.setdefault(record.about, []).append(record)
    held = tcs.simulator.store
    return Outcome(
        rows=store.rows(),
        ledger={file.name: file for file in store.everything(FILES)},
        parked=Counter(
            (entry.message.queue, entry.message.correlation_id, entry.reason) for entry in store.parked()
        ),
        positions={position.position_id: position for position in store.everything(POSITIONS)},
        applicants={record.key: record for record in store.everything(APPLICANTS)},
        notifications=notifications,
        files=dict(out.files),
        unacknowledged=[f"{rows.source} row {rows.first}" for rows in store.everything(RTC_ROWS)],
        reconciled={
            post: sorted((e["positionId"], e["positionNumber"]) for e in held.reconciled_events(post))
            for post in sorted(held.posts)
        },
        details={
            f"{kind} of person {person_id}": _without(person[kind], "amendedDate")
            for person_id, person in sorted(held.people.items())
            for kind in ("contactDetails", "personalDetails")
        },
        absences={a["absenceAttendanceId"]: _without(a, "id", "amendedDate") for a in held.absences.values()},
        exported=Counter(
            (placement, event["positionId"], event["filename"])
            for placement, events in held.placement_events.items()
            for event in events
        ),
        placements=set(held.placements),
        drafts={number for number, p in held.placements.items() if p["lifecycleState"] == "DRAFT"},
        post_events=list(held.post_events),
    )


def live(record: ApplicantRecord | NotificationRecord) -> bool:
    """Say whether a record stands: one that was withdrawn before it went is as if it had never been."""
    return record.state is not RecordState.DELETED_BEFORE_EXPORT


def sent(record: ApplicantRecord | NotificationRecord) -> bool:
    """Say whether a record went to ESR."""
    return record.state in SENT


def _without(values: Details, *names: str) -> Details:
    return {name: value for name, value in values.items() if name not in names}
