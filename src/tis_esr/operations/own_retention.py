"""What is removed of the records of people's acts, by the daily purge."""

from tis_esr.operations.access.sessions import remove_sessions
from tis_esr.operations.audit.trail import AUDIT
from tis_esr.services.retention.history import by_age

OWN_RULES = (by_age(AUDIT), remove_sessions)
