"""``docs/reference/openapi.json``: the endpoints of ``tis-esr run``, which tests compare with a running process."""

from typing import Any

import tis_esr
from docgen.apis.openapi_page import page as rendered
from tis_esr.settings import Settings
from tis_esr.web.hooks.event_hook import PATH as S3_PATH
from tis_esr.web.hooks.requests import BODY_SECONDS, MOST_BYTES
from tis_esr.web.hooks.tis_hook import PATH as TIS_PATH

Json = dict[str, Any]

_DESCRIPTION = """\
The endpoints of each process of `tis-esr run`, over plain HTTP. Events are accepted by processes that run the service that reads them, \
where they are switched on. Errors name a field or a reason and never quote what was sent.
"""
_OPENING = """# HTTP endpoints in detail

The same as [OpenAPI 3.1](openapi.json), for tools. [HTTP endpoints](http.md) says when each is there and how connections are limited."""

_TOKEN: Json = {"bearer": []}


def document() -> Json:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tis-esr: health, metrics and events",
            "version": tis_esr.__version__,
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [
            {
                "url": "http://{host}:{port}",
                "description": "TIS_ESR_HTTP_HOST and TIS_ESR_HTTP_PORT.",
                "variables": {
                    "host": {"default": "localhost"},
                    "port": {"default": str(Settings.model_fields["http_port"].default)},
                },
            }
        ],
        "paths": {
            "/health/live": {"get": _health("Live", "Whether every background task runs.", "live")},
            "/health/ready": {
                "get": _health("Ready", "Whether what the process needs is available.", "ready")
            },
            "/metrics": {"get": _metrics()},
            TIS_PATH: {"post": _tis()},
            S3_PATH: {"post": _s3()},
        },
        "components": {"schemas": _schemas(), "securitySchemes": _schemes()},
    }


def page() -> str:
    """Return the page."""
    return rendered(document(), _OPENING)


def _health(schema: str, summary: str, name: str) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": _json("Yes.", schema),
            "503": _json("No; troubles names what is down, stuck or missing.", schema),
        },
    }


def _metrics() -> Json:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "Metrics in Prometheus's text format.",
        "responses": {
            "200": {"description": "The metrics.", "content": text},
            "500": _json("They could not be read, which is logged (endpoint_failed).", "Error"),
        },
    }


def _tis() -> Json:
    return {
        "operationId": "tisChanges",
        "summary": "Changes in TIS: a change record, or a list of them.",
        "description": "A record names where to look; what TIS has is read from TCS. A faulty one is parked later.",
        "security": [_TOKEN],
        "requestBody": _body(
            {"anyOf": [_ref("ChangeRecord"), {"type": "array", "items": _ref("ChangeRecord")}]}
        ),
        "responses": {
            "202": _json("Stored: handled even if the process dies now.", "Recorded"),
            "400": _json("No JSON, neither an object nor a list of objects, or a Content-Encoding.", "Error"),
            "401": _json("No token, or another one.", "Error"),
            **_too_much(),
        },
    }


def _s3() -> Json:
    kinds = [_ref("S3Event"), _ref("EventBridgeEvent"), _ref("SnsEnvelope")]
    return {
        "operationId": "s3Events",
        "summary": "Files that arrived in the bucket: events of S3, EventBridge or SNS.",
        "description": "A sender has the bearer token, or is SNS and signs for a topic of TIS_ESR_SNS_TOPICS. Other events than "
        "new files are accepted and ignored.",
        "security": [_TOKEN, {}],
        "requestBody": _body({"anyOf": kinds}),
        "responses": {
            "202": _json("Stored: the files will be read even if the process dies now.", "Recorded"),
            "400": _json("No event of S3, or a Content-Encoding.", "Error"),
            "401": _json("No token, or another one, and no signature of SNS.", "Error"),
            "403": _json("An invalid signature of SNS, or one of another topic.", "Error"),
            "422": _json("About another bucket.", "Error"),
            **_too_much(),
        },
    }


def _too_much() -> Json:
    return {
        "408": _json(f"The body took longer than {BODY_SECONDS:.0f} s.", "Error"),
        "413": _json(f"The body is larger than {MOST_BYTES // 1024} kB.", "Error"),
        "500": _json("An internal error, which is logged (endpoint_failed).", "Error"),
        "503": _json("Not stored: send it again.", "Error"),
    }


def _schemas() -> Json:
    text: Json = {"type": "string"}
    troubles = {
        "type": "object",
        "additionalProperties": text,
        "description": "What is wrong, by task or part.",
    }
    return {
        "Live": _object(live={"type": "boolean"}, troubles=troubles),
        "Ready": _object(ready={"type": "boolean"}, troubles=troubles),
        "Recorded": _object(recorded={"type": "integer", "minimum": 0, "description": "Files or records."}),
        "Error": _object(error={**text, "description": "The reason."}),
        "ChangeRecord": {
            "description": "A change record of TIS, as its data capture writes it; see how-to/changes-in-tis.",
            **_object(data={"type": "object"}, metadata={"type": "object"}),
        },
        "S3Event": {
            "description": "S3's own form.",
            **_object(Records={"type": "array", "items": {"type": "object"}}),
        },
        "EventBridgeEvent": {
            "description": "EventBridge's form.",
            **_object(**{"source": {"const": "aws.s3"}, "detail-type": text, "detail": {"type": "object"}}),
        },
        "SnsEnvelope": {
            "description": "SNS's envelope, signed; its Message is S3's form as text.",
            **_object(
                **dict.fromkeys(("Type", "MessageId", "TopicArn", "Message", "Timestamp"), text),
                **dict.fromkeys(("Signature", "SignatureVersion", "SigningCertURL"), text),
            ),
        },
    }


def _schemes() -> Json:
    bearer = {"type": "http", "scheme": "bearer", "description": "The token in TIS_ESR_EVENTS_TOKEN."}
    return {"bearer": bearer}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, name: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
