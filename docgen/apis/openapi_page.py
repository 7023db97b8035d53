"""An OpenAPI document as a page: a section for each request, then the objects."""

from collections.abc import Iterator, Mapping
from typing import Any

from docgen.apis.schema_tables import objects, type_of
from docgen.markdown import NOTICE, table

Json = Mapping[str, Any]


def page(document: Json, opening: str) -> str:
    """Return the page; ``opening`` has its title and what comes first."""
    parts = [opening, NOTICE, document["info"]["description"]]
    parts.append(table(("request", "purpose"), _overview(document)))
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts += _request(f"{method.upper()} {path}", operation)
    parts += ["## Objects", objects(document["components"]["schemas"])]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _overview(document: Json) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"`{method.upper()} {path}`", operation["summary"]


def _request(title: str, operation: Json) -> Iterator[str]:
    yield f"## {title}"
    yield operation["summary"]
    yield operation.get("description", "")
    if operation.get("security"):
        needed = ["none" if not each else " and ".join(each) for each in operation["security"]]
        yield f"Authentication: {' or '.join(needed)}."
    if "x-permission" in operation:
        yield f"Permission: `{operation['x-permission']}`."
    if "parameters" in operation:
        rows = [
            (f"`{each['name']}`", each["in"], type_of(each["schema"]), each["description"])
            for each in operation["parameters"]
        ]
        yield table(("parameter", "in", "type", "meaning"), rows)
    if "requestBody" in operation:
        yield f"Body: {_content(operation['requestBody'])}."
    answers = [
        (status, each["description"], _content(each)) for status, each in operation["responses"].items()
    ]
    yield table(("status", "meaning", "body"), answers)


def _content(part: Json) -> str:
    return (
        " or ".join(
            type_of(each["schema"]) + ("" if kind == "application/json" else f" ({kind})")
            for kind, each in part.get("content", {}).items()
        )
        or "none"
    )
