"""Every dashboard, by the name of its file in ``deploy/grafana``."""

from collections.abc import Callable
from functools import partial
from typing import Final

from docgen.dashboards import files, overview, work
from docgen.dashboards.panels import Row
from docgen.dashboards.rendering import text

ROWS: Final[dict[str, tuple[Row, ...]]] = {
    "overview": overview.ROWS,
    "throughput": (work.THROUGHPUT, work.BACKLOG),
    "tcs": (work.CALLS, work.LOAD),
    "files": files.ROWS,
}
_TITLES: Final = {
    "overview": ("Overview", "For the person on call: who has to act, does the work flow, are the processes healthy."),
    "throughput": ("Throughput and backlog", "What is handled, how fast, what waits and what is parked."),
    "tcs": ("TCS", "Calls to TCS, the load on it, and what protects it."),
    "files": ("Files and promise", "Files from and to ESR, and the alarms about applicants."),
}  # fmt: skip
DASHBOARDS: Final[dict[str, Callable[[], str]]] = {
    f"{name}.json": partial(text, f"tis-esr-{name}", *_TITLES[name], rows) for name, rows in ROWS.items()
}
