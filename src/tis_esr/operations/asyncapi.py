"""``tis-esr asyncapi``: the services' messages as an AsyncAPI 3.0 document, generated from the handlers."""

from collections.abc import Iterable, Mapping
from typing import Any

from tis_esr.counted import counted
from tis_esr.engine.production.rabbitmq.topology import DEAD, EXCHANGE, Queue, own_key, queues
from tis_esr.engine.runner import Handler
from tis_esr.files.file_store import Nowhere
from tis_esr.services.contracts.routes import BODIES, SENT, schema_name, schemas
from tis_esr.services.flow import Dependencies, services
from tis_esr.tcs.client import Tcs, TcsSettings

Json = dict[str, Any]

VERSION = "1.2.0"
"""The version of the messages, not of the program: raised when what is sent or read changes."""

_JSON = "application/json"
_BINDING = "0.3.0"
_SCHEMAS = "#/components/schemas/"

_DESCRIPTION = f"""\
The messages between the seven services of tis-esr over RabbitMQ: one topic exchange, {EXCHANGE!r}, and durable quorum queues.

A channel is a queue or a routing key. Each queue is bound to the routing key that it shares with others, and to one of its own \
(x-bound-to has both). A service sends one message for each queue that is bound to a routing key, each under the queue's own key, \
so that each can be published again alone. To send a message manually, publish it to the exchange under the shared key.

Every message is delivered at least once and takes effect once per queue: of two messages with the same message_id in \
a queue the second changes nothing. Bodies contain personal data of doctors; protect broker and database accordingly.
"""


def document() -> Json:
    """Return the document, ready to be written as JSON."""
    by_service = services(
        Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), Nowhere(), Nowhere())
    )
    found = [handler for own in by_service.values() for handler in own]
    topology = queues(found)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "tis-esr",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "MIT"},
            "tags": [{"name": name} for name in by_service],
        },
        "defaultContentType": _JSON,
        "servers": _servers(),
        "channels": {**_queue_channels(found, topology), **_key_channels(topology)},
        "operations": {**_receiving(by_service), **_sending()},
        "components": {
            "messages": {key: _message(key) for key in BODIES},
            "messageTraits": {"envelope": _envelope()},
            "schemas": schemas(_SCHEMAS),
            "securitySchemes": {"account": {"type": "userPassword"}},
        },
    }


def _servers() -> Json:
    return {
        "rabbitmq": {
            "host": "{host}:{port}",
            "pathname": "/{virtualHost}",
            "protocol": "amqp",
            "protocolVersion": "0.9.1",
            "description": "RabbitMQ 3.10 or later; TIS_ESR_AMQP_URL names it.",
            "variables": {
                "host": {"default": "localhost"},
                "port": {"default": "5672"},
                "virtualHost": {"default": "tis-esr"},
            },
            "security": [{"$ref": "#/components/securitySchemes/account"}],
        }
    }


def _queue_channels(found: Iterable[Handler], topology: Iterable[Queue]) -> Json:
    routing_keys = {handler.queue: handler.routing_key for handler in found}
    channels = {
        queue.name: {
            "address": queue.name,
            "messages": _messages([routing_keys[queue.name]]),
            "bindings": _queue_binding(queue.name),
            "x-bound-to": list(queue.keys),
            "x-arguments": queue.arguments,
            "x-prefetch": queue.prefetch,
        }
        for queue in topology
    }
    channels[DEAD] = {
        "address": DEAD,
        "description": "Dead letters of all queues, for inspection; the messages are published again from the outbox.",
        "messages": _messages(BODIES),
        "bindings": _queue_binding(DEAD),
        "x-bound-to": [],
        "x-arguments": {"x-queue-type": "quorum"},
    }
    return channels


def _queue_binding(name: str) -> Json:
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False}
    return {"amqp": {"is": "queue", "queue": queue, "bindingVersion": _BINDING}}


def _key_channels(topology: Iterable[Queue]) -> Json:
    bound: dict[str, list[str]] = {key: [] for key in BODIES}
    for queue in topology:
        for key in queue.keys:
            if key in bound:
                bound[key].append(queue.name)
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        key: {
            "address": key,
            "messages": _messages([key]),
            "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": _BINDING}},
            "x-queues": names,
        }
        for key, names in bound.items()
    }


def _messages(keys: Iterable[str]) -> Json:
    return {key: {"$ref": f"#/components/messages/{key}"} for key in keys}


def _receiving(by_service: Mapping[str, list[Handler]]) -> Json:
    return {
        f"{service}.receive.{own_key(handler.queue)}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{handler.queue}"},
            "messages": [{"$ref": f"#/channels/{handler.queue}/messages/{handler.routing_key}"}],
            "summary": f"{service} handles up to {counted(handler.batch, 'message')} at once"
            + (", one process at a time." if handler.single_active else "."),
            "tags": [{"name": service}],
            "bindings": {"amqp": {"ack": True, "bindingVersion": _BINDING}},
        }
        for service, own in by_service.items()
        for handler in own
    }


def _sending() -> Json:
    return {
        f"{service}.send.{key}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{key}"},
            "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
            "tags": [{"name": service}],
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING}},
        }
        for service, keys in SENT.items()
        for key in keys
    }


def _message(key: str) -> Json:
    return {
        "name": key,
        "title": schema_name(key),
        "traits": [{"$ref": "#/components/messageTraits/envelope"}],
        "payload": {"$ref": f"{_SCHEMAS}{schema_name(key)}"},
    }


def _envelope() -> Json:
    """Return what all messages have besides their bodies: AMQP properties and our headers."""
    text, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    return {
        "contentType": _JSON,
        "headers": {
            "type": "object",
            "properties": {
                "sourceFile": {
                    **text,
                    "description": "The inbound file of the row that caused the message, or empty.",
                },
                "deanery": {**text, "description": "The three letters of the deanery, or empty."},
                "row": {**number, "description": "The row in the file, from 1; 0 if there is none."},
                "lastRow": {
                    **number,
                    "description": "The last row that the message covers; 0 for that row only.",
                },
                "traceparent": {
                    **text,
                    "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$",
                    "description": "W3C trace context; the trace id is derived from the correlation id, and the last digit says whether the trace is recorded.",
                },
            },
        },
        "x-amqp-properties": {
            "type": "object",
            "properties": {
                "message_id": {
                    **text,
                    "description": "Derived from its cause: the same cause always has the same id. A message sent manually needs any unique id.",
                },
                "correlation_id": {
                    **text,
                    "description": "'file:row' of the inbound row, kept through all hops; the message_id if there is none.",
                },
                "app_id": {"const": "ESR"},
                "content_type": {"const": _JSON},
                "type": {**text, "description": "The queue's own routing key."},
                "delivery_mode": {"const": 2},
            },
            "required": ["message_id"],
        },
    }
