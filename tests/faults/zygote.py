"""A process that has everything imported and forks a job at a time, so that killing one costs no start-up.

Reads one JSON object a line: ``do`` (see JOBS), ``args``, ``settings``, and what disturbs it:
``kill_after`` (seconds), ``crash`` (boundary, number of the call, before or after it), or what
``disturbances`` take. Answers with the wait status of the job; what it has to say goes to a file where
``said`` names one, by a pipe, which is never full.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from tests.faults import disturbances
from tests.faults.boundaries import boundaries_of, wrap
from tests.faults.parts import CHUNKS, parts

from tis_esr.cli import app
from tis_esr.commands.day import day
from tis_esr.commands.parked_desk.discarding import discard
from tis_esr.commands.parked_desk.retrying import retry
from tis_esr.operations.parked.discarding import Remark
from tis_esr.operations.parked.listing import Choice
from tis_esr.process.logs import log_warnings_only
from tis_esr.settings import Settings

Job = dict[str, Any]


def run_day(settings: Settings, job: Job) -> None:
    """Run ``tis-esr day``."""
    args, state = job["args"], state_of(settings, job)
    day(settings, Path(args["in"]), Path(args["out"]), args["tcs"], date.fromisoformat(args["as_of"]), state)


def run_parts(settings: Settings, job: Job) -> None:
    """Run a day of the parts that ``tis-esr run`` is made of."""
    args = job["args"]
    given = settings.model_copy(
        update={"inbound": args["in"], "outbound": args["out"], "tcs_url": args["tcs"]}
    )
    parts(given, date.fromisoformat(args["as_of"]), state_of(settings, job))


def run_retry(settings: Settings, job: Job) -> None:
    """Run ``tis-esr parked retry``, for what a reason names."""
    import asyncio

    given = settings.model_copy(update={"state": Path(job["args"]["state"])})
    choice = Choice(reason=job["reason"])
    done = retry(
        given, choice, None, why="TIS was corrected", expect="", cap=100, dry_run=False, as_json=False
    )
    asyncio.run(done)


def run_discard(settings: Settings, job: Job) -> None:
    """Run ``tis-esr parked discard``, for what a reason names."""
    import asyncio

    given = settings.model_copy(update={"state": Path(job["args"]["state"])})
    remark = Remark(why="resent", ticket="T1", review_on=date(2099, 1, 1))
    asyncio.run(discard(given, Choice(reason=job["reason"]), None, remark, dry_run=False, as_json=False))


def run_program(settings: Settings, job: Job) -> None:
    """Run ``tis-esr day`` as the program does; ends by SystemExit."""
    args = job["args"]
    for name in ("patience_seconds", "tcs_uncertain_seconds"):
        os.environ[f"TIS_ESR_{name.upper()}"] = str(getattr(settings, name))
    log_warnings_only()
    words = [word for name in ("in", "out", "tcs", "state") for word in (f"--{name}", args[name])]
    app(["day", *words, "--as-of", args["as_of"]])


JOBS: dict[str, Callable[[Settings, Job], None]] = {
    "day": run_day,
    "parts": run_parts,
    "retry": run_retry,
    "discard": run_discard,
    "program": run_program,
}


def state_of(settings: Settings, job: Job) -> Path | None:
    """Return the state file, where it is the embedded engine's."""
    return Path(job["args"]["state"]) if settings.engine == "embedded" else None


def run(job: Job) -> None:
    """Do one job in this process; dies by SIGKILL where it says so."""
    counts: dict[str, int] = {}
    happens = disturbances.prepared(job)

    def reached(boundary: str, number: int, side: str) -> None:
        counts[boundary] = number
        if job.get("crash") == [boundary, number, side]:
            os.kill(os.getpid(), signal.SIGKILL)
        happens(boundary, number, side)

    settings = Settings(**{"patience_seconds": 20, **job.get("settings", {})})
    for boundary, place in boundaries_of(settings.engine).items():
        wrap(boundary, place, reached)
    JOBS[job.get("do", "day")](settings, job)
    if "counts" in job:
        Path(job["counts"]).write_text(json.dumps(counts))


def main() -> None:
    """Fork for each line of standard input, with chunks so small that a small day has many."""
    for module, rows in CHUNKS:
        module.ROWS_A_CHUNK = rows
    for line in sys.stdin:
        job = json.loads(line)
        hearing, saying = os.pipe()
        child = os.fork()
        if child == 0:
            if "said" in job:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.dup2(saying, 2)
            os._exit(outcome_of(job))
        os.close(saying)
        if "kill_after" in job:
            signal.signal(signal.SIGALRM, lambda *_, child=child: os.kill(child, signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, job["kill_after"])
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        with os.fdopen(hearing, "rb") as heard:
            if "said" in job:
                Path(job["said"]).write_bytes(heard.read())
        print(os.waitstatus_to_exitcode(status), flush=True)


def outcome_of(job: Job) -> int:
    """Do a job; return the exit code."""
    code = 1
    try:
        run(job)
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - the child's own last words
        traceback.print_exc()
    finally:
        sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
