"""What ``why`` answers with: one plain sentence about one thing, and who must act."""

from enum import StrEnum

import msgspec


class Who(StrEnum):
    """Who must act."""

    NOBODY = "nobody"
    TRUST = "the trust"
    LOCAL_OFFICE = "the local office"
    SUPPORT = "support"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One plain sentence about one thing, and who must act."""

    about: str
    sentence: str
    who: Who
    correlation_ids: list[str]
