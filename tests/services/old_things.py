"""Documents of long ago and of now, as every service keeps them, for the tests of what is purged. All invented."""

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.services.bench import Bench
from tests.services.records import NPN, position
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.positions import Claim, PositionRow, SourceRow
from tis_esr.decisions.retention_periods import Retention
from tis_esr.decisions.versions import Stamp
from tis_esr.engine.collection import Collection
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.app_generator.applicant_generation import (
    DECISIONS,
    GENERATED,
    Decision,
    GeneratedPosition,
)
from tis_esr.services.contracts.bodies import MATCHED, PositionReconciled
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    HANDLED,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RUNS,
    ApplicantRecord,
    HandledPosition,
    NotificationRecord,
    OutboundFile,
    OutboundState,
    RecordState,
    Run,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.inbound_data_reader.ledger_horizon import HORIZON
from tis_esr.services.inbound_data_writer.person_journal import (
    JOURNAL,
    TIS_PEOPLE,
    JournalEntry,
    Outcome,
    TisPerson,
)
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS, TisExport
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS, Linked, TisPosition
from tis_esr.services.notification_generator.known_positions import (
    KNOWN_POSITIONS,
    VPD_USES,
    KnownPosition,
    VpdUse,
)
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, NotifiedPost, Position
from tis_esr.services.retention.audit import PROGRESS, PURGES
from tis_esr.services.retention.daily_purge import Purge
from tis_esr.services.superseding import Handled
from tis_esr.simulation.days.generated_world import World

Kept = tuple[Collection[Any], Any]
LIVING, DELETED = 1, 2


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def file_name(day: date, kind: str = "RMC", sequence: int = 1) -> str:
    return f"DE_EOE_{kind}_{day:%Y%m%d}_{sequence:08d}.DAT"


def ledger_entry(day: date, **changes: Any) -> Kept:
    usual = {
        "name": file_name(day),
        "day": day,
        "deanery": "EOE",
        "type": "RMC",
        "counter": "RMT",
        "sequence": 1,
    }
    return FILES, InboundFile(**{**usual, "state": FileState.SPLIT, "rows": 3, **changes})


def a_position(number: int, day: date, *, deleted: bool = False) -> list[Kept]:
    """Return a position as all services keep it, last said by a file of this day; ``deleted`` says its indicator."""
    values = PositionRow(
        position_id=number, deanery_number=NPN, position_number=number + 1000,
        change_delete_indicator="D" if deleted else "C",
    )  # fmt: skip
    row = SourceRow(stamp=Stamp(day, "EOE", 1, 2), deanery="EOE", file=file_name(day), values=values)
    status = "DELETED" if deleted else "RECONCILED"
    handled = Handled(version=7)
    event = PositionReconciled(position=position(number), status=MATCHED, deleted=deleted, revision=7)
    return [
        (
            POSITIONS,
            Position(
                position_id=number, claims={"EOE": Claim(por=row)}, revision=7, reconciled=7, status=MATCHED,
                deleted=deleted, deanery="EOE", deanery_number=NPN, position_number=number + 1000, post_id=100_001,
                notified=NotifiedPost(post_id=100_001, position_number=number + 1000, status=status),
            ),
        ),
        (GENERATED, GeneratedPosition(position_id=number, handled=handled)),
        (
            KNOWN_POSITIONS,
            KnownPosition(
                position_id=number, post_id=None if deleted else 100_001, handled=handled, event=event,
                seen={} if deleted else {"11": "dates"},
            ),
        ),
        (VPD_USES, VpdUse(post_id=number + 50, position_id=number)),
        (HANDLED, HandledPosition(kind="applicants", position_id=number, handled=handled)),
        (HANDLED, HandledPosition(kind="notifications", position_id=number, handled=handled)),
        (
            TIS_POSITIONS,
            TisPosition(
                position_id=number, position_number=number + 1000, handled=handled,
                wanted=Linked(post_id=100_001, status=status), event_at="2025-01-01T09:00:00.000",
            ),
        ),
    ]  # fmt: skip


