"""The checklists of the guided procedures, by the store alone: what is done, what is next, and what each step does."""

from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.composition import crons, window
from tis_esr.operations.dates import iso
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.exports.withheld import withheld_since
from tis_esr.operations.outage import Outage, outage
from tis_esr.operations.procedures.step_runs import STEP_RUNS, Procedure, StepRun, run_key
from tis_esr.operations.recovery.reports import Place, RecoveryReport, recovery_report, stored_recovery
from tis_esr.operations.recovery.stored import RECOVERIES, StoredRecovery
from tis_esr.operations.region.reports import StepReport, StepState
from tis_esr.operations.region.sentences import AHEAD, in_words
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.full_export import FULL_EXPORT
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, RegionStart, StartStep
from tis_esr.settings import Settings

LATELY: Final = timedelta(days=35)


class RegionChecklist(msgspec.Struct, frozen=True, kw_only=True):
    """How far the start of a region is; ``is_begun`` and ``is_finished`` tell one that never began from the others."""

    deanery: str
    is_begun: bool
    is_finished: bool
    steps: list[StepReport]

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        return sum(step.state is StepState.DONE for step in self.steps)


class FullFile(msgspec.Struct, frozen=True, kw_only=True):
    """A DNF: its name, deanery, day, state (a code) and number of rows."""

    name: str
    deanery: str
    day: date
    state: str
    rows: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What procedures there were: recoveries that began lately, region starts, and the last DNF of each deanery lately.

    ``restored_at`` (UTC) is set while exports are withheld, see ``withheld_since``.
    """

    recoveries: list[StoredRecovery]
    regions: list[RegionChecklist]
    full_files: dict[str, FullFile]
    restored_at: datetime | None


def overview(reader: Reader, today: date) -> Overview:
    """Return the procedures of the store, the latest recoveries first."""
    lately = Between(today - LATELY, today + timedelta(days=1))
    return Overview(
        recoveries=sorted(reader.find(RECOVERIES, {"day": lately}), key=lambda one: one.key, reverse=True),
        regions=[one for deanery in DEANERIES if (one := region_checklist(reader, deanery)).is_begun],
        full_files=last_full_files(reader, today),
        restored_at=withheld_since(reader),
    )


def last_run(reader: Reader, procedure: Procedure, about: str) -> StepRun | None:
    """Return the last request for a step of a procedure; None if there was none."""
    return next(iter(reader.get(STEP_RUNS, [run_key(procedure, about)])), None)


def region_checklist(reader: Reader, deanery: str) -> RegionChecklist:
    """Return how far a region's start is: what was done, with counts, and what the other steps do."""
    start = next(iter(reader.get(REGION_STARTS, [deanery])), None)
    return RegionChecklist(
        deanery=deanery,
        is_begun=start is not None,
        is_finished=start is not None and not start.is_in_progress,
        steps=_steps(start or RegionStart(deanery=deanery)),
    )


def _steps(start: RegionStart) -> list[StepReport]:
    steps: list[StepReport] = []
    for step in StartStep:
        if (done := start.done.get(step)) is not None:
            text = in_words(step, done.counts, start.rmf)
            steps.append(
                StepReport(step=step, state=StepState.DONE, at=iso(done.at), counts=done.counts, text=text)
            )
        else:
            is_next = all(other.state is StepState.DONE for other in steps)
            state = StepState.NEXT if is_next else StepState.LATER
            steps.append(StepReport(step=step, state=state, text=AHEAD[step]))
    return steps


def last_full_files(reader: Reader, today: date) -> dict[str, FullFile]:
    """Return the DNF that was created last for each deanery within the last LATELY days."""
    lately = Between(today - LATELY, today + timedelta(days=1))
    found = reader.find(OUTBOUND_FILES, {"day": lately})
    dnf = sorted(
        (file for file in found if file.type == FULL_EXPORT.file_type), key=lambda file: (file.day, file.name)
    )
    return {
        file.deanery: FullFile(
            name=file.name, deanery=file.deanery, day=file.day, state=file.state.name, rows=file.rows
        )
        for file in dnf
    }


def outage_between(reader: Reader, settings: Settings, begun: datetime, ended: datetime, day: date) -> Outage:
    """Return what an outage delayed and dropped, as of a day."""
    return outage(reader, begun, ended, today=day, window=window(settings), crons=crons(settings))


async def recovery_checklist(
    reader: Reader,
    place: Place,
    begun: datetime,
    ended: datetime,
    day: date,
    full: list[str],
    checks: list[Check],
) -> RecoveryReport:
    """Return the steps of a recovery; ``full`` are the deaneries that a DNF is asked for. Raises OSError."""
    found = outage_between(reader, place.settings, begun, ended, day)
    stored = stored_recovery(reader, found, day, full)
    return await recovery_report(reader, place, found, stored, checks, today=day)
