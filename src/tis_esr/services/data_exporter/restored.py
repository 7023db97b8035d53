"""That the store was restored from a backup: nothing is exported until it is known what was sent since."""

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work

KEY = "latest"


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """The last restore, by the engine's clock; ``is_settled`` once what was sent since the backup was taken over."""

    at: float
    is_settled: bool = False


RESTORED = Collection("dataexporter.restored", Restored, lambda _: KEY)


async def mark_restored(work: Work) -> None:
    """Withhold exports until ``mark_settled``."""
    await work.get(RESTORED, [KEY])
    work.put(RESTORED, Restored(at=work.time()))


async def mark_settled(work: Work) -> None:
    """End the withholding of exports, if there is any."""
    known = (await work.get(RESTORED, [KEY])).get(KEY)
    if known is not None and not known.is_settled:
        work.put(RESTORED, msgspec.structs.replace(known, is_settled=True))


async def is_unsettled(work: Work) -> bool:
    """Return whether exports are withheld."""
    known = (await work.get(RESTORED, [KEY])).get(KEY)
    return known is not None and not known.is_settled
