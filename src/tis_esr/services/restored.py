"""That the store was restored from a backup: nothing is exported until it is known what was sent since."""

import msgspec

from tis_esr import wall_clock
from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError

KEY = "latest"


class ExportsWithheldError(TisEsrError):
    """A file was requested, and the store was restored from a backup: nobody knows yet what was sent since."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self) -> None:
        super().__init__(
            "exports are withheld: the store was restored from a backup; run tis-esr recover first"
        )


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """The last restore, by the engine's clock; ``is_settled`` once what was sent since the backup was taken over."""

    at: float
    is_settled: bool = False


RESTORED = Collection("dataexporter.restored", Restored, lambda _: KEY)


def restored_now() -> Restored:
    """Return the mark of a store that is being restored, for which there is no engine yet."""
    return Restored(at=wall_clock.now().timestamp())


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


async def refuse_withheld(work: Work) -> None:
    """Raise ExportsWithheldError while exports are withheld."""
    if await is_unsettled(work):
        raise ExportsWithheldError
