"""The budget of calls to TCS that all processes on one store share (guarantee 12).

One document has the number of concurrent calls of each running process. A process renews its claim every few seconds by
compare-and-set: it grows only into what is free, and shrinks to its fair share as its calls end, so claims that have
not expired never add up to more than the total.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, NamedTuple

import msgspec
import structlog

from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.supervision import Beat, Supervisor
from tis_esr.engine.work import Work
from tis_esr.tcs.client import Tcs

_log = structlog.get_logger(__name__)

CLAIM_SECONDS: Final = 15.0
_KEY: Final = "tcs"
_RENEWALS: Final = 4
_RENEWALS_SOON: Final = 12
"""How often a claim is renewed within its duration; more often while it is below the fair share."""
_KEPT_BACK: Final = 0.2
"""The last part of its duration in which a claim still counts for others, but no longer for its own process."""
_TRIES: Final = 20
_WITHOUT_SHARE_SECONDS: Final = 60.0
"""How long a process may be without a share before that is logged."""


class Claim(msgspec.Struct, frozen=True):
    """How many concurrent calls a process may have, and until when by the store's clock."""

    calls: int
    until: float


class Budget(msgspec.Struct, frozen=True):
    """The claims by process; expired ones are removed at the next renewal."""

    id: str
    claims: dict[str, Claim]


BUDGET: Final = Collection("tcs.budget", Budget, key=lambda budget: budget.id)


class Renewal(NamedTuple):
    """All claims after a renewal; how many concurrent calls its process may have, and its fair share."""

    claims: dict[str, Claim]
    allowed: int
    share: int


def fair_share(processes: Mapping[str, object], process: str, total: int) -> int:
    """Return how many of ``total`` calls a process may have; a remainder goes to the first by name."""
    share, more = divmod(total, len(processes))
    return share + (sorted(processes).index(process) < more)


def renewed(
    claims: Mapping[str, Claim],
    process: str,
    *,
    now: float,
    until: float,
    total: int,
    most: int,
    in_flight: int,
) -> Renewal:
    """Return the claims with that of ``process`` renewed.

    It keeps its claim to calls beyond its share while they are in flight, and releases it as they end.
    """
    own = claims.get(process)
    had = own.calls if own and own.until > now else 0
    others = {name: claim for name, claim in claims.items() if name != process and claim.until > now}
    share = min(most, fair_share({**others, process: own}, process, total))
    free = max(0, total - sum(claim.calls for claim in others.values()))
    allowed = min(share, free)
    held = min(free, max(allowed, min(had, in_flight)))
    return Renewal({**others, process: Claim(held, until)}, allowed, share)


class TcsBudget:
    """One process's part of the budget: at most ``most`` calls of ``total``, claimed for ``seconds`` at a time."""

    def __init__(
        self, work: Callable[[], Work], tcs: Tcs, process: str, *, total: int, most: int, seconds: float
    ) -> None:
        self._work, self._tcs, self._process = work, tcs, process
        self._total, self._most, self._seconds = total, most, seconds
        self._allowed, self._until = 0, 0.0
        self._is_whole = False
        self._without_share_since: float | None = None
        self._warned = False

    @contextlib.asynccontextmanager
    async def kept(self, supervisor: Supervisor) -> AsyncIterator[None]:
        """Claim, renew the claim in the background, and release it at the end.

        If the store can't be reached, the claim expires and no calls are made until it is renewed.
        """
        self._bound(0, 0.0)
        await self._renew_or_say()
        renewing = supervisor.start("tcs budget", self._renew_on)
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with contextlib.suppress(TransientError):
                await self.release()

    async def renew(self) -> bool:
        """Renew the claim, and bound the client by it; return whether it is the whole share. Raises TransientError."""
        for _ in range(_TRIES):
            began = asyncio.get_running_loop().time()
            work = self._work()
            budget, now = await self._read(work), work.time()
            to_be = renewed(
                budget.claims,
                self._process,
                now=now,
                until=now + self._seconds,
                total=self._total,
                most=self._most,
                in_flight=self._tcs.load.in_flight,
            )
            self._bound(min(to_be.allowed, self._allowed), self._until)
            work.put(BUDGET, Budget(_KEY, to_be.claims))
            try:
                await work.commit()
            except ConflictError:
                continue
            self._bound(to_be.allowed, began + self._seconds * (1 - _KEPT_BACK))
            self._warn_without_share(to_be, now)
            return to_be.allowed == to_be.share
        raise TransientError("the budget of calls to TCS is changed by too many processes at once")

    async def release(self) -> None:
        """Release the claim. Raises TransientError."""
        self._bound(0, 0.0)
        for _ in range(_TRIES):
            work = self._work()
            budget = await self._read(work)
            rest = {name: claim for name, claim in budget.claims.items() if name != self._process}
            work.put(BUDGET, Budget(_KEY, rest))
            with contextlib.suppress(ConflictError):
                await work.commit()
                return

    def _bound(self, calls: int, until: float) -> None:
        self._allowed, self._until = calls, until
        self._tcs.share(calls, until)

    def _warn_without_share(self, renewal: Renewal, now: float) -> None:
        """Log once when the share has been 0 for a minute: with more processes than calls, some wait permanently."""
        if renewal.share:
            self._without_share_since, self._warned = None, False
            return
        since = self._without_share_since = (
            now if self._without_share_since is None else self._without_share_since
        )
        if now - since > _WITHOUT_SHARE_SECONDS and not self._warned:
            self._warned = True
            _log.warning(
                "tcs_budget_without_share",
                tcs_concurrency_total=self._total,
                processes=len(renewal.claims),
                advice="raise tcs_concurrency_total, or run fewer processes that call TCS",
            )

    async def _read(self, work: Work) -> Budget:
        return (await work.get(BUDGET, [_KEY])).get(_KEY) or Budget(_KEY, {})

    async def _renew_on(self, beat: Beat) -> None:
        while True:
            beat()
            await asyncio.sleep(self._seconds / (_RENEWALS if self._is_whole else _RENEWALS_SOON))
            await self._renew_or_say()

    async def _renew_or_say(self) -> None:
        try:
            self._is_whole = await self.renew()
        except TransientError as fault:
            _log.info("tcs_budget_not_renewed", reason=fault.reason)
