"""``docs/reference/schemas``: a JSON Schema of what each command prints with ``--json``, from the types it encodes."""

import inspect
import json
import re
from typing import Any

import msgspec

from docgen.json_types import (
    Copied,
    Examination,
    Exported,
    Ingestion,
    Installation,
    RestoredFrom,
    Synthesized,
)
from docgen.markdown import NOTICE, table
from tis_esr.commands.audit import AuditReport
from tis_esr.commands.batch import BatchReport
from tis_esr.commands.parked_desk.discarding import DiscardReport
from tis_esr.operations.alarms.overview import Alarms
from tis_esr.operations.board.expectations import Expectations
from tis_esr.operations.board.whole_board import Board
from tis_esr.operations.day_summary import Summary
from tis_esr.operations.deadlines import Deadlines
from tis_esr.operations.digest import Digest
from tis_esr.operations.forecast import Forecast
from tis_esr.operations.ledger import Ledger
from tis_esr.operations.lint import Lint
from tis_esr.operations.outage import Outage
from tis_esr.operations.parked.details import Details
from tis_esr.operations.parked.discarding import Discarded
from tis_esr.operations.parked.editing import Edit
from tis_esr.operations.parked.grouping import Group
from tis_esr.operations.parked.listing import ParkedMessage
from tis_esr.operations.parked.retry_plan import RetryReport
from tis_esr.operations.person.erasing import Erasure
from tis_esr.operations.planned_day import Compared
from tis_esr.operations.processes.listing import Processes
from tis_esr.operations.promise.promise import Promise
from tis_esr.operations.recovery.reports import RecoveryReport
from tis_esr.operations.redriving import Redriven
from tis_esr.operations.regeneration.outcome import Regenerated
from tis_esr.operations.region.reports import RegionReport
from tis_esr.operations.reports.report import Report
from tis_esr.operations.status_check.report import StatusReport
from tis_esr.operations.why.answers import Explanation
from tis_esr.services.retention.audit import PurgeOfDay

OUTPUTS: dict[str, tuple[int, Any]] = {
    "demo": (1, Summary),
    "day": (1, Summary),
    "synthesize": (1, Synthesized),
    "ingest": (1, Ingestion),
    "export": (1, Exported),
    "install": (1, Installation),
    "doctor": (1, Examination),
    "backup": (1, Copied),
    "restore": (1, RestoredFrom),
    "alarms": (1, Alarms),
    "processes": (1, Processes),
    "files": (1, Ledger),
    "parked": (1, list[ParkedMessage]),
    "parked list --by office": (1, list[Group]),
    "parked list --discarded": (1, list[Discarded]),
    "parked show": (1, list[Details]),
    "parked retry": (1, RetryReport),
    "parked discard": (1, DiscardReport),
    "parked edit": (1, Edit),
    "batch": (1, BatchReport),
    "audit": (1, AuditReport),
    "redrive": (2, Redriven),
    "purge": (1, PurgeOfDay),
    "reconcile": (1, Compared),
    "lint": (1, Lint),
    "forecast": (1, Forecast),
    "region": (1, RegionReport),
    "regenerate": (1, Regenerated),
    "recover": (1, RecoveryReport),
    "reconcile-status": (1, StatusReport),
    "why": (1, Explanation),
    "board": (1, Board),
    "expectations": (1, Expectations),
    "promise": (1, Promise),
    "outage": (1, Outage),
    "deadlines": (1, Deadlines),
    "report": (1, Report),
    "person": (1, Erasure),
    "digest": (1, Digest),
}
"""By command: the version of its output, and the type that is encoded.

Raise a version when a key is removed or renamed, or its meaning or type changes; a key that is added keeps it.
"""
_OPENING = """# JSON outputs

`--json` prints one JSON document on standard output and nothing else; warnings and errors go to standard error. The exit code is the same as without `--json`.
Each output has a JSON Schema (draft 2020-12) with a version. Within a version keys may be added, so ignore keys that you do not know; a key that is removed,
renamed or changes its meaning raises the version. Times are ISO 8601; dates are days in London. States are [codes](states.md). `tis-esr purge --past --json` prints a list of the objects of `tis-esr purge --json`;
`tis-esr redrive` with ids or `--reason` prints what `tis-esr parked retry` or `parked discard` prints; `tis-esr demo --days 3 --json` prints an object with `days`, a list of the objects of `tis-esr day --json`, and `beliefs`.
"""


def schema(command: str) -> dict[str, Any]:
    """Return the JSON Schema of a command's output."""
    version, kind = OUTPUTS[command]
    made = _tidy(msgspec.json.schema(kind))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tis-esr:json:{command.replace(' ', '-')}:{version}",
        "title": f"tis-esr {command} --json, version {version}",
    }
    return {**head, **made}


def file_name(command: str) -> str:
    """Return the name of a command's schema in ``docs/reference/schemas``."""
    return f"{re.sub('[^a-z]+', '-', command)}.v{OUTPUTS[command][0]}.schema.json"


def text(command: str) -> str:
    """Return the schema's file."""
    return json.dumps(schema(command), indent=2, ensure_ascii=False) + "\n"


def page() -> str:
    """Return the page that lists the schemas."""
    rows = [
        (
            f"`tis-esr {command} --json`",
            version,
            f"[{file_name(command)}](schemas/{file_name(command)})",
            _keys(command),
        )
        for command, (version, _) in OUTPUTS.items()
    ]
    heads = ("command", "version", "schema", "keys")
    return f"{_OPENING}\n{NOTICE}\n\n{table(heads, rows)}\n"


def _keys(command: str) -> str:
    whole = schema(command)
    at = whole.get("items", whole)
    definition = whole["$defs"][at["$ref"].rpartition("/")[2]] if "$ref" in at else at
    keys = ", ".join(f"`{key}`" for key in definition["properties"])
    return f"a list of objects: {keys}" if "items" in whole else keys


def _tidy(node: Any) -> Any:
    """Return the schema with descriptions as they read, the same on every Python."""
    if isinstance(node, list):
        return [_tidy(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    cleaned = {
        key: _tidy(value) for key, value in node.items() if key != "title" or not isinstance(value, str)
    }
    if isinstance(cleaned.get("description"), str):
        cleaned["description"] = " ".join(inspect.cleandoc(cleaned["description"]).split())
    return cleaned
