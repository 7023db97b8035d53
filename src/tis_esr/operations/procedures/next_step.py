"""Refuses a step that is not the next one of its procedure any more: another person has done it meanwhile."""

from enum import StrEnum

from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.procedures.step_runs import Procedure, StepRun
from tis_esr.operations.recovery.stored import RECOVERIES, RecoveryStep
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, StartStep


class NotNextError(TisEsrError):
    """A step was done meanwhile; ``following`` is the next one, "" if the procedure is finished."""

    exit_code = Exit.USAGE

    def __init__(self, following: str) -> None:
        now = f"the next one is {following}" if following else "the procedure is finished"
        super().__init__(f"this step was done meanwhile; {now}")
        self.following = following


async def refuse_unless_next(work: Work, run: StepRun) -> None:
    """Raise NotNextError unless the step is the next one."""
    steps: type[StrEnum]
    if run.procedure is Procedure.RECOVERY:
        steps, done = RecoveryStep, await _done_of_recovery(work, run)
    elif run.procedure is Procedure.REGION:
        start = (await work.get(REGION_STARTS, [run.about])).get(run.about)
        steps, done = StartStep, set(start.done) if start else set()
    else:
        return
    following = next((step.value for step in steps if step.value not in done), "")
    if following != run.step:
        raise NotNextError(following)


async def _done_of_recovery(work: Work, run: StepRun) -> set[str]:
    stored = (await work.get(RECOVERIES, [run.about])).get(run.about)
    if stored is None:
        return set()
    is_more_asked = not set(run.full) <= set(stored.full)
    return {step for step in stored.done if not (is_more_asked and step is RecoveryStep.FULL_FILES)}