def an_applicant(placement: int, date_to: date, of: int = LIVING, **changes: Any) -> Kept:
    usual = {
        "placement_id": placement, "position_id": of, "person_id": placement, "position_number": of + 1000,
        "deanery": "EOE", "deanery_number": NPN, "gmc_number": "7200001", "date_from": date_to - timedelta(days=60),
        "date_to": date_to, "state": RecordState.CONFIRMED, "fields": {"lastName": "Specimen"},
        "built_on": date_to - timedelta(days=80), "unmapped": [], "same_as": f"{placement}", "correlation_id": "c",
        "source_file": file_name(date_to), "source_row": 2,
    }  # fmt: skip
    return APPLICANTS, ApplicantRecord(**{**usual, **changes})


def a_notification(about: str, number: int, day: date, of: int = LIVING, **changes: Any) -> Kept:
    usual = {
        "about": f"{of}:{about}", "number": number, "type": "1", "position_id": of, "deanery": "EOE",
        "deanery_number": NPN, "state": RecordState.CONFIRMED, "fields": {}, "built_on": day, "correlation_id": "c",
        "source_file": file_name(day), "source_row": 2,
    }  # fmt: skip
    return NOTIFICATIONS, NotificationRecord(**{**usual, **changes})


def a_journal_entry(row: int, day: date, state: Outcome = Outcome.APPLIED) -> Kept:
    return JOURNAL, JournalEntry(
        correlation_id=f"{file_name(day)}:{row}", row=row, person_id=1, gmc_number="7200001", section="contact",
        field="telephoneNumber", old="01632 960001", new="01632 960002", state=state,
    )  # fmt: skip


def a_run(day: date, state: OutboundState = OutboundState.SENT) -> list[Kept]:
    name = file_name(day, "APP")
    file = OutboundFile(name=name, type="APP", deanery="EOE", day=day, state=state, rows=1)
    return [(RUNS, Run(type="APP", day=day, files=[name])), (OUTBOUND_FILES, file)]


def a_decision(placement: int) -> Kept:
    return DECISIONS, Decision(
        placement_id=placement, position_id=LIVING, person_id=1, deanery_number=NPN, gmc_number=None, made=True,
        reason="", correlation_id="c",
    )  # fmt: skip


def an_export(placement: int) -> Kept:
    return TIS_EXPORTS, TisExport(placement_id=placement, position_id=LIVING, filename="f", confirmed=True)


def a_person(number: int, day: date) -> Kept:
    stamps = {"contact.telephoneNumber": Stamp(day, "EOE", 1, 2)}
    return TIS_PEOPLE, TisPerson(person_id=number, stamps=stamps)


KEEP = Retention(rows_days=10, personal_days=30, history_days=100)
EXPORTER = "DataExporter"
RECENT = ledger_entry(ago(1), name=file_name(ago(1), sequence=9), rows_gone=True)
OWN = {PURGES.name, HORIZON.name, PROGRESS.name}
"""What the purge itself keeps."""


def nowhere() -> World:
    return World(TODAY, Random(1))


def purge(bench: Bench, holder: str = "this", **more: Any) -> Purge:
    return Purge(bench.runner, KEEP, holder, **more)


async def keep(bench: Bench, days_ago: int, *kept: Kept | list[Kept]) -> None:
    """Store documents as they were written so many days ago; a file came yesterday."""
    bench.today[0] = ago(1)
    await bench.keep(*RECENT)
    bench.today[0] = ago(days_ago)
    for one in kept:
        for collection, document in one if isinstance(one, list) else [one]:
            await bench.keep(collection, document)
    bench.today[0] = TODAY


async def left(bench: Bench) -> set[str]:
    """Return collection and key of every document but the purge's own."""
    return {
        f"{collection.name} {key}"
        for collection in ALL_COLLECTIONS
        if collection.name not in OWN
        for key in await bench.all(collection)
    } - named(RECENT)


def named(*kept: Kept | list[Kept]) -> set[str]:
    return {
        f"{collection.name} {collection.key(document)}"
        for one in kept
        for collection, document in (one if isinstance(one, list) else [one])
    }
