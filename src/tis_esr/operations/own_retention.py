"""What is removed of the records of people's acts, by the daily purge."""

from tis_esr.operations.audit.retention import remove_audit_entries
from tis_esr.operations.board.retention import remove_expectations, remove_waivers

OWN_RULES = (
    remove_audit_entries,
    remove_expectations,
    remove_waivers,
)
