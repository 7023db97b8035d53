"""``tis-esr demo``: a whole interface day on generated data, with TCS simulated over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from tis_esr.commands.conversation import Conversation
from tis_esr.commands.day import day
from tis_esr.commands.demo_folder import STATE, emptied, when_files_come
from tis_esr.commands.printing import show
from tis_esr.commands.printing_conversation import show_beliefs, show_later_day
from tis_esr.commands.terminal import print_json, say
from tis_esr.errors import Exit
from tis_esr.operations.dates import day as written
from tis_esr.operations.day_summary import Summary
from tis_esr.operations.manual_day import exit_code
from tis_esr.services.day import DayDone
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.server import Running, running_simulator

DEANERIES, POSTS, SEED = 2, 120, 7


def demo(settings: Settings, folder: Path, as_of: date, days: int = 1, *, as_json: bool = False) -> Exit:
    """Generate a day in ``folder``, run it, and show its outcome; the files of an earlier demo are replaced.

    With more than one of the ``days``, ESR is simulated too, and what each system holds at the end is shown.
    """
    with emptied(folder), _generated(folder, as_of) as simulator:
        state = folder / STATE
        done, summary = day(
            settings, folder / "in", folder / "out", simulator.url, as_of, state, at=when_files_come(as_of)
        )
        code = exit_code(summary)
        if not as_json:
            _show(done, summary, folder, as_of)
        if days > 1:
            _converse(Conversation(settings, folder, as_of, simulator), days, summary, as_json=as_json)
        elif as_json:
            print_json(summary)
    return code


@contextmanager
def _generated(folder: Path, as_of: date) -> Iterator[Running]:
    """Generate the days, and simulate TCS on them; what it has at the end is in the folder ``tcs`` too."""
    synthesize(deaneries=DEANERIES, posts=POSTS, seed=SEED, out=folder, as_of=as_of)
    with simulated_tcs(folder) as simulator:
        yield simulator


@contextmanager
def simulated_tcs(folder: Path) -> Iterator[Running]:
    """Simulate TCS on a demo's data; what it has at the end is kept for the next time."""
    with running_simulator(folder / "tcs") as simulator:
        yield simulator
        simulator.simulator.store.save()


def _converse(conversation: Conversation, days: int, first: Summary, *, as_json: bool) -> None:
    """Run the other days, and show the outcome of each and what each system holds at the end."""
    later = []
    for number, summary in enumerate(conversation.days(days), 2):
        later.append(summary)
        if not as_json:
            show_later_day(number, summary)
    found = conversation.beliefs(conversation.as_of + timedelta(days=days - 1))
    if as_json:
        print_json({"days": [first, *later], "beliefs": found})
    else:
        show_beliefs(found)


def _show(done: DayDone, summary: Summary, folder: Path, as_of: date) -> None:
    state = folder / STATE
    show(done, summary)
    say("")
    say(f"The day was {written(as_of)}. Files from ESR: {folder / 'in'}. Files to ESR: {folder / 'out'}.")
    say(
        f"State file: {state}. To query it: tis-esr why <placement | post number | position | GMC number> --state {state}"
    )


def show_what_next(folder: Path, code: Exit) -> None:
    """Print how to look at a demo, and why it ends with its exit code."""
    say(f"To look at it in a browser: tis-esr console --demo --dir {folder}")
    if code is Exit.DONE_WITH_PARKED:
        say("Exit code 1: the generated day has faulty rows and records with missing data on purpose.")
