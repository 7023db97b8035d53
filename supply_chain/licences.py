"""The licence of every package, as an SPDX expression, and whether it is allowed."""

import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from typing import Any

from license_expression import ExpressionError, get_spdx_licensing

from supply_chain import ROOT
from supply_chain.locked import Locked

LIST = ROOT / "supply_chain" / "licences.toml"
_SPDX = get_spdx_licensing()
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Classifiers that mean one SPDX licence; "BSD License" does not."""


@dataclass(frozen=True)
class Copied:
    """A package that is copied into the sources; ``where`` is one of its files."""

    name: str
    version: str
    purl: str
    licence: str
    where: str
    needed_for: str


def _list() -> dict[str, Any]:
    return tomllib.loads(LIST.read_text())


def allowed() -> frozenset[str]:
    """Return the SPDX identifiers of the allowed licences."""
    return frozenset(_list()["allowed"])


def copied() -> list[Copied]:
    """Return what is copied into the sources."""
    return [Copied(**one) for one in _list()["copied"]]


def stated(name: str) -> str | None:
    """Return the licence that ``licences.toml`` states for a package of Python, if it does."""
    known = _list()
    found = known["read"].get(name) or known["elsewhere"].get(name)
    return None if found is None else str(found)


def licence(package: Locked) -> str:
    """Return a package's licence: what ``licences.toml`` says, else its installed metadata; LookupError if neither names one."""
    found = stated(package.name) or _of_metadata(package.name)
    if not found:
        raise LookupError(
            f"{package.name} {package.version}: no licence known; read its licence file and add it to {LIST.name}"
        )
    return str(found)


def _of_metadata(name: str) -> str | None:
    try:
        return of_fields(metadata(name))
    except PackageNotFoundError:
        return None


def of_fields(fields: PackageMetadata) -> str | None:
    """Return the licence that a package's metadata name, as an SPDX expression or by a classifier that means one."""
    for field in ("License-Expression", "License"):
        if field in fields and is_spdx(fields[field]):
            return fields[field]
    classified = {
        text.split(" :: ")[-1] for text in fields.get_all("Classifier", []) if text.startswith("License ::")
    }
    classified -= {"OSI Approved", "DFSG approved"}
    (only,) = classified if len(classified) == 1 else ("",)
    return _CLASSIFIERS.get(only)


def is_spdx(text: str) -> bool:
    """Return whether a text is an expression of SPDX identifiers."""
    try:
        return _SPDX.parse(text, validate=True, strict=True) is not None
    except ExpressionError:
        return False


def is_allowed(expression: str, names: frozenset[str]) -> bool:
    """Return whether a licence can be met with allowed licences alone: one of a choice (OR), all of a sum (AND)."""
    return _holds(_SPDX.parse(expression, validate=True), names)


def _holds(node: Any, names: frozenset[str]) -> bool:
    if not hasattr(node, "operator"):
        return str(node) in names
    parts = [_holds(part, names) for part in node.args]
    return any(parts) if node.operator.strip() == "OR" else all(parts)
