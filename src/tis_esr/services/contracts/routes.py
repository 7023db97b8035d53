"""The messages between the services: their senders and the schemas of their bodies.

A new message is added to SENT and BODIES; ``operations.asyncapi`` creates the document.
"""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

import msgspec

from tis_esr.records.layouts import Column, Kind, Layout
from tis_esr.records.record_types import LAYOUTS
from tis_esr.services.contracts import bodies

Json = dict[str, Any]

SENT: Mapping[str, tuple[str, ...]] = {
    "InboundDataReader": (
        "file.arrived",
        "por.split",
        "pos.split",
        "asg.split",
        "apc.split",
        "dcc.split",
        "rmt.split",
    ),
    "Reconciliation": (
        "por.saved",
        "pos.saved",
        "position.reconciled",
        "position.changed",
        "reconcileallcommand",
    ),
    "AppGenerator": ("apprecord.generated", "position.due"),
    "NotificationGenerator": ("notification.due", "notification.generated", "dailyrulescommand"),
    "DataExporter": (
        "appfilegenerationcommand",
        "notificationfilegenerationcommand",
        "rtcfilegenerationcommand",
        "apprecord.exported",
        "position.due",
    ),
    "InboundDataWriter": ("person.changed",),
    "TisChanges": ("tis.change", "post.changed", "placement.changed"),
}
"""The routing keys that each service sends; each event has one sender, a request may have several. The schedule sends commands, and they may be sent manually."""

BODIES: Mapping[str, type[bodies.Body] | str] = {
    "file.arrived": bodies.FileArrived,
    "por.split": "POR",
    "pos.split": "POS",
    "asg.split": bodies.Assignment,
    "apc.split": "APC",
    "dcc.split": "DCC",
    "rmt.split": bodies.RmtSplit,
    "por.saved": bodies.PositionSaved,
    "pos.saved": bodies.PositionSaved,
    "position.reconciled": bodies.PositionReconciled,
    "position.due": bodies.PositionDue,
    "position.changed": bodies.PositionChanged,
    "person.changed": bodies.PersonChanged,
    "tis.change": bodies.TisChangeRecord,
    "post.changed": bodies.PostChanged,
    "placement.changed": bodies.PlacementChanged,
    "apprecord.generated": bodies.ApplicantsGenerated,
    "apprecord.exported": bodies.ApplicantExported,
    "notification.due": bodies.NotificationDue,
    "notification.generated": bodies.NotificationsGenerated,
    "reconcileallcommand": bodies.ReconcileAll,
    "dailyrulescommand": bodies.ApplyDailyRules,
    "appfilegenerationcommand": bodies.GenerateFile,
    "notificationfilegenerationcommand": bodies.GenerateFile,
    "rtcfilegenerationcommand": bodies.AcknowledgeFile,
}
"""The body of each routing key's messages: a class, or a record type, whose columns are the body."""

_OF_AN_ASSIGNMENT = ("ASG", "PER", "ADD", "PBD", "ABS")
_RECORDS = ("POR", "POS", *_OF_AN_ASSIGNMENT, "APC", "DCC")
_LONGEST_NUMBER = 10**18 - 1


def schema_name(routing_key: str) -> str:
    """Return the name of a routing key's body in ``schemas``."""
    body = BODIES[routing_key]
    return body if isinstance(body, str) else body.__name__


def schemas(at: str) -> Json:
    """Return the schemas of all bodies and their parts, by name; references begin with ``at``."""
    ours = sorted(
        {body for body in BODIES.values() if not isinstance(body, str)}, key=lambda body: body.__name__
    )
    _, found = msgspec.json.schema_components(ours, ref_template=at + "{name}")
    for schema in found.values():
        if "description" in schema:  # a docstring, which is indented before Python 3.13
            schema["description"] = cleandoc(schema["description"])
    for record_type in _RECORDS:
        found[record_type] = _record(LAYOUTS[record_type])
    found["ApplicantColumns"] = _columns_of(LAYOUTS["APP"])
    found["NotificationColumns"] = _columns_of(LAYOUTS["NOT"])
    row = found["AssignmentRow"]["properties"]
    row["type"] = {"type": "string", "enum": list(_OF_AN_ASSIGNMENT)}
    row["values"] = {"anyOf": [{"$ref": f"{at}{record_type}"} for record_type in _OF_AN_ASSIGNMENT]}
    found["Applicant"]["properties"]["fields"] = {"$ref": f"{at}ApplicantColumns"}
    found["NotificationDraft"]["properties"]["columns"] = {"$ref": f"{at}NotificationColumns"}
    return dict(sorted(found.items()))


def _record(layout: Layout) -> Json:
    """Return the schema of an inbound row: an empty column is left out, a text may be longer than its column."""
    return {
        "title": layout.record_type,
        "description": f"One {layout.record_type} row by column name; empty columns are left out.",
        "type": "object",
        "properties": {column.name: _column(column) for column in layout.columns},
        "required": [column.name for column in layout.columns if column.mandatory],
    }


def _columns_of(layout: Layout) -> Json:
    """Return the schema of an outbound row: columns without a value in TIS are left out, mandatory or not."""
    return {
        "title": f"Columns of {layout.record_type}",
        "description": f"Columns of a {layout.record_type} row by name, those that have a value.",
        "type": "object",
        "properties": {column.name: _column(column) for column in layout.columns},
    }


def _column(column: Column) -> Json:
    said: Json = {"x-column": str(column)}
    if column.code:
        said["x-code"] = column.code
    if column.quoted:
        return {"type": "string", **said}
    if column.kind is Kind.DATE:
        return {"type": "string", "format": "date", **said}
    if column.decimals:
        return {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", **said}
    return {"type": "integer", "minimum": 0, "maximum": _LONGEST_NUMBER, **said}
