"""The whole flow: the services, their collections, and the order in which a day runs them."""

from collections import Counter
from dataclasses import dataclass, field

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.runner import Handler
from tis_esr.files.file_store import FileStore, Nowhere
from tis_esr.services.app_generator.applicant_generation import DECISIONS, GENERATED, AppGenerator
from tis_esr.services.command_schedule import SCHEDULE
from tis_esr.services.data_exporter.confirmations import Confirmations
from tis_esr.services.data_exporter.export_commands import ExportCommands
from tis_esr.services.data_exporter.export_gate import LONGEST_WAIT, Gate
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    COUNTERS,
    HANDLED,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RESENT,
    RUNS,
)
from tis_esr.services.data_exporter.record_intake import DataExporter
from tis_esr.services.data_exporter.region_starts import REGION_STARTS
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES, RTC_ROWS
from tis_esr.services.data_exporter.rtc_export import RTC_COMMAND, RtcExport
from tis_esr.services.day_begun import DAYS
from tis_esr.services.inbound_data_reader.arrivals import Arrivals
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_reader.ledger_horizon import HORIZON
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE
from tis_esr.services.inbound_data_writer.tcs_writes import InboundDataWriter
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, VPD_USES
from tis_esr.services.notification_generator.notification_generation import NotificationGenerator
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Reconciliation
from tis_esr.services.restored import RESTORED
from tis_esr.services.retention.audit import PROGRESS, PURGES
from tis_esr.services.tcs_budget import BUDGET
from tis_esr.services.tcs_error_meanings import tcs_errors_classified
from tis_esr.services.tis_changes.tis_changes import CHANGED_THINGS, TisChanges
from tis_esr.tcs.client import Tcs, TcsSettings

COLLECTIONS = (
    FILES,
    POSITIONS,
    DECISIONS,
    GENERATED,
    KNOWN_POSITIONS,
    VPD_USES,
    HANDLED,
    APPLICANTS,
    RESENT,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RUNS,
    COUNTERS,
    REGION_STARTS,
    RESTORED,
    RTC_FILES,
    RTC_ROWS,
    TIS_PEOPLE,
    TIS_POSITIONS,
    TIS_EXPORTS,
    JOURNAL,
    SCHEDULE,
    BUDGET,
    DAYS,
    HORIZON,
    PURGES,
    PROGRESS,
    CHANGED_THINGS,
)

SPLIT: tuple[tuple[str, ...], ...] = (
    ("esr.queue.por.split", "esr.queue.apc.split", "esr.queue.dcc.split", "esr.queue.rmt.split"),
    ("esr.queue.pos.split",),
)
PEOPLE = ("esr.queue.asg.split",)
"""Person updates are sent to TCS while the other files are read and split."""

STAGES: tuple[tuple[str, ...], ...] = (
    *SPLIT,
    PEOPLE,
    ("esr.queue.tis.change",),
    ("esr.queue.placement.changed",),
    ("esr.queue.person.changed", "esr.queue.post.changed", "esr.queue.position.due"),
    ("esr.queue.por.saved",),
    ("esr.queue.pos.saved",),
    ("esr.queue.reconcileallcommand", "esr.queue.position.due"),
    ("esr.queue.position.reconciled.notificationgenerator",),
    ("esr.queue.dailyrulescommand",),
    ("esr.queue.position.reconciled.appgenerator", "esr.queue.notification.due"),
    ("esr.queue.apprecord.generated", "esr.queue.notification.generated"),
)
"""A day runs stage by stage: each begins when the one before is empty.

That saves work, because the lookups of a stage are complete. The outcome does not depend on it: services that run until
stopped handle messages in any order, with the same outcome.
"""

AFTER_APPLICANTS: tuple[tuple[str, ...], ...] = (
    ("esr.queue.apprecord.exported.notificationgenerator",),
    ("esr.queue.notification.due",),
    ("esr.queue.notification.generated",),
)
"""What follows the export of applicants, before that of notifications: dates that have changed in TIS meanwhile."""

INBOUND: tuple[str, ...] = (
    "esr.queue.file.arrived",
    *(queue for stage in STAGES for queue in stage),
)
"""What leads from a file of ESR to the records that are exported."""

TELLING = ("esr.queue.position.changed", "esr.queue.apprecord.exported.inbounddatawriter")
"""Notifications to TCS, one call each: nothing else in a day waits for them."""

ACKNOWLEDGING = (f"esr.queue.{RTC_COMMAND}",)
"""The last of a day: by then every row is accounted for."""


@dataclass(frozen=True)
class Dependencies:
    """What services need besides their engine: TCS and the file stores.

    ``refused_values`` counts values of people that were not sent to TIS, by column and reason. With ``acknowledges`` ESR
    is sent an RTC for each RMF and RMC. An export waits up to ``export_wait`` seconds for unfinished inbound, see Gate.
    """

    tcs: Tcs
    inbound: FileStore
    out: FileStore
    window: ApplicantWindow = field(default_factory=ApplicantWindow)
    refused_values: Counter[tuple[str, str]] = field(default_factory=Counter)
    acknowledges: bool = False
    export_wait: float = LONGEST_WAIT


def services(dependencies: Dependencies) -> dict[str, list[Handler]]:
    """Return the handlers of each of the seven services, by the service's name."""
    tcs = dependencies.tcs
    gate = Gate(INBOUND, tcs.is_refusing, dependencies.export_wait)
    commands = ExportCommands(dependencies.out, dependencies.window, gate)
    rtc = RtcExport(dependencies.out)
    found = {
        "InboundDataReader": Arrivals(
            dependencies.inbound, acknowledges=dependencies.acknowledges
        ).handlers(),
        "Reconciliation": Reconciliation(tcs).handlers(),
        "AppGenerator": AppGenerator(tcs).handlers(),
        "NotificationGenerator": NotificationGenerator(tcs).handlers(),
        "DataExporter": [
            *DataExporter().handlers(),
            *Confirmations().handlers(),
            *commands.handlers(),
            *rtc.handlers(),
        ],
        "InboundDataWriter": InboundDataWriter(tcs, dependencies.refused_values).handlers(),
        "TisChanges": TisChanges(tcs).handlers(),
    }
    return {name: [tcs_errors_classified(handler) for handler in own] for name, own in found.items()}


SERVICES = (
    "InboundDataReader",
    "Reconciliation",
    "AppGenerator",
    "NotificationGenerator",
    "DataExporter",
    "InboundDataWriter",
    "TisChanges",
)


CALLING_TCS = frozenset(
    {"Reconciliation", "AppGenerator", "NotificationGenerator", "InboundDataWriter", "TisChanges"}
)
"""The services that call TCS: a process without them needs no share of the budget."""


def handlers(dependencies: Dependencies) -> list[Handler]:
    """Return every handler of every service."""
    return [handler for own in services(dependencies).values() for handler in own]


def bindings_only() -> list[Handler]:
    """Return the handlers for a process that only sends messages and has no dependencies."""
    nowhere = Nowhere()
    return handlers(Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), nowhere, nowhere))
