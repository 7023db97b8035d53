"""The leases of this process: on the messages that it is handling, and those abandoned that MongoDB may still have."""

import contextlib
import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import LeaseLostError
from tis_esr.engine.production.mongodb import inbox, leases
from tis_esr.engine.production.mongodb.outbox import entry_id
from tis_esr.engine.production.mongodb.server_clock import ServerClock
from tis_esr.engine.production.mongodb.transactions import retried, transaction
from tis_esr.engine.protocol import Commit

_LATE_SECONDS = 600.0
"""How long after MongoDB answers again it may still execute what it was sent before it fell silent."""


class HeldLeases:
    """The messages that this process holds, by the token of their lease.

    A token is chosen before MongoDB is asked for the lease. So the process knows a lease whose answer never came as its
    own, and ends it: no message is blamed for a process that did not end.
    """

    def __init__(self, database: AsyncDatabase[dict[str, Any]], clock: ServerClock, seconds: float) -> None:
        self._database, self._clock, self._seconds = database, clock, seconds
        self._held: dict[str, set[str]] = {}
        self._abandoned: dict[str, float] = {}
        self._isolated, self._isolating = "", False

    async def claim(self, messages: Sequence[Message], now: float) -> inbox.Claimed:
        """Claim delivered messages, see inbox.claim. Raises PyMongoError."""
        token, until = uuid4().hex, now + self._seconds
        own = leases.Own(self._held.keys(), self._abandoned.keys())
        isolated = not (self._isolated in self._held or self._isolating)
        self._isolating = self._isolating or isolated
        try:
            claimed = await inbox.claim(self._database, token, messages, now, until, own, isolated=isolated)
        except BaseException:
            self._abandoned[token] = math.inf
            raise
        finally:
            self._isolating = self._isolating and not isolated
        if claimed.mine:
            self._held[token] = set(map(entry_id, claimed.mine))
            if claimed.mine[0].is_isolated:
                self._isolated = token
        return claimed

    async def hold(self, commit: Commit, session: AsyncClientSession, now: float) -> None:
        """End the leases on the messages that a commit finishes, and keep those on the others until it is over.

        Raises LeaseLostError if another process has taken one over.
        """
        if not all(message.claim for message in commit.done):
            raise LeaseLostError
        finished = _by_claim([*commit.done, *(message for message, *_ in commit.parked if message.claim)])
        for token, messages in finished.items():
            await self._end(token, messages, session)
        for token, messages in _by_claim(commit.held).items():
            if not self._held.get(token, set()).issuperset(map(entry_id, messages)):
                raise LeaseLostError
            if token in finished:
                continue
            await leases.hold(self._database, token, now + self._seconds, session)

    async def _end(self, token: str, messages: Sequence[Message], session: AsyncClientSession) -> None:
        held, ended = self._held.get(token, set()), set(map(entry_id, messages))
        if not ended <= held:
            raise LeaseLostError
        await leases.shrink(self._database, token, sorted(held - ended), session)

    def forget(self, messages: Iterable[Message]) -> None:
        """Hold these messages no longer."""
        for token, some in _by_claim(messages).items():
            left = self._held.get(token, set()) - set(map(entry_id, some))
            if left:
                self._held[token] = left
            else:
                self._held.pop(token, None)

    async def release(self, messages: Iterable[Message], at: float) -> None:
        """Release messages, to be claimed again from ``at``; if MongoDB can't be reached, their leases are ended later."""
        for token, some in _by_claim(messages).items():
            held = [message for message in some if entry_id(message) in self._held.get(token, ())]
            if held:
                await self._release(token, held, at)

    async def _release(self, token: str, messages: Sequence[Message], at: float) -> None:
        is_known = False
        try:
            with contextlib.suppress(PyMongoError):
                with contextlib.suppress(LeaseLostError):
                    await retried(partial(self._give_back, token, messages, at))
                is_known = True
        finally:
            self.forget(messages)
            if not is_known and token not in self._held:
                self._abandoned[token] = math.inf

    async def _give_back(self, token: str, messages: Sequence[Message], at: float) -> None:
        async with transaction(self._database.client) as session:
            await self._end(token, messages, session)
            await leases.count_attempts(self._database, map(entry_id, messages), at, session)

    async def renew(self) -> None:
        """Renew the leases in use, and end those that were abandoned. Raises PyMongoError."""
        if self._held:
            await leases.renew(self._database, self._held.keys(), self._clock.now() + self._seconds)
        await self.end_abandoned()

    async def end_abandoned(self) -> None:
        """End the leases that were abandoned, also those that MongoDB writes late. Raises PyMongoError."""
        if self._abandoned:
            await leases.end(self._database, self._abandoned.keys())
            now = self._clock.now()
            for token, until in list(self._abandoned.items()):
                if until > now:
                    self._abandoned[token] = min(until, now + _LATE_SECONDS)
                else:
                    del self._abandoned[token]


def _by_claim(messages: Iterable[Message]) -> dict[str, list[Message]]:
    by_claim: dict[str, list[Message]] = {}
    for message in messages:
        by_claim.setdefault(message.claim, []).append(message)
    return by_claim
