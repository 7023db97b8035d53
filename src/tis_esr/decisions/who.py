"""Who must act on what a rule finds."""

from enum import StrEnum


class Who(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    ASKER = "you"
    TRUST = "the trust, in ESR"
    LOCAL_OFFICE = "the local office, in TIS"
    SUPPORT = "support"
