"""The audit of signing in and out on a state file, which another process may hold: at once, or as soon as it is free."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from functools import partial
from typing import Final

import msgspec
import structlog

from tis_esr import wall_clock
from tis_esr.engine.runner import Runner
from tis_esr.errors import TisEsrError
from tis_esr.operations.access.accounts import Account
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.dates import iso, readable

_log = structlog.get_logger()
VIA: Final = "console"
_PAUSE: Final = 5.0


class _Entry(msgspec.Struct, frozen=True):
    who: str
    act: str
    result: str
    at: datetime


class SignInAudit:
    """Records who signed in and out, in order. Nobody waits for a file that is held: its entries are written later.

    Such an entry says when it happened. ``close`` tries once more, and logs what could not be written.
    """

    def __init__(
        self, runner: Callable[[], AbstractAsyncContextManager[Runner]], pause: float = _PAUSE
    ) -> None:
        self._runner, self._pause = runner, pause
        self._due: list[_Entry] = []
        self._writing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None

    async def signed_in(self, account: Account) -> None:
        """Record that a session begins."""
        roles = ", ".join(sorted(account.roles))
        await self._record(account, "console.sign-in", f"signed in as {roles}")

    async def signed_out(self, account: Account) -> None:
        """Record that a person ended their session."""
        await self._record(account, "console.sign-out", "signed out")

    async def close(self) -> None:
        """Write what is due, if the file is free now, and stop."""
        if self._later is not None:
            self._later.cancel()
            with suppress(asyncio.CancelledError):
                await self._later
        await self._write(is_late=True)
        for entry in self._due:
            _log.error("console_audit_entry_lost", act=entry.act, who=entry.who, at=entry.at.isoformat())

    async def _record(self, account: Account, act: str, result: str) -> None:
        self._due.append(_Entry(account.name, act, result, wall_clock.now()))
        if not await self._write() and (self._later is None or self._later.done()):
            _log.warning("console_audit_waits", act=act)
            self._later = asyncio.create_task(self._write_later())

    async def _write_later(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            if await self._write(is_late=True):
                return

    async def _write(self, *, is_late: bool = False) -> bool:
        """Write what is due; return whether nothing is left."""
        with suppress(TisEsrError):
            async with self._writing:
                if self._due:
                    async with self._runner() as runner:
                        while self._due:
                            await runner.patiently("the audit", partial(self._first, runner, is_late=is_late))
                            del self._due[0]
        return not self._due

    async def _first(self, runner: Runner, *, is_late: bool) -> None:
        entry, work = self._due[0], runner.work()
        when = f" at {readable(iso(entry.at.timestamp()))}, recorded later" if is_late else ""
        await record(work, Person(entry.who, VIA), entry.act, result=f"{entry.result}{when}")
        await work.commit()
