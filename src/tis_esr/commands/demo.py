"""``tis-esr demo``: a whole interface day on generated data, with TCS simulated over real HTTP."""

import shutil
from datetime import date, timedelta
from pathlib import Path

from tis_esr.commands.conversation import Conversation
from tis_esr.commands.day import day, exit_code
from tis_esr.commands.outcome import Exit, UsageError, console
from tis_esr.commands.printing import show
from tis_esr.commands.printing_conversation import show_beliefs, show_later_day
from tis_esr.desk.summary import Summary
from tis_esr.services.day import DayDone
from tis_esr.settings import Settings
from tis_esr.synthetic.generate import synthesize
from tis_esr.tcs.simulator.running import running_simulator

DEANERIES, POSTS, SEED = 2, 120, 7
_MARK = ".tis-esr-demo"


def demo(settings: Settings, folder: Path, as_of: date, days: int = 1) -> Exit:
    """Generate a day below ``folder``, run it, and show what came of it; what an earlier demo left is replaced.

    With more than one of the ``days``, ESR is simulated too, and what each side believes in the end is shown.
    """
    _make_room(folder)
    synthesize(deaneries=DEANERIES, posts=POSTS, seed=SEED, out=folder, as_of=as_of)
    with running_simulator(folder / "tcs") as simulator:
        done, summary = day(
            settings, folder / "in", folder / "out", simulator.url, as_of, folder / "state.sqlite"
        )
        code = _show(done, summary, folder, as_of)
        if days > 1:
            _converse(Conversation(settings, folder, as_of, simulator), days)
    return code


def _converse(conversation: Conversation, days: int) -> None:
    """Live the other days, and show what each came to and what each side believes in the end."""
    for number, summary in enumerate(conversation.days(days), 2):
        show_later_day(number, summary)
    show_beliefs(conversation.beliefs(conversation.as_of + timedelta(days=days - 1)))


def _show(done: DayDone, summary: Summary, folder: Path, as_of: date) -> Exit:
    show(done, summary)
    console.print(
        f"\nThe day was {as_of}. Files from ESR: {folder / 'in'}. Files to ESR: {folder / 'out'}."
        f"\nState: {folder / 'state.sqlite'}. Ask it: tis-esr why <placement | post number | position | GMC number>"
        f" --state {folder / 'state.sqlite'}",
        highlight=False,
        soft_wrap=True,
    )
    code = exit_code(done, summary)
    if code is Exit.DONE_WITH_PARKED:
        console.print(
            "Exit code 1: the generated day has rows that are parked and records with missing data, on purpose.",
            soft_wrap=True,
        )
    return code


def _make_room(folder: Path) -> None:
    """Empty what an earlier demo left; any other folder that isn't empty is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise UsageError("--dir", f"{folder} isn't empty and no demo made it; give a new folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
