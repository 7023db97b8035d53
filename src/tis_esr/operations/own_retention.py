"""What is removed of the records of people's acts, by the daily purge."""

from tis_esr.operations.access.acts_once import ACTS_DONE
from tis_esr.operations.access.sessions import remove_sessions
from tis_esr.operations.alarms.alarm import ALARMS
from tis_esr.operations.alarms.deliveries import DELIVERIES
from tis_esr.operations.alarms.evaluation import EVALUATIONS
from tis_esr.operations.alarms.sizes import SIZES
from tis_esr.operations.audit.retention import remove_audit_entries
from tis_esr.operations.batches.retention import remove_batches
from tis_esr.operations.board.retention import remove_expectations, remove_waivers
from tis_esr.operations.parked.discarding import DISCARDED
from tis_esr.operations.parked.editing import EDITS
from tis_esr.operations.procedures.step_runs import STEP_RUNS
from tis_esr.operations.processes.announced import PROCESSES
from tis_esr.operations.recovery.stored import RECOVERIES
from tis_esr.services.retention.history import by_age

OWN_RULES = (
    remove_audit_entries,
    remove_sessions,
    by_age(ACTS_DONE),
    by_age(ALARMS),
    by_age(DELIVERIES),
    by_age(EVALUATIONS),
    by_age(SIZES),
    remove_expectations,
    remove_waivers,
    by_age(PROCESSES),
    by_age(RECOVERIES),
    by_age(STEP_RUNS),
    by_age(DISCARDED),
    by_age(EDITS),
    remove_batches,
)
