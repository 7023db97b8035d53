"""What a running process reports of the ledger of inbound files: counts for Prometheus, a warning for each gap."""

from collections.abc import Callable

import structlog

from tis_esr.desk.ledger import counts, gap_counts, gaps
from tis_esr.engine.work import Work
from tis_esr.services.file_ledger import FILES
from tis_esr.services.outbound import OUTBOUND_FILES
from tis_esr.web.metrics import Metrics

_log = structlog.get_logger()


class FileWatch:
    """Reads the ledger from time to time. Each gap is logged once a process; other findings when they are found."""

    def __init__(self, begin: Callable[[], Work], metrics: Metrics) -> None:
        self._begin = begin
        self._metrics = metrics
        self._told: set[str] = set()

    async def look(self) -> None:
        """Read the ledger. Raises Transient."""
        work = self._begin()
        files = await work.find(FILES, {})
        found = gaps(files, await work.find(OUTBOUND_FILES, {}))
        self._metrics.files = counts(files)
        self._metrics.file_gaps = gap_counts(files, found)
        for gap in found:
            if gap.text not in self._told:
                _log.warning("file_missing", deanery=gap.deanery, type=gap.type, finding=gap.text)
        self._told = {gap.text for gap in found}
