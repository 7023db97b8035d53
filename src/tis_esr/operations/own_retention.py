"""What is removed of the records of people's acts, by the daily purge."""

from tis_esr.operations.audit.trail import AUDIT
from tis_esr.operations.processes.announced import PROCESSES
from tis_esr.operations.recovery.stored import RECOVERIES
from tis_esr.services.retention.history import by_age

OWN_RULES = (by_age(AUDIT), by_age(PROCESSES), by_age(RECOVERIES))
