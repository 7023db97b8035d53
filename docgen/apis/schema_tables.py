"""JSON Schemas as Markdown: an object is a heading and a table of its fields, and a reference is a link to it."""

from collections.abc import Iterator, Mapping
from typing import Any

from docgen.markdown import table

Json = Mapping[str, Any]


def objects(schemas: Json) -> str:
    """Return a section for each schema, in their order."""
    return "\n\n".join(_section(name, schema) for name, schema in schemas.items())


def type_of(schema: Json) -> str:
    """Return what a value is, in a few words; an object of its own is linked."""
    if "$ref" in schema:
        return link_to(name_of(schema["$ref"]))
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {type_of(schema['additionalProperties'])}"
    return _plain(schema)


def fields(schema: Json) -> str:
    """Return the table of an object's fields."""
    required = schema.get("required", [])
    rows = [
        (f"`{name}`", type_of(each), "yes" if name in required else "no", _notes(each))
        for name, each in schema["properties"].items()
    ]
    return table(("field", "type", "required", "notes"), rows)


def name_of(reference: str) -> str:
    """Return the name of what a reference leads to."""
    return reference.rpartition("/")[2]


def link_to(name: str) -> str:
    """Return a link to an object's section."""
    return f"[{name}](#object-{name.lower()})"


def _section(name: str, schema: Json) -> str:
    parts = [f"### Object {name}", schema.get("description", "")]
    parts.append(fields(schema) if schema.get("properties") else f"Type: {type_of(schema)}")
    return "\n\n".join(part for part in parts if part)


def _plain(schema: Json) -> str:
    kinds = schema.get("type", "any value")
    named = " or ".join(kinds) if isinstance(kinds, list) else kinds
    named = "text" if named == "string" else named
    return f"{named}, {schema['format']}" if "format" in schema else named


def _notes(schema: Json) -> str:
    return "; ".join(_each_note(schema))


def _each_note(schema: Json) -> Iterator[str]:
    if "description" in schema:
        yield schema["description"].rstrip(".")
    if "x-column" in schema:
        yield f"column {schema['x-column']}" + (f" ({schema['x-code']})" if "x-code" in schema else "")
    if "pattern" in schema:
        yield f"matches `{schema['pattern']}`"
