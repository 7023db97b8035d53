"""How far a region's start is: each step done, next, waiting for something, or later."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.sent_list import LineProblem, SentLine
from tis_esr.errors import Exit, TisEsrError
from tis_esr.files.file_store import FileStore
from tis_esr.services.data_exporter.region_starts import StartStep


class StepState(StrEnum):
    """Whether a step is done, can be done now, waits for something from outside, or for an earlier step."""

    DONE = "DONE"
    NEXT = "NEXT"
    WAITING = "WAITING"
    LATER = "LATER"


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step: ``at`` is when it was done, "" if it is not; ``counts`` how many things it was, or would be, about.

    ``text`` says what was done, what would be done, or what it waits for.
    """

    step: StartStep
    state: StepState
    at: str = ""
    counts: dict[str, int] = {}
    text: str


class RegionReport(msgspec.Struct, frozen=True, kw_only=True):
    """The start of a deanery: ``is_in_progress`` says that its exports are withheld, ``is_finished`` that they go by schedule.

    ``rmf`` is the RMF that it begins with, "" if none has arrived. ``problems`` are the lines of the list of applicants
    sent before that have no effect.
    """

    deanery: str
    day: date
    dry_run: bool = False
    is_in_progress: bool
    is_finished: bool
    rmf: str = ""
    steps: list[StepReport]
    problems: list[LineProblem] = []

    @property
    def current(self) -> StepReport | None:
        """Return the first step that is not done; None if all are."""
        return next((step for step in self.steps if step.state is not StepState.DONE), None)


@dataclass(frozen=True)
class Region:
    """A deanery to be started, as of a day: the inbound store, the applicant window, the list of applicants sent before.

    ``lines`` is None where no list is given. With ``skip_unknown`` lines with ``problems`` are skipped.
    """

    deanery: str
    day: date
    inbound: FileStore
    window: ApplicantWindow
    lines: list[SentLine] | None = None
    problems: tuple[LineProblem, ...] = ()
    skip_unknown: bool = False


class StartWaitsError(TisEsrError):
    """A region's start can't go on yet; the text says what it waits for."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, deanery: str, waits_for: str) -> None:
        super().__init__(
            f"{deanery}: {waits_for}. The start is kept: run the same command again to go on with it"
        )
        self.deanery = deanery
        self.waits_for = waits_for


class NotANewRegionError(TisEsrError):
    """Files were sent to ESR for the deanery already; ``file`` is one of them."""

    exit_code = Exit.USAGE

    def __init__(self, deanery: str, file: str) -> None:
        super().__init__(
            f"{deanery} is not a new region: {file} was sent for it. To repeat who is in its posts: tis-esr export"
            f" notifications --full --deanery {deanery}"
        )
        self.deanery = deanery
        self.file = file
