"""Every collection of a store: those of the services, and those of people's acts."""

from tis_esr.operations.access.sessions import SESSIONS
from tis_esr.operations.audit.trail import AUDIT, AUDIT_HEAD
from tis_esr.services.flow import COLLECTIONS

OPERATIONS_COLLECTIONS = (
    AUDIT,
    AUDIT_HEAD,
    SESSIONS,
)

ALL_COLLECTIONS = (*COLLECTIONS, *OPERATIONS_COLLECTIONS)
