"""Every collection of a store: those of the services, and those of people's acts."""

from tis_esr.operations.audit.trail import AUDIT, AUDIT_HEAD
from tis_esr.operations.batches.documents import BATCHES, ITEMS
from tis_esr.operations.parked.discarding import DISCARDED
from tis_esr.operations.parked.editing import EDITS
from tis_esr.services.flow import COLLECTIONS

OPERATIONS_COLLECTIONS = (
    AUDIT,
    AUDIT_HEAD,
    DISCARDED,
    EDITS,
    BATCHES,
    ITEMS,
)

ALL_COLLECTIONS = (*COLLECTIONS, *OPERATIONS_COLLECTIONS)
