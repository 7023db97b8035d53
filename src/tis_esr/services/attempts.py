"""One attempt at a time: a write to TCS is not begun while an earlier one of the same thing may still arrive.

Part of the InboundDataWriter. Each thing that it keeps up to date in TIS has a document with ``open_until``:
0 where it is known what came of the last write; else the moment (of the engine's clock) until which TCS may
still act on it. The document is saved before the call. After that moment it is looked what came of the write
before another is made, whichever process it is that goes on.
"""

import asyncio
from dataclasses import dataclass

from tis_esr.engine.errors import Transient
from tis_esr.engine.work import Work
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.errors import TcsError, TcsUncertain

_SEND_SECONDS = 10.0


@dataclass(frozen=True)
class Attempt:
    """Bounds of the writes that one unit of work is about to make.

    ``open_until`` (engine's clock) is to be saved before them; ``send_by`` (the event loop's clock) is the
    moment after which none of them is sent any more, so that a process that slept too long sends none.
    """

    open_until: float
    send_by: float


def begin(work: Work, tcs: Tcs) -> Attempt:
    """Return the bounds of writes that are begun now."""
    sending = min(_SEND_SECONDS, tcs.settings.uncertain_seconds)
    return Attempt(
        open_until=work.time() + sending + tcs.settings.uncertain_seconds,
        send_by=asyncio.get_running_loop().time() + sending,
    )


def may_still_arrive(work: Work, tcs: Tcs, open_until: float, what: str) -> Transient | None:
    """Return why a write has to wait, with for how long; None where nothing of an earlier one can arrive.

    Never longer than one attempt takes, though the clock was set back.
    """
    longest = _SEND_SECONDS + tcs.settings.uncertain_seconds
    seconds = min(open_until - work.time(), longest)
    if seconds <= 0:
        return None
    return Transient(f"TCS may still act on an earlier call about {what}", retry_after=seconds)


def open_after(work: Work, tcs: Tcs, error: TcsError | None) -> float:
    """Return ``open_until`` after a write: 0 where its end is known, in the past where only a look can tell."""
    if not isinstance(error, TcsUncertain):
        return 0.0
    return work.time() + (tcs.settings.uncertain_seconds if error.may_arrive else 0.0)
