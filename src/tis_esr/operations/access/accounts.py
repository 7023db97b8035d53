"""A signed-in person: their name, roles and offices, and what these allow."""

from enum import StrEnum

import msgspec

from tis_esr.records.file_names import DEANERIES


class Role(StrEnum):
    """What a person may do. An administrator may do what an operator may, and an operator what a viewer may.

    ``PRIVACY`` stands apart: it shows, exports and erases personal data, and looks at what a viewer may.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    PRIVACY = "privacy"
    ADMINISTRATOR = "administrator"


_INCLUDED = {
    Role.VIEWER: {Role.VIEWER},
    Role.OPERATOR: {Role.VIEWER, Role.OPERATOR},
    Role.PRIVACY: {Role.VIEWER, Role.PRIVACY},
    Role.ADMINISTRATOR: {Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR},
}


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the identity provider describes them; ``offices`` and ``trusts`` None mean all of them.

    Trusts are codes as in the national post number. A person who is limited to some trusts may do what a viewer may, whatever their roles.

    ``name`` is who they are in the audit: one word without blanks.
    """

    name: str
    roles: frozenset[Role]
    offices: frozenset[str] | None = None
    trusts: frozenset[str] | None = None

    def may(self, role: Role) -> bool:
        """Return whether any of their roles is or includes this one."""
        if self.trusts is not None and role is not Role.VIEWER:
            return False
        return any(role in _INCLUDED[own] for own in self.roles)

    def sees(self, office: str) -> bool:
        """Return whether an office, by its deanery code, is one of theirs."""
        return self.offices is None or office in self.offices

    def sees_trust(self, trust: str) -> bool:
        """Return whether a trust, by its code in the post number, is one of theirs."""
        return self.trusts is None or trust.upper() in self.trusts

    @property
    def visible_offices(self) -> list[str]:
        """Return the codes of their offices in the interface's order."""
        return [code for code in DEANERIES if self.sees(code)]


EVERYTHING = frozenset({Role.OPERATOR, Role.PRIVACY, Role.ADMINISTRATOR})
"""The roles of the owner of a state file."""
