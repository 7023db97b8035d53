"""The upgrade from 0.2.0, whose documents have no versions of facts.

What they do not show is determined again: the upgrade ends with a request to compare every position with TIS.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.upgrading import Json, OldDocuments, Step, Upgrade, Written
from tis_esr.operations.upgrades.messages_0_2 import BODIES, CAUSES
from tis_esr.operations.upgrades.people_0_2 import journal_entries, people
from tis_esr.operations.upgrades.positions_0_2 import positions
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.command_schedule import SCHEDULE
from tis_esr.services.contracts.bodies import ReconcileAll
from tis_esr.services.contracts.commands import RECONCILE_ALL_COMMAND
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    COUNTERS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RUNS,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS


def _unchanged(collection: Collection[Any]) -> Callable[[OldDocuments, Sequence[Json]], Iterator[Written]]:
    def convert(_: OldDocuments, documents: Sequence[Json]) -> Iterator[Written]:
        for document in documents:
            yield collection, msgspec.convert(document, collection.type)

    return convert


def _files(_: OldDocuments, documents: Sequence[Json]) -> Iterator[Written]:
    for document in documents:
        last_row = document["next_row"] - 1
        yield FILES, msgspec.convert({**document, "last_row": last_row}, FILES.type)


def _requests() -> Iterator[Message]:
    for deanery in DEANERIES:
        yield Message(
            id=derived_id("upgrade", "0.2.0", deanery),
            queue=f"esr.queue.{RECONCILE_ALL_COMMAND}",
            correlation_id=f"upgrade from 0.2.0:{deanery}",
            source_file="",
            deanery=deanery,
            row=0,
            body=msgspec.json.encode(ReconcileAll(deanery=deanery)),
        )


FROM_0_2 = Upgrade(
    release="0.2.0",
    embedded=2,
    production=1,
    old_collections=(
        "inbounddatareader.files",
        "reconciliation.positions",
        "appgenerator.decisions",
        "notificationgenerator.positions",
        "notificationgenerator.sent",
        "dataexporter.applicants",
        "dataexporter.notifications",
        "dataexporter.files",
        "dataexporter.runs",
        "dataexporter.counters",
        "inbounddatawriter.people",
        "inbounddatawriter.journal",
        "dataexporter.schedule",
    ),
    steps=(
        Step("files", "inbounddatareader.files", _files, [("inbounddatareader.files", FILES)]),
        Step(
            "positions",
            "reconciliation.positions",
            positions,
            [
                ("reconciliation.positions", POSITIONS),
                ("dataexporter.applicants", APPLICANTS),
                ("dataexporter.notifications", NOTIFICATIONS),
            ],
        ),
        Step("decisions", "appgenerator.decisions", _unchanged(DECISIONS)),
        *(
            Step(kept.name, kept.name, _unchanged(kept), [(kept.name, kept)])
            for kept in (OUTBOUND_FILES, RUNS, COUNTERS)
        ),
        Step("people", "inbounddatawriter.people", people, [("inbounddatawriter.people", TIS_PEOPLE)]),
        Step(
            "journal", "inbounddatawriter.journal", journal_entries, [("inbounddatawriter.journal", JOURNAL)]
        ),
        Step("schedule", "dataexporter.schedule", _unchanged(SCHEDULE)),
    ),
    bodies=BODIES,
    causes=CAUSES,
    requests=tuple(_requests()),
)
