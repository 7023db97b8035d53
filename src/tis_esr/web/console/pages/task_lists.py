"""Task lists of guided procedures: each step with its name, its state and its text, and the one to do now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tis_esr.operations.dates import iso
from tis_esr.operations.procedures.step_runs import RunState, StepRun
from tis_esr.operations.region.reports import StepState
from tis_esr.operations.states import words

NAMES: Final = {
    "DOCTOR": "Check the installation",
    "REDRIVE": "Finish files and parked messages",
    "RECONCILE": "Compare positions with TIS",
    "SENT_SINCE": "Take over what was sent since a backup",
    "STATUSES": "Compare and repair statuses in TIS",
    "EXPORTS": "Create the exports that were missed",
    "FULL_FILES": "Create full files (DNF)",
    "WITHHOLD": "Withhold exports",
    "OLD_FILES": "Set aside older files",
    "FULL_FILE": "Take the full file from ESR (RMF)",
    "SENT_BEFORE": "Mark applicants that were sent before",
    "APPLICANTS": "Send applicants (APP)",
    "NOTIFICATIONS": "Send notifications (DNF)",
    "CREATE": "Create and send the DNF",
    "CONFIRMATION": "ESR confirms the DNF",
}
_COLOURS: Final = {
    "DONE": "green", "NEXT": "blue", "WAITING": "yellow", "LATER": "grey", "RUNNING": "purple", "FAILED": "red",
    "INTERRUPTED": "orange",
}  # fmt: skip
_SAID: Final = {"NEXT": "Do next", "WAITING": "Can't be done yet", "LATER": "Later", "RUNNING": "Being done"}


@dataclass(frozen=True)
class Task:
    """One step on a task list: its name, its state with a colour, when it was done, and what it did or will do."""

    step: str
    state: str
    text: str
    at: str = ""

    @property
    def name(self) -> str:
        """Return its name."""
        return NAMES[self.step]

    @property
    def said(self) -> str:
        """Return its state in words."""
        return _SAID.get(self.state) or words(self.state)

    @property
    def colour(self) -> str:
        """Return the colour of its state."""
        return _COLOURS[self.state]


def task_list(tasks: Sequence[Task], run: StepRun | None, now: float) -> dict[str, object]:
    """Return what the task list's template needs: the tasks, the one to do now, and the last request.

    ``now`` is of the clock that processes share, as the times of the request are.
    """
    current = next((task for task in tasks if task.state != StepState.DONE), None)
    state = run.state(now) if run is not None else None
    shown, may_do = list(tasks), current is not None and current.state == StepState.NEXT
    if run is not None and current is not None and run.step == current.step and state is not RunState.DONE:
        assert state is not None  # noqa: S101 - of the run
        shown = [Task(one.step, state, one.text, one.at) if one is current else one for one in tasks]
    if state is RunState.RUNNING:
        may_do = False
    return {
        "tasks": shown,
        "current": current,
        "may_do": may_do,
        "run": run,
        "run_name": NAMES[run.step] if run is not None else "",
        "run_state": state.value if state is not None else "",
        "run_begun": iso(run.begun_at) if run is not None else "",
        "run_ended": iso(run.ended_at) if run is not None else "",
    }
