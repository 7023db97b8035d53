"""Roles, offices and trusts from the claims of an identity provider, by the installation's mapping."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.records.file_names import DEANERIES

_NAME = re.compile(r"[^\s,;]{1,64}")
_ALL = "*"


class NoRoleError(TisEsrError):
    """A person was identified, but none of their claims gives a role, or any office or trust. ``name`` is who it is."""

    exit_code = Exit.USAGE

    def __init__(self, name: str, lacks: str) -> None:
        super().__init__(f"{name} has no {lacks} here; an administrator of the identity provider grants it")
        self.name, self.lacks = name, lacks


@dataclass(frozen=True)
class ClaimMapping:
    """Where claims hold roles, offices and trusts, as paths with dots, and which of their values mean which role.

    Without ``offices`` everybody has all offices; with it, a person without the claim has none, and "*" is all. The same
    holds for ``trusts``.
    """

    roles: str = "realm_access.roles"
    offices: str | None = None
    names: Mapping[Role, Sequence[str]] = field(
        default_factory=lambda: {role: [f"tis-esr-{role.value}"] for role in Role}
    )
    trusts: str | None = None

    def account(self, claims: Mapping[str, Any]) -> Account:
        """Return the person that the claims describe. Raises NoRoleError."""
        name = _name_of(claims)
        granted = set(_texts(claims, self.roles))
        roles = frozenset(role for role, names in self.names.items() if granted.intersection(names))
        if not roles:
            raise NoRoleError(name, "role")
        return Account(
            name=name, roles=roles, offices=self._offices(claims, name), trusts=self._trusts(claims, name)
        )

    def _offices(self, claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
        given = {_ALL} if self.offices is None else set(_texts(claims, self.offices))
        if _ALL in given:
            return None
        offices = frozenset(code for code in DEANERIES if code in given)
        if not offices:
            raise NoRoleError(name, "office")
        return offices

    def _trusts(self, claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
        given = {_ALL} if self.trusts is None else set(_texts(claims, self.trusts))
        if _ALL in given:
            return None
        trusts = frozenset(code.strip().upper() for code in given if code.strip())
        if not trusts:
            raise NoRoleError(name, "trust")
        return trusts


def _name_of(claims: Mapping[str, Any]) -> str:
    """Return the user name if it can be one in the audit, else the provider's own id of the person."""
    for claim in ("preferred_username", "sub"):
        value = claims.get(claim)
        if isinstance(value, str) and value.isprintable() and _NAME.fullmatch(value):
            return value
    raise NoRoleError("this account", "name that can be written to the audit")


def _texts(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the texts at a path, such as ``realm_access.roles``; a single text counts as a list of one.

    A claim whose own name has dots (a URL, as several providers write them) is found as well.
    """
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
