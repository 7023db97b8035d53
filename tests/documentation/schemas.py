"""Validation by a schema of an OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator


def problems(
    document: Mapping[str, Any], schema: Mapping[str, Any], value: Any, *, may_have_more: bool = False
) -> list[str]:
    """Return what is wrong with a value; so is a field that the schema doesn't name, unless it may have more."""
    parts = {
        name: part if may_have_more else {"additionalProperties": False, **part}
        for name, part in document["components"]["schemas"].items()
    }
    whole = {**schema, "components": {"schemas": parts}}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def of_json(part: Mapping[str, Any]) -> Any:
    """Return the schema of a request's or response's JSON, or None."""
    return part.get("content", {}).get("application/json", {}).get("schema")
