"""Every collection of a store: those of the services, and those of people's acts."""

from tis_esr.operations.access.acts_once import ACTS_DONE
from tis_esr.operations.access.sessions import SESSIONS
from tis_esr.operations.alarms.alarm import ALARMS
from tis_esr.operations.alarms.deliveries import DELIVERIES
from tis_esr.operations.alarms.evaluation import EVALUATIONS
from tis_esr.operations.alarms.sizes import SIZES
from tis_esr.operations.audit.trail import AUDIT, AUDIT_HEAD
from tis_esr.operations.batches.documents import BATCHES, ITEMS
from tis_esr.operations.board.expectations import EXPECTATIONS, WAIVERS
from tis_esr.operations.parked.discarding import DISCARDED
from tis_esr.operations.parked.editing import EDITS
from tis_esr.operations.procedures.step_runs import STEP_RUNS
from tis_esr.operations.processes.announced import PROCESSES
from tis_esr.operations.recovery.stored import RECOVERIES
from tis_esr.operations.status_check.stored_run import STATUS_RUNS
from tis_esr.services.flow import COLLECTIONS

OPERATIONS_COLLECTIONS = (
    AUDIT,
    AUDIT_HEAD,
    ALARMS,
    DELIVERIES,
    EVALUATIONS,
    SIZES,
    EXPECTATIONS,
    WAIVERS,
    PROCESSES,
    STATUS_RUNS,
    RECOVERIES,
    STEP_RUNS,
    DISCARDED,
    EDITS,
    BATCHES,
    ITEMS,
    SESSIONS,
    ACTS_DONE,
)

ALL_COLLECTIONS = (*COLLECTIONS, *OPERATIONS_COLLECTIONS)
