"""What a person does about ESR's side: resends what ESR has not taken, and sends full notification files."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tests.journeys.program import Program, Said
from tests.quarter.chronicle import QUARANTINED, REJECTED, Chronicle, Subject
from tests.quarter.differences import MISSING, NOW_AND_NEXT

from tis_esr.files.folder import Folder
from tis_esr.operations.composition import system
from tis_esr.services.contracts.commands import NOTIFICATION_COMMAND
from tis_esr.settings import Settings

_ACTS_AFTER = timedelta(days=3)


class Operator:
    """Acts on differences that have been there for three days."""

    def __init__(self, run: Program, chronicle: Chronicle, folder: Path, tcs: str) -> None:
        self._run, self._chronicle, self._folder, self._tcs = run, chronicle, folder, tcs
        self._full: dict[str, date] = {}
        self._resent: dict[str, date] = {}

    def act(self, today: date, settings: Settings) -> Iterator[str]:
        """Do what is due; yield what was done."""
        for name in self._to_resend(today):
            self._resent[name] = today
            said = self._export(today, "applicants", "--resend", name)
            yield f"resend {name}: {said.text.splitlines()[-1]}"
        for deanery in self._without_notifications(today):
            self._full[deanery] = today
            self._export(today, "notifications", "--full", "--deanery", deanery, "--again")
            if settings.engine == "production":
                asyncio.run(self._serve(settings, today))
            yield f"full notification file of {deanery}"

    def _to_resend(self, today: date) -> list[str]:
        """Return the APP files with trainees whom ESR has lacked for three days, and has not taken from them."""
        missing = [
            subject for (kind, subject), day in self._seen() if kind == MISSING and _is_old(day, today)
        ]
        sent = [self._chronicle.applied.get(subject) for subject in missing]
        return sorted(
            {
                one.file
                for one in sent
                if one is not None
                and one.refused.startswith((QUARANTINED, REJECTED))
                and _is_old(one.day, today)
                and _is_old(self._resent.get(one.file, date.min), today)
            }
        )

    def _without_notifications(self, today: date) -> list[str]:
        """Return the local offices with positions for which ESR has taken no notification for three days."""
        late = [
            subject for (kind, subject), day in self._seen() if kind == NOW_AND_NEXT and _is_old(day, today)
        ]
        sent = {subject[0]: self._chronicle.sending(subject) for subject in late}
        found = {
            self._chronicle.holdings.positions[position].deanery
            for position, one in sent.items()
            if one is not None and one.refused.startswith(REJECTED)
        }
        return sorted(d for d in found if _is_old(self._full.get(d, date.min), today))

    def _seen(self) -> list[tuple[tuple[str, Subject], date]]:
        return list(self._chronicle.seen.items())

    def _export(self, today: date, *words: str) -> Said:
        said = self._run("export", *words, "--out", self._folder / "out", "--as-of", today)
        assert said.code in (0, 1), said.text
        return said

    async def _serve(self, settings: Settings, today: date) -> None:
        """Handle the command as a running DataExporter does."""
        stores = Folder(self._folder / "in"), Folder(self._folder / "out")
        async with system(settings, None, self._tcs, *stores, today) as opened:
            await opened.runner.drain((f"esr.queue.{NOTIFICATION_COMMAND}",))


def _is_old(day: date, today: date) -> bool:
    return today - day >= _ACTS_AFTER
