"""A process that has everything imported and forks a job at a time, so that killing one costs no start-up.

Reads one JSON object a line: ``do`` (day, parts or redrive), ``args``, ``settings``, and what disturbs it:
``kill_after`` (seconds), ``crash`` (boundary, number of the call, before or after it), or what
``disturbances`` take. Answers with the wait status of the job.
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

from tis_esr.commands.day import day
from tis_esr.commands.operate import redrive
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


def run_redrive(settings: Settings, job: Job) -> None:
    """Run ``tis-esr redrive``, for what a reason names."""
    import asyncio

    given = settings.model_copy(update={"state": Path(job["args"]["state"])})
    asyncio.run(redrive(given, [], job["reason"], job.get("discard")))


JOBS: dict[str, Callable[[Settings, Job], None]] = {
    "day": run_day,
    "parts": run_parts,
    "redrive": run_redrive,
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
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run(job)
                code = 0
            except BaseException:  # noqa: BLE001 - the child's own last words
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        if "kill_after" in job:
            signal.signal(signal.SIGALRM, lambda *_, child=child: os.kill(child, signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, job["kill_after"])
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
