"""``tis-esr ingest``: files into the ledger by hand, on either engine."""

from collections.abc import Sequence
from pathlib import Path

from tis_esr.commands.outcome import Exit
from tis_esr.commands.printing import say
from tis_esr.commands.system import at_the_desk
from tis_esr.files.folder import Folder
from tis_esr.services.inbound_data_reader import InboundDataReader
from tis_esr.settings import Settings


async def ingest(settings: Settings, files: Sequence[Path], state: Path | None) -> Exit:
    """Take files into the ledger and split them; say what came of each. A finding that is open ends with 1 each time."""
    found = False
    async with at_the_desk(settings, state) as runner:
        for path in files:
            taken = await InboundDataReader(runner.work).take(Folder(path.parent), path.name)
            findings = taken.file.open_findings
            found = found or bool(findings)
            shown = taken.file.shown_state.replace("_", " ")
            told = [*findings, taken.said] if findings and not taken.fresh else findings
            say(f"{path.name}: {'; '.join(told) or f'{shown}: {taken.said or _rows(taken.file.rows)}'}")
    return Exit.DONE_WITH_PARKED if found else Exit.DONE


def _rows(number: int) -> str:
    return f"{number} rows"
