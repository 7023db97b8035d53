"""``docs/reference/data-dictionary.md``: every collection with its key, indexes and fields, from its declaration."""

import inspect
import types
from collections.abc import Iterable
from enum import Enum
from typing import Any, Union, get_args, get_origin

import msgspec

from docgen.data_notes import ENGINE, NOTES
from docgen.markdown import NOTICE, table
from tis_esr.engine.collection import Collection
from tis_esr.operations.all_collections import ALL_COLLECTIONS

_OPENING = """# Data dictionary

Each collection belongs to one service, which alone writes it; the purge removes old data from all of them, and commands such as `why` read them. In MongoDB a document is `{_id, version, document, ...}`: `_id` is the key, `document` the JSON text with the
fields below, and the indexed and counted fields stand beside it ([decision 26](../decisions/0026-documents-are-text.md)). In a state file each collection is a table with the same columns.
Times are seconds since 1970 by the engine's clock unless the type says `datetime` (UTC). [Retention](retention.md) says how long each is kept.
"""


def page() -> str:
    """Return the page."""
    rows = [
        (f"[`{c.name}`](#{c.name.replace('.', '')})", *NOTES.get(c.name, ("", ""))) for c in ALL_COLLECTIONS
    ]
    parts = [_OPENING, NOTICE, table(("collection", "purpose", "personal data"), rows)]
    nested: dict[str, type[msgspec.Struct]] = {}
    for collection in ALL_COLLECTIONS:
        parts += _collection(collection, nested)
    parts.append("## Nested objects")
    done: set[str] = set()
    while rest := {name: kind for name, kind in sorted(nested.items()) if name not in done}:
        for name, kind in rest.items():
            parts += [f"### {name}", _text(kind), _fields(kind, nested)]
            done.add(name)
    parts.append(ENGINE)
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _collection(collection: Collection[Any], nested: dict[str, type[msgspec.Struct]]) -> list[str]:
    by = "; ".join(", ".join(f"`{field}`" for field in fields) for fields in collection.indexes) or "none"
    key = _key(collection)
    return [
        f"## {collection.name}",
        _text(collection.type),
        f"Key: `{key}`. Indexes besides the key: {by}.",
        _fields(collection.type, nested),
    ]


def _text(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "").replace("``", "`")


def _fields(kind: type[msgspec.Struct], nested: dict[str, type[msgspec.Struct]]) -> str:
    rows = []
    for field in msgspec.structs.fields(kind):
        optional = "" if field.required else _default(field)
        rows.append((f"`{field.encode_name}`", _named(field.type, nested), optional))
    return table(("field", "type", "default"), rows)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    if isinstance(field.default, Enum):
        return f"`{field.default.value}`"
    return {None: "none", "": "empty"}.get(field.default, f"`{field.default}`")


def _named(kind: Any, nested: dict[str, type[msgspec.Struct]]) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return " or ".join(_named(one, nested) for one in inner if one is not type(None)) + (
            ", optional" if type(None) in inner else ""
        )
    if origin in {list, tuple, set, frozenset}:
        return f"list of {_named(inner[0], nested)}"
    if origin is dict:
        return f"map of {_named(inner[0], nested)} to {_named(inner[1], nested)}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind if one.value != "")
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        name = kind.__name__
        if nested.setdefault(name, kind) is not kind:
            name = f"{name} of {kind.__module__.rpartition('.')[2]}"
            nested[name] = kind
        return f"[{name}](#{name.lower().replace(' ', '-')})"
    return {
        "Any": "any",
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
    }.get(getattr(kind, "__name__", str(kind)), getattr(kind, "__name__", str(kind)))


def _key(collection: Collection[Any]) -> str:
    """Return the key's form, such as ``{placement_id}:{position_id}``."""

    class Probe:
        def __getattr__(self, name: str) -> str:
            found = inspect.getattr_static(collection.type, name, None)
            if isinstance(found, property) and found.fget is not None:
                return str(found.fget(self))
            return str(found) if isinstance(found, str) else f"{{{name}}}"

    return collection.key(Probe())


def unexplained(collections: Iterable[Collection[Any]] = ALL_COLLECTIONS) -> list[str]:
    """Return the collections about which ``data_notes`` says nothing."""
    return [collection.name for collection in collections if collection.name not in NOTES]
