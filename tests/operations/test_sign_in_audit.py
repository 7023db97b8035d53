"""The audit of signing in and out on a state file: at once, later while another process holds it, never silently lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

from structlog.testing import capture_logs

from tis_esr.engine.faults import StateInUseError
from tis_esr.engine.runner import Runner
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.access.sessions import Lifetimes, MemorySessions, new_secret
from tis_esr.operations.access.sign_in_audit import SignInAudit
from tis_esr.operations.audit.trail import AuditEntry, entries, verify
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.settings import Settings

PERSON = Account(name="testa.specimen", roles=frozenset({Role.OPERATOR, Role.PRIVACY}))


class File:
    """A state file that another process may hold."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(engine="embedded", state=folder / "state.sqlite")
        self.is_held = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Runner]:
        if self.is_held:
            raise StateInUseError(str(self.settings.state))
        async with engine_for_operation(self.settings, self.settings.state) as runner:
            yield runner

    def sessions(self, audit: SignInAudit) -> MemorySessions:
        return MemorySessions(Lifetimes(), lambda: datetime.now(UTC), audit)

    def entries(self) -> list[AuditEntry]:
        with closing(reader_of(self.settings, self.settings.state)) as reader:
            assert verify(reader).broken_at == 0
            return entries(reader)[::-1]


async def test_signing_in_and_out_is_written_at_once_where_the_file_is_free(tmp_path: Path) -> None:
    file = File(tmp_path)
    sessions = file.sessions(SignInAudit(file.opened))
    session = await sessions.begin(PERSON, new_secret())
    assert [entry.act for entry in file.entries()] == ["console.sign-in"]
    await sessions.end(session)
    await sessions.end(session)
    assert [(entry.who, entry.via, entry.act, entry.result) for entry in file.entries()] == [
        ("testa.specimen", "console", "console.sign-in", "signed in as operator, privacy"),
        ("testa.specimen", "console", "console.sign-out", "signed out"),
    ]


async def test_while_another_process_holds_the_file_people_sign_in_and_the_entries_follow_in_order(
    tmp_path: Path,
) -> None:
    file = File(tmp_path)
    audit = SignInAudit(file.opened, pause=0.01)
    sessions = file.sessions(audit)
    file.is_held = True
    secret = new_secret()
    session = await sessions.begin(PERSON, secret)
    assert await sessions.current(secret) is not None
    await sessions.end(session)
    assert not file.settings.state.exists()
    file.is_held = False
    async with asyncio.timeout(10):
        while not file.settings.state.exists() or len(file.entries()) < 2:  # noqa: ASYNC110 - written by a task of its own
            await asyncio.sleep(0.02)
    assert [entry.act for entry in file.entries()] == ["console.sign-in", "console.sign-out"]
    assert all(entry.result.endswith(", recorded later") for entry in file.entries())
    await audit.close()


async def test_at_the_end_what_is_due_is_written_or_else_logged(tmp_path: Path) -> None:
    file = File(tmp_path)
    file.is_held = True
    with capture_logs() as lines:
        for _ in range(2):
            audit = SignInAudit(file.opened, pause=60)
            await file.sessions(audit).begin(PERSON, new_secret())
            await audit.close()
            file.is_held = False
    assert [line["event"] for line in lines] == ["console_audit_waits", "console_audit_entry_lost"]
    assert (lines[1]["who"], lines[1]["act"]) == ("testa.specimen", "console.sign-in")
    assert [entry.act for entry in file.entries()] == ["console.sign-in"]
