"""Reports on the ledger of inbound files: counts for Prometheus, a warning for each missing file."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec
import structlog

from tis_esr.engine.collection import Between
from tis_esr.engine.work import Work
from tis_esr.operations.board.expectations import WAIVERS, Waiver
from tis_esr.operations.ledger import file_counts, gap_counts, gaps, open_gaps, other_gaps
from tis_esr.operations.unconfirmed import unconfirmed_counts, unconfirmed_files, waivers_in_force
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile
from tis_esr.services.inbound_data_reader.ledger_horizon import oldest_day
from tis_esr.web.metrics import Metrics

_log = structlog.get_logger()
WHOLE_SECONDS = 3600.0
"""How often the whole ledger is read; in between only changes are."""

_LATEST_COMMIT = 120.0
"""Seconds by which an entry may be committed later, or by which a clock may be slow."""

_OWN_FILES = timedelta(days=3)
"""An outbound file of an earlier day hardly ever changes."""


class FileWatch:
    """Reads the ledger periodically.

    Each missing file, and each outbound file that ESR has not confirmed ``due_days`` after its day, is logged once per
    process; other findings when they are found.
    """

    def __init__(self, begin: Callable[[], Work], metrics: Metrics, due_days: int = 1) -> None:
        self._due_days = due_days
        self._begin = begin
        self._metrics = metrics
        self._told: set[str] = set()
        self._files: dict[str, InboundFile] = {}
        self._outbound: dict[str, OutboundFile] = {}
        self._whole_at: float | None = None
        self._read_at = 0.0

    async def look(self) -> None:
        """Read what has changed in the ledger. Raises TransientError."""
        work = self._begin()
        now = work.time()
        if self._whole_at is None or now - self._whole_at > WHOLE_SECONDS:
            files, outbound = await work.find(FILES, {}), await work.find(OUTBOUND_FILES, {})
            self._files, self._outbound, self._whole_at = {}, {}, now
        else:
            since = self._read_at - _LATEST_COMMIT
            files = await work.find(FILES, {"changed_at": Between(since, now + _LATEST_COMMIT)})
            days = Between(work.today - _OWN_FILES, date.max)
            outbound = await work.find(OUTBOUND_FILES, {"day": days})
        self._read_at = now
        self._files |= {file.key: _brief(file) for file in files}
        self._outbound |= {file.name: file for file in outbound}
        self._tell(work.today, await oldest_day(work), await work.find(WAIVERS, waivers_in_force(work.today)))

    def _tell(self, today: date, oldest: date | None, waivers: Sequence[Waiver]) -> None:
        files = list(self._files.values())
        late = unconfirmed_files(files, self._outbound.values(), today, self._due_days, oldest, waivers)
        self._metrics.unconfirmed = unconfirmed_counts(late)
        found = open_gaps(gaps(files, self._outbound.values(), oldest))
        self._metrics.files = file_counts(files)
        self._metrics.file_gaps = gap_counts(files, found)
        found = other_gaps(found, late)
        for gap in found:
            if gap.text not in self._told:
                _log.warning("file_missing", deanery=gap.deanery, type=gap.type, finding=gap.text)
        for file in late:
            if file.name not in self._told and not file.settled:
                _log.warning("file_unconfirmed", file=file.name, rows=file.rows)
        self._told = {gap.text for gap in found} | {file.name for file in late}


def _brief(file: InboundFile) -> InboundFile:
    """Return an entry without the large fields that are not needed here."""
    return msgspec.structs.replace(file, sha256="", counts={}, notes=[], remarks=[], asg_head=[])
