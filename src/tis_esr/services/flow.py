"""The whole flow: which services there are, what they keep, and in which order a day walks through them."""

from tis_esr.engine.runner import Handler
from tis_esr.services.app_generator import DECISIONS, AppGenerator
from tis_esr.services.data_exporter import DataExporter
from tis_esr.services.faults import telling_faults_apart
from tis_esr.services.inbound_data_reader import FILES
from tis_esr.services.inbound_data_writer import InboundDataWriter
from tis_esr.services.notification_generator import KNOWN_POSITIONS, SENT_APPLICANTS, NotificationGenerator
from tis_esr.services.outbound import APPLICANTS, COUNTERS, NOTIFICATIONS, OUTBOUND_FILES, RUNS
from tis_esr.services.person_updates import JOURNAL, PEOPLE
from tis_esr.services.reconciliation import POSITIONS, Reconciliation
from tis_esr.tcs.client import Tcs, TcsSettings

COLLECTIONS = (
    FILES,
    POSITIONS,
    DECISIONS,
    KNOWN_POSITIONS,
    SENT_APPLICANTS,
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RUNS,
    COUNTERS,
    PEOPLE,
    JOURNAL,
)

STAGES: tuple[tuple[str, ...], ...] = (
    ("esr.queue.por.split", "esr.queue.apc.split", "esr.queue.dcc.split"),
    ("esr.queue.pos.split",),
    ("esr.queue.por.saved", "esr.queue.asg.split"),
    ("esr.queue.pos.saved",),
    (
        "esr.queue.position.reconciled.notificationgenerator",
        "esr.queue.position.reconciled.appgenerator",
        "esr.queue.position.changed",
    ),
    ("esr.queue.notification.due", "esr.queue.apprecord.generated"),
    ("esr.queue.notification.generated",),
)
"""A day walks stage by stage, so that what a stage looks up is complete: each begins when the one before is empty.

That makes a day's outcome independent of timing: of batches, of restarts and of TCS's speed.
"""

AFTER_EXPORT: tuple[str, ...] = (
    "esr.queue.apprecord.exported.inbounddatawriter",
    "esr.queue.apprecord.exported.notificationgenerator",
)


def handlers(tcs: Tcs) -> list[Handler]:
    """Return every handler of the services that read queues."""
    services = (
        Reconciliation(tcs),
        AppGenerator(tcs),
        NotificationGenerator(tcs),
        DataExporter(),
        InboundDataWriter(tcs),
    )
    return [telling_faults_apart(handler) for service in services for handler in service.handlers()]


def bindings_only() -> list[Handler]:
    """Return the handlers for a step that sends messages but handles none, so needs no TCS."""
    return handlers(Tcs(TcsSettings(base_url="http://localhost/tcs")))
