"""``tis-esr demo``: a whole interface day on generated data, with TCS simulated over real HTTP."""

import shutil
from datetime import date
from pathlib import Path

from tis_esr.commands.day import day, exit_code
from tis_esr.commands.outcome import Exit, UsageError
from tis_esr.commands.printing import show
from tis_esr.commands.terminal import print_json, say
from tis_esr.desk.dates import day as written
from tis_esr.settings import Settings
from tis_esr.synthetic.generate import synthesize
from tis_esr.tcs.simulator.running import running_simulator

DEANERIES, POSTS, SEED = 2, 120, 7
_MARK = ".tis-esr-demo"


def demo(settings: Settings, folder: Path, as_of: date, *, as_json: bool = False) -> Exit:
    """Generate a day below ``folder``, run it, and show its outcome; what an earlier demo left is replaced."""
    _make_room(folder)
    synthesize(deaneries=DEANERIES, posts=POSTS, seed=SEED, out=folder, as_of=as_of)
    state = folder / "state.sqlite"
    with running_simulator(folder / "tcs") as simulator:
        done, summary = day(settings, folder / "in", folder / "out", simulator.url, as_of, state)
    code = exit_code(done, summary)
    if as_json:
        print_json(summary)
        return code
    show(done, summary)
    say("")
    say(f"The day was {written(as_of)}. Files from ESR: {folder / 'in'}. Files to ESR: {folder / 'out'}.")
    say(
        f"State: {state}. Ask it: tis-esr why <placement | post number | position | GMC number> --state {state}"
    )
    if code is Exit.DONE_WITH_PARKED:
        say(
            "Exit code 1: the generated day has rows that are parked and records with missing data, on purpose."
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
