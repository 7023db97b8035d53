"""The AsyncAPI document says what the handlers do, and docs/reference/asyncapi.json is what the command prints."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from typer.testing import CliRunner

from tis_esr.cli import app
from tis_esr.engine.envelope import Message
from tis_esr.engine.production.rabbitmq.broker import properties
from tis_esr.engine.production.rabbitmq.topology import DEAD, EXCHANGE, queues
from tis_esr.operations.asyncapi import document
from tis_esr.services.contracts import routes
from tis_esr.services.flow import SERVICES, bindings_only

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "docs" / "reference" / "asyncapi.json"
DOCUMENT = document()


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    assert reference.startswith("#/")
    for part in reference[2:].split("/"):
        found = found[part]
    return found


def test_the_page_in_docs_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(app, ["asyncapi"])
    assert printed.exit_code == 0
    assert printed.stdout == KEPT.read_text(), "regenerate it: make docs"


def test_every_queue_is_in_it_with_its_bindings_and_arguments() -> None:
    channels = DOCUMENT["channels"]
    of_queues = {name for name, channel in channels.items() if channel["bindings"]["amqp"]["is"] == "queue"}
    topology = queues(bindings_only())
    assert of_queues == {queue.name for queue in topology} | {DEAD}
    for queue in topology:
        assert channels[queue.name]["address"] == queue.name
        assert channels[queue.name]["x-bound-to"] == list(queue.keys)
        assert channels[queue.name]["x-arguments"] == queue.arguments


def test_every_handler_is_an_operation() -> None:
    received = {
        operation["channel"]["$ref"].removeprefix("#/channels/")
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == "receive"
    }
    assert received == {handler.queue for handler in bindings_only()}


def test_every_routing_key_has_a_body_and_one_sending_service_or_is_a_request_of_several() -> None:
    keys = sorted({handler.routing_key for handler in bindings_only()})
    sent = Counter(key for sent in routes.SENT.values() for key in sent)
    assert sorted(sent) == keys
    assert {key for key, senders in sent.items() if senders > 1} == {"position.due"}
    assert sorted(routes.BODIES) == keys
    assert set(routes.SENT) == set(SERVICES)


def test_what_the_services_emit_by_name_is_in_the_table() -> None:
    """A key in plain text is found in the source; those that are put together are few and looked at by hand."""
    services = ROOT / "src" / "tis_esr" / "services"
    sources = "".join(path.read_text() for path in services.rglob("*.py"))
    emitted = set(re.findall(r'work\.emit\(\s*"([a-z.]+)"', sources))
    assert len(emitted) > 5
    assert emitted <= set(routes.BODIES)


def test_a_routing_key_names_the_queues_that_are_bound_to_it() -> None:
    channel = DOCUMENT["channels"]["position.reconciled"]
    assert channel["bindings"]["amqp"]["exchange"]["name"] == EXCHANGE
    assert sorted(channel["x-queues"]) == [
        "esr.queue.position.reconciled.appgenerator",
        "esr.queue.position.reconciled.notificationgenerator",
    ]


def test_every_reference_resolves() -> None:
    references = [node["$ref"] for node in nodes(DOCUMENT) if "$ref" in node]
    assert len(references) > 100
    assert all(isinstance(resolved(reference), dict) for reference in references)


def test_a_split_rows_body_is_its_columns() -> None:
    por = resolved("#/components/schemas/POR")
    assert {"positionID", "deaneryNumber"} == set(por["required"])
    assert por["properties"]["employingOrgVPDCode"] == {
        "type": "string",
        "x-column": "X(4)",
        "x-code": "T_POR11",
    }
    assert resolved("#/components/schemas/PER")["properties"]["dob"]["format"] == "date"
    rows = resolved("#/components/schemas/AssignmentRow")["properties"]["values"]["anyOf"]
    assert [row["$ref"].rsplit("/", 1)[1] for row in rows] == ["ASG", "PER", "ADD", "PBD", "ABS"]


def test_a_body_has_the_names_that_are_on_the_wire() -> None:
    for body in routes.BODIES.values():
        if not isinstance(body, str):
            schema = resolved(f"#/components/schemas/{body.__name__}")
            names = {field.encode_name for field in msgspec.structs.fields(body)}
            assert set(schema["properties"]) == names


def test_every_message_has_the_envelope_that_is_sent() -> None:
    message = Message(
        id="b",
        queue="esr.queue.por.split",
        correlation_id="a:1",
        source_file="a",
        deanery="EOE",
        row=1,
        last_row=2,
        body=b"{}",
    )
    sent = properties(message)
    envelope = resolved("#/components/messageTraits/envelope")
    described = envelope["headers"]["properties"]
    assert set(described) == set(sent.headers or {})
    assert re.fullmatch(described["traceparent"]["pattern"], str((sent.headers or {})["traceparent"]))
    amqp = envelope["x-amqp-properties"]["properties"]
    assert (amqp["app_id"]["const"], amqp["content_type"]["const"], amqp["delivery_mode"]["const"]) == (
        sent.app_id,
        sent.content_type,
        sent.delivery_mode,
    )
    for described_message in DOCUMENT["components"]["messages"].values():
        assert described_message["traits"] == [{"$ref": "#/components/messageTraits/envelope"}]


def test_it_holds_no_example_and_so_nobodys_data() -> None:
    values = {"example", "examples", "default"}
    holding = [node for node in nodes(DOCUMENT["components"]) if values & node.keys()]
    assert not any(node.get("default") for node in holding)
    assert not any({"example", "examples"} & node.keys() for node in nodes(DOCUMENT))


def test_descriptions_are_the_same_on_every_python() -> None:
    """Before Python 3.13 a docstring keeps its indentation."""
    for name, schema in routes.schemas("#/").items():
        assert "\n    " not in schema.get("description", ""), name
