"""What a person does about ESR's side: resends what ESR has not taken, and sends full notification files."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tests.journeys.program import Program, Said
from tests.quarter.chronicle import QUARANTINED, REJECTED, Chronicle

from tis_esr.files.folder import Folder
from tis_esr.operations.composition import system
from tis_esr.services.contracts.commands import NOTIFICATION_COMMAND
from tis_esr.settings import Settings

_ACTS_AFTER = timedelta(days=3)
_TRIES_FOR = timedelta(days=21)


class Operator:
    """Acts once something has waited for three days."""

    def __init__(self, run: Program, chronicle: Chronicle, folder: Path, tcs: str) -> None:
        self._run, self._chronicle, self._folder, self._tcs = run, chronicle, folder, tcs
        self._full: dict[str, date] = {}
        self._resent: dict[str, date] = {}

    def act(self, today: date, settings: Settings) -> Iterator[str]:
        """Do what is due; yield what was done."""
        for name in self._to_resend(today):
            self._resent[name] = today
            said = self._export(today, "applicants", "--resend", name)
            last = said.text.splitlines()[-1]
            if "nothing to resend" in last:
                self._resent[name] = date.max
            yield f"resend {name}: {last}"
        for deanery in self._without_notifications(today):
            self._full[deanery] = today
            self._export(today, "notifications", "--full", "--deanery", deanery, "--again")
            if settings.engine == "production":
                asyncio.run(self._serve(settings, today))
            yield f"full notification file of {deanery}"

    def _to_resend(self, today: date) -> list[str]:
        """Return the APP files of which ESR has not taken everything, three days after they were sent or resent."""
        holdings = self._chronicle.holdings
        return [
            name
            for name, received in holdings.files.items()
            if "_APP_" in name
            and _ACTS_AFTER <= today - received.on <= _TRIES_FOR
            and self._resent.get(name, date.min) <= today - _ACTS_AFTER
            and (received.quarantined or not all(outcome.accepted for outcome in received.outcomes))
        ]

    def _without_notifications(self, today: date) -> list[str]:
        """Return the local offices some of whose positions ESR has taken no notification for, for three days."""
        found = {
            self._chronicle.holdings.positions[position].deanery
            for (position, person), sent in self._chronicle.sent.items()
            if not person
            and sent.refused.startswith((QUARANTINED, REJECTED))
            and _ACTS_AFTER <= today - sent.day <= _TRIES_FOR
        }
        return sorted(d for d in found if today - self._full.get(d, date.min) >= _ACTS_AFTER)

    def _export(self, today: date, *words: str) -> Said:
        said = self._run("export", *words, "--out", self._folder / "out", "--as-of", today)
        assert said.code in (0, 1), said.text
        return said

    async def _serve(self, settings: Settings, today: date) -> None:
        """Handle the command as a running DataExporter does."""
        stores = Folder(self._folder / "in"), Folder(self._folder / "out")
        async with system(settings, None, self._tcs, *stores, today) as runner:
            await runner.drain((f"esr.queue.{NOTIFICATION_COMMAND}",))
