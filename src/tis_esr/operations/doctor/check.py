"""The result of one check, and what findings of several checks share."""

import msgspec

from tis_esr.engine.production.server_checks import Finding


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check; ``ok`` is also true for notes, which need no action."""

    name: str
    ok: bool
    findings: list[Finding]


def not_checked(setting: str, what: str, why: str = "it could not be reached") -> Finding:
    """Return the note that something could not be checked, and why."""
    return Finding(setting, f"{what} was not checked: {why}", "see the other findings", is_note=True)
