"""What generating again did, or in a dry run would do."""

from datetime import date

import msgspec

from tis_esr.operations.planned_day import Change
from tis_esr.operations.regeneration.selection import Selection


class Regenerated(msgspec.Struct, frozen=True, kw_only=True):
    """``positions`` were reconciled with TIS again, ``left`` could not be, ``requeued`` parked messages are requeued.

    ``parked`` messages were parked meanwhile, perhaps again.

    Only a ``dry_run`` has ``changes``: the records that would be other ones.
    """

    day: date
    dry_run: bool
    selection: Selection
    positions: int
    requeued: int
    left: int = 0
    parked: int = 0
    changes: list[Change] = []
