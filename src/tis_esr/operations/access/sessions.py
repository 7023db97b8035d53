"""Sessions of signed-in people, kept on the server: the browser has a random secret, the store its hash alone."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.protocol import Cursor
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account
from tis_esr.operations.access.sign_in_audit import VIA, SignInAudit
from tis_esr.operations.audit.trail import Person, record
from tis_esr.services.retention.step import DOCUMENTS_A_STEP, Step, end_of

T = TypeVar("T")
_SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last use is stored: a write a minute at most, however many pages a person opens."""
_MOST_IN_MEMORY = 1000


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in person's session; its ``key`` is the hash of the browser's secret.

    ``form_token`` is what each form of it has to carry. ``sealed`` is what the identity provider wants back at
    sign-out, encrypted with a key that only the browser's secret gives; "" for a session that no provider opened.
    """

    key: str
    account: Account
    form_token: str
    begun_at: datetime
    seen_at: datetime
    sealed: str = ""


class Lifetimes(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session lasts without use, and at most."""

    idle: timedelta = timedelta(minutes=15)
    at_most: timedelta = timedelta(hours=8)

    def is_over(self, session: Session, now: datetime) -> bool:
        """Return whether a session has ended by itself."""
        return now >= min(session.seen_at + self.idle, session.begun_at + self.at_most)


SESSIONS = Collection("console.sessions", Session, lambda session: session.key)


class Sessions(Protocol):
    """The sessions of one installation."""

    async def begin(self, account: Account, secret: str, sealed: str = "") -> Session:
        """Begin a session for a new secret."""
        ...

    async def current(self, secret: str, *, is_use: bool = True) -> Session | None:
        """Return the session of a secret; None if it is unknown or over. It lasts longer where that ``is_use`` of it."""
        ...

    async def end(self, session: Session) -> None:
        """End a session now."""
        ...


def new_secret() -> str:
    """Return a secret for a new session, or a one-time token: 256 random bits."""
    return secrets.token_urlsafe(32)


def key_from(secret: str, purpose: str) -> bytes:
    """Return a key for Fernet that only this secret gives, one for each purpose."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), f"tis-esr {purpose}".encode(), "sha256"))


def _new(account: Account, secret: str, sealed: str, now: datetime) -> Session:
    return Session(
        key=_hash(secret),
        account=account,
        form_token=new_secret(),
        begun_at=now,
        seen_at=now,
        sealed=sealed,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class MemorySessions:
    """Sessions of one process, that end with it: another process may hold the state file.

    Beginning and signing out are recorded in the ``audit``; None for the owner of a state file, who is alone.
    """

    def __init__(
        self, lifetimes: Lifetimes, now: Callable[[], datetime], audit: SignInAudit | None = None
    ) -> None:
        self._lifetimes, self._now, self._audit = lifetimes, now, audit
        self._held: dict[str, Session] = {}

    async def begin(self, account: Account, secret: str, sealed: str = "") -> Session:
        """See Sessions."""
        if self._audit is not None:
            await self._audit.signed_in(account)
        now = self._now()
        self._held = {k: one for k, one in self._held.items() if not self._lifetimes.is_over(one, now)}
        while len(self._held) >= _MOST_IN_MEMORY:
            del self._held[next(iter(self._held))]
        session = _new(account, secret, sealed, now)
        self._held[session.key] = session
        return session

    async def current(self, secret: str, *, is_use: bool = True) -> Session | None:
        """See Sessions."""
        session = self._held.get(_hash(secret))
        if session is None:
            return None
        if self._lifetimes.is_over(session, self._now()):
            del self._held[session.key]
            return None
        if not is_use:
            return session
        session = msgspec.structs.replace(session, seen_at=self._now())
        self._held[session.key] = session
        return session

    async def end(self, session: Session) -> None:
        """See Sessions."""
        if self._held.pop(session.key, None) is not None and self._audit is not None:
            await self._audit.signed_out(session.account)


class StoredSessions:
    """Sessions in the store, so that any process serves any of them. Beginning and signing out are audited.

    Raises TransientError while the store is unavailable.
    """

    def __init__(self, lifetimes: Lifetimes, runner: Runner) -> None:
        self._lifetimes, self._runner = lifetimes, runner

    async def begin(self, account: Account, secret: str, sealed: str = "") -> Session:
        """See Sessions."""

        async def step() -> Session:
            work = self._runner.work()
            session = _new(account, secret, sealed, work.now)
            work.put(SESSIONS, session)
            roles = ", ".join(sorted(account.roles))
            await record(work, Person(account.name, VIA), "console.sign-in", result=f"signed in as {roles}")
            await work.commit()
            return session

        return await self._runner.patiently("sign-in", step)

    async def current(self, secret: str, *, is_use: bool = True) -> Session | None:
        """See Sessions."""
        work = self._runner.work()
        session = await self._found(work, _hash(secret))
        if session is None or self._lifetimes.is_over(session, work.now):
            return None
        if not is_use or work.now - session.seen_at < min(_SEEN_EVERY, self._lifetimes.idle / 4):
            return session
        return await self._runner.patiently("session", partial(self._seen, session.key)) or None

    async def end(self, session: Session) -> None:
        """See Sessions."""

        async def step() -> None:
            work = self._runner.work()
            found = await self._found(work, session.key)
            if found is not None:
                work.remove(SESSIONS, found)
                await record(work, Person(session.account.name, VIA), "console.sign-out", result="signed out")
                await work.commit()

        await self._runner.patiently("sign-out", step)

    async def _seen(self, key: str) -> Session | None:
        work = self._runner.work()
        found = await self._found(work, key)
        if found is None:
            return None
        found = msgspec.structs.replace(found, seen_at=work.now)
        work.put(SESSIONS, found)
        await work.commit()
        return found

    async def _found(self, work: Work, key: str) -> Session | None:
        return (await work.get(SESSIONS, [key])).get(key)


async def remove_sessions(step: Step) -> Cursor | None:
    """Remove sessions that were last used before yesterday: the longest one has ended by then."""
    before = step.cutoffs.day - timedelta(days=1)
    found = await step.work.written_before(SESSIONS, before, step.after, DOCUMENTS_A_STEP)
    for _, session in found:
        step.remove(SESSIONS, session)
    return end_of(found)
