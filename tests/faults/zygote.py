"""A process that has everything imported and forks a day at a time, so that killing one costs no start-up.

Reads one JSON object a line: ``args`` for ``tis-esr day``, ``settings``, and ``kill_after`` (seconds) or
``crash`` (boundary, number of the call, before or after it). Answers with the wait status of the day.
"""

import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from tis_esr.commands.day import day
from tis_esr.engine.embedded.store import EmbeddedEngine
from tis_esr.engine.production import inbox, outbox
from tis_esr.engine.production.broker import Broker
from tis_esr.engine.production.consuming import Inflow
from tis_esr.engine.production.store import ProductionEngine
from tis_esr.files import folder
from tis_esr.services import export_run, inbound_data_reader
from tis_esr.settings import Settings
from tis_esr.tcs.client import Tcs

OUTSIDE: dict[str, tuple[Any, str]] = {
    "write file": (folder.Folder, "write"),
    "put in place": (folder, "put_in_place"),
    "tell changed": (Tcs, "post_esr_changed"),
    "tell exported": (Tcs, "post_esr_exported"),
    "patch contact": (Tcs, "patch_contact_details"),
    "create absence": (Tcs, "create_absence"),
    "patch absence": (Tcs, "patch_absence"),
}
EMBEDDED: dict[str, tuple[Any, str]] = {
    "commit": (EmbeddedEngine, "commit"),
    "claim": (EmbeddedEngine, "claim"),
}
PRODUCTION: dict[str, tuple[Any, str]] = {
    "claim": (ProductionEngine, "claim"),
    "take a lease": (inbox, "claim"),
    "commit": (ProductionEngine, "commit"),
    "transaction": (ProductionEngine, "_transaction"),
    "finish the inbox": (inbox, "finish"),
    "add to the outbox": (outbox, "add"),
    "publish": (Broker, "publish"),
    "mark sent": (outbox, "mark_sent"),
    "acknowledge": (Inflow, "acknowledge"),
}


def wrap(boundary: str, place: tuple[Any, str], reached: Callable[[str, int, str], None]) -> None:
    """Have ``reached`` called before and after each call of a boundary, with the number of the call."""
    owner, name = place
    original, calls = getattr(owner, name), iter(range(1, 1 << 30))
    if not inspect.iscoroutinefunction(original):

        def step(*args: Any) -> Any:
            number = next(calls)
            reached(boundary, number, "before")
            result = original(*args)
            reached(boundary, number, "after")
            return result

        setattr(owner, name, step)
        return

    async def astep(*args: Any, **kwargs: Any) -> Any:
        number = next(calls)
        reached(boundary, number, "before")
        result = await original(*args, **kwargs)
        reached(boundary, number, "after")
        return result

    setattr(owner, name, astep)


def run(spec: dict[str, Any]) -> None:
    """Run one day in this process; dies by SIGKILL where the spec says so."""
    counts: dict[str, int] = {}

    def reached(boundary: str, number: int, side: str) -> None:
        counts[boundary] = number
        if spec.get("crash") == [boundary, number, side]:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(patience_seconds=20, **spec.get("settings", {}))
    boundaries = OUTSIDE | (PRODUCTION if settings.engine == "production" else EMBEDDED)
    for boundary, place in boundaries.items():
        wrap(boundary, place, reached)
    given = spec["args"]
    state = Path(given["state"]) if settings.engine == "embedded" else None
    as_of = date.fromisoformat(given["as_of"])
    day(settings, Path(given["in"]), Path(given["out"]), given["tcs"], as_of, state)
    if "counts" in spec:
        Path(spec["counts"]).write_text(json.dumps(counts))


def main() -> None:
    """Fork a day for each line of standard input, with chunks so small that a small day has many."""
    inbound_data_reader.ROWS_A_CHUNK = 40
    export_run.ROWS_A_CHUNK = 15
    for line in sys.stdin:
        spec = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run(spec)
                code = 0
            except BaseException:  # noqa: BLE001 - the child's own last words
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        if "kill_after" in spec:
            signal.signal(signal.SIGALRM, lambda *_, child=child: os.kill(child, signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, spec["kill_after"])
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
