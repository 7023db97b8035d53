"""``docs/reference/messages.md``: the AsyncAPI document as a page."""

from collections.abc import Iterator, Mapping
from typing import Any

from docgen.apis.schema_tables import fields, name_of, objects, type_of
from docgen.markdown import NOTICE, table
from tis_esr.operations.asyncapi import document

_OPENING = """# Messages

Version {version} of the messages, which is not the program's. The same as [AsyncAPI 3.0](asyncapi.json), for tools; `tis-esr asyncapi` prints it.
"""


def page() -> str:
    """Return the page."""
    made = document()
    envelope = made["components"]["messageTraits"]["envelope"]
    parts = [
        _OPENING.format(version=made["info"]["version"]),
        NOTICE,
        made["info"]["description"],
        "## Queues",
        table(
            ("queue", "routing keys", "handled by", "message", "prefetched"),
            _queues(made),
        ),
        "## Routing keys",
        "A message is published to the exchange under one of these.",
        table(("routing key", "sent by", "queues", "body"), _keys(made)),
        "## Properties and headers",
        "AMQP's properties:",
        fields(envelope["x-amqp-properties"]),
        "Headers:",
        fields(envelope["headers"]),
        "## Objects",
        objects(made["components"]["schemas"]),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _queues(made: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    handled = {
        name_of(operation["channel"]["$ref"]): operation["summary"].rstrip(".")
        for operation in made["operations"].values()
        if operation["action"] == "receive"
    }
    for name, channel in made["channels"].items():
        if channel["bindings"]["amqp"]["is"] == "queue":
            bound = channel["x-bound-to"]
            yield (
                f"`{name}`",
                ", ".join(f"`{key}`" for key in bound) or "none",
                handled.get(name) or channel["description"].rstrip("."),
                _body(made, name) if bound else "any",
                channel.get("x-prefetch", "none"),
            )


def _keys(made: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    senders: dict[str, list[str]] = {}
    for operation in made["operations"].values():
        if operation["action"] == "send":
            senders.setdefault(name_of(operation["channel"]["$ref"]), []).append(operation["tags"][0]["name"])
    for name, channel in made["channels"].items():
        if channel["bindings"]["amqp"]["is"] == "routingKey":
            queues = ", ".join(f"`{queue}`" for queue in channel["x-queues"])
            yield f"`{name}`", ", ".join(senders.get(name, [])), queues, _body(made, name)


def _body(made: Mapping[str, Any], channel: str) -> str:
    messages = made["components"]["messages"]
    return ", ".join(type_of(messages[key]["payload"]) for key in made["channels"][channel]["messages"])
