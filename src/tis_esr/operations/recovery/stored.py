"""How far a recovery is: a document for each outage."""

from datetime import date
from enum import StrEnum

import msgspec

from tis_esr.engine.collection import Collection


class RecoveryStep(StrEnum):
    """The steps of a recovery, in their order."""

    DOCTOR = "DOCTOR"
    REDRIVE = "REDRIVE"
    RECONCILE = "RECONCILE"
    SENT_SINCE = "SENT_SINCE"
    STATUSES = "STATUSES"
    EXPORTS = "EXPORTS"
    FULL_FILES = "FULL_FILES"


class RecoveryDone(msgspec.Struct, frozen=True, kw_only=True):
    """When a step was finished, by the engine's clock, what it did, and whether it left something to a person."""

    at: float
    text: str
    needs_somebody: bool = False


class StoredRecovery(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery: its steps that are done, and ``day``, on which it began.

    ``full`` are the deaneries that a DNF is asked for.
    """

    key: str
    day: date
    full: list[str] = []
    done: dict[RecoveryStep, RecoveryDone] = {}

    @property
    def is_finished(self) -> bool:
        """Return whether no step is left."""
        return RecoveryStep.FULL_FILES in self.done


RECOVERIES = Collection("operations.recoveries", StoredRecovery, lambda recovery: recovery.key, (("day",),))
