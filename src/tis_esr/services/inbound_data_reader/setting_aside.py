"""Sets files aside: they are entered as refused and are never read; the files themselves stay where they are.

Part of the InboundDataReader.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from tis_esr.engine.work import Work
from tis_esr.services.inbound_data_reader.file_admission import with_name
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile, enter

_AT_ONCE = 500


async def waiting(work: Work, names: Iterable[str]) -> list[str]:
    """Return the files that were not begun, and are not set aside."""
    listed = list(names)
    known = await work.get(FILES, listed)
    return [name for name in listed if _is_waiting(known.get(name))]


async def set_aside(begin: Callable[[], Work], names: Sequence[str], reason: str) -> None:
    """Set aside the files of ``names`` that were not begun, for a reason that settles them."""
    for start in range(0, len(names), _AT_ONCE):
        work = begin()
        some = names[start : start + _AT_ONCE]
        known = await work.get(FILES, some)
        for name in some:
            entry = known.get(name)
            if _is_waiting(entry):
                enter(work, _set_aside(name, entry, reason))
        await work.commit()


def _is_waiting(known: InboundFile | None) -> bool:
    if known is None:
        return True
    return known.state in {FileState.HELD, FileState.REFUSED} and not known.rows and not known.set_aside


def _set_aside(name: str, known: InboundFile | None, reason: str) -> InboundFile:
    entry = known or with_name(InboundFile(name=name, state=FileState.REFUSED))
    refused = msgspec.structs.replace(
        entry, state=FileState.REFUSED, reason=reason, retry_at=0.0, set_aside=True
    )
    return refused.settle("set aside")
