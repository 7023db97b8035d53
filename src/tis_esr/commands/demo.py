"""``tis-esr demo``: a whole interface day on generated data, with TCS simulated over real HTTP."""

import shutil
from datetime import date, timedelta
from pathlib import Path

from tis_esr.commands.conversation import Conversation
from tis_esr.commands.day import day
from tis_esr.commands.printing import show
from tis_esr.commands.printing_conversation import show_beliefs, show_later_day
from tis_esr.commands.terminal import print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.dates import day as written
from tis_esr.operations.day_summary import Summary
from tis_esr.operations.manual_day import exit_code
from tis_esr.services.day import DayDone
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.server import running_simulator

DEANERIES, POSTS, SEED = 2, 120, 7
_MARK = ".tis-esr-demo"


def demo(settings: Settings, folder: Path, as_of: date, days: int = 1, *, as_json: bool = False) -> Exit:
    """Generate a day in ``folder``, run it, and show its outcome; the files of an earlier demo are replaced.

    With more than one of the ``days``, ESR is simulated too, and what each system holds at the end is shown.
    """
    _make_room(folder)
    synthesize(deaneries=DEANERIES, posts=POSTS, seed=SEED, out=folder, as_of=as_of)
    state = folder / "state.sqlite"
    with running_simulator(folder / "tcs") as simulator:
        done, summary = day(settings, folder / "in", folder / "out", simulator.url, as_of, state)
        code = exit_code(summary)
        if not as_json:
            _show(done, summary, folder, as_of)
        if days > 1:
            _converse(Conversation(settings, folder, as_of, simulator), days, summary, as_json=as_json)
        elif as_json:
            print_json(summary)
    return code


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
    state = folder / "state.sqlite"
    show(done, summary)
    say("")
    say(f"The day was {written(as_of)}. Files from ESR: {folder / 'in'}. Files to ESR: {folder / 'out'}.")
    say(
        f"State file: {state}. To query it: tis-esr why <placement | post number | position | GMC number> --state {state}"
    )
    say(f"To look at it in a browser: tis-esr console --state {state}")
    if exit_code(summary) is Exit.DONE_WITH_PARKED:
        say("Exit code 1: the generated day has faulty rows and records with missing data on purpose.")


def _make_room(folder: Path) -> None:
    """Delete the files of an earlier demo. Raises UsageError for any other folder that is not empty."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise UsageError(
                "--dir", f"{folder} is not empty and was not created by tis-esr demo; name a new folder"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
