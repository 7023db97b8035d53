"""The guided start of a region: how far it is, and that nothing else is sent for its deanery meanwhile.

Part of the DataExporter: a document per deanery that was ever started.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import msgspec
import structlog

from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.services.restored import is_unsettled, refuse_withheld

_log = structlog.get_logger()


class StartStep(StrEnum):
    """The steps of a region's start, in their order."""

    WITHHOLD = "WITHHOLD"
    OLD_FILES = "OLD_FILES"
    FULL_FILE = "FULL_FILE"
    SENT_BEFORE = "SENT_BEFORE"
    APPLICANTS = "APPLICANTS"
    NOTIFICATIONS = "NOTIFICATIONS"


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """When a step was finished, by the engine's clock, and how many things it was about, by name."""

    at: float
    counts: dict[str, int] = {}


class RegionStart(msgspec.Struct, frozen=True, kw_only=True):
    """The start of one deanery: the steps that are done, and the name of the RMF that it begins with.

    ``file_days`` has the day of a file to ESR by its step, stored before the file is begun: an interrupted step
    continues with the same file on a later day.
    """

    deanery: str
    rmf: str = ""
    done: dict[str, StepDone] = {}
    file_days: dict[str, date] = {}

    @property
    def is_in_progress(self) -> bool:
        """Return whether a step is left."""
        return StartStep.NOTIFICATIONS not in self.done

    @property
    def occasion(self) -> str:
        """Return what identifies its requests."""
        return f"region start {self.deanery}"

    def with_done(self, step: StartStep, at: float, **counts: int) -> "RegionStart":
        """Return it with a finished step."""
        return msgspec.structs.replace(self, done={**self.done, step: StepDone(at=at, counts=counts)})


REGION_STARTS = Collection("dataexporter.region_starts", RegionStart, lambda start: start.deanery)


class RegionStartingError(TisEsrError):
    """A file was requested for a deanery whose start is in progress; ``deanery`` names it."""

    exit_code = Exit.USAGE

    def __init__(self, deanery: str) -> None:
        super().__init__(
            f"{deanery}: the region's start is in progress, and only it sends files; see tis-esr region status {deanery}"
        )
        self.deanery = deanery


async def sendable(work: Work, deaneries: Sequence[str], file_type: str) -> list[str]:
    """Return the deaneries for which files may be sent; log those whose start is in progress.

    None may be sent after a restore until it is known what was sent since the backup.
    """
    if await is_unsettled(work):
        reason = "the store was restored from a backup: run tis-esr recover"
        _log.warning("export_withheld", deanery=" ".join(deaneries), type=file_type, reason=reason)
        return []
    starts = await work.get(REGION_STARTS, deaneries)
    withheld = [deanery for deanery in deaneries if deanery in starts and starts[deanery].is_in_progress]
    for deanery in withheld:
        reason = "the region's start is in progress"
        _log.warning("export_withheld", deanery=deanery, type=file_type, reason=reason)
    return [deanery for deanery in deaneries if deanery not in withheld]


async def refuse_while_starting(work: Work, deanery: str) -> None:
    """Raise RegionStartingError if the start of a deanery is in progress, ExportsWithheldError after a restore."""
    await refuse_withheld(work)
    start = (await work.get(REGION_STARTS, [deanery])).get(deanery)
    if start is not None and start.is_in_progress:
        raise RegionStartingError(deanery)
