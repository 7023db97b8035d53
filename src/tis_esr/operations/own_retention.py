"""What is removed of the records of people's acts, by the daily purge."""

from tis_esr.operations.audit.trail import AUDIT
from tis_esr.operations.batches.documents import BATCHES, ITEMS
from tis_esr.operations.parked.discarding import DISCARDED
from tis_esr.operations.parked.editing import EDITS
from tis_esr.services.retention.history import by_age

OWN_RULES = (
    by_age(AUDIT),
    by_age(DISCARDED),
    by_age(EDITS),
    by_age(BATCHES),
    by_age(ITEMS),
)
