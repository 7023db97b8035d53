"""The doctor finishes whatever one check comes upon, and never passes what it could not look at."""

import pytest

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.doctor import agreement, checks, running
from tis_esr.operations.doctor.check import Check
from tis_esr.settings import Settings


async def test_a_check_that_fails_is_a_finding_and_the_others_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(_: Settings) -> list[Finding]:
        raise PermissionError(13, "Permission denied")

    async def passes(_: Settings) -> list[Finding]:
        return []

    monkeypatch.setattr(checks, "CHECKS", {"disk": fails, "clocks": passes})
    found = [check async for check in checks.examine(Settings())]
    assert found[1] == Check(name="clocks", ok=True, findings=[])
    assert not found[0].ok
    assert "the check failed: PermissionError" in found[0].findings[0].problem


async def test_processes_that_can_not_be_read_are_not_said_to_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Settings) -> None:
        raise TransientError("MongoDB is away")

    monkeypatch.setattr(running, "reader_of", away)
    [finding] = await agreement.check(Settings(engine="production"))
    assert finding.is_note
    assert "was not checked" in finding.problem
