"""Why trainees are missed, or kept from being sent, in words and numbers, and whose that is."""

from collections import Counter

import msgspec

from tis_esr.decisions.promise import OWNERS, REASON_TEXTS, MissReason
from tis_esr.decisions.who import Who
from tis_esr.operations.promise.promise import Promise

REASON_WORDS = {reason.value: REASON_TEXTS[reason] for reason in MissReason}
"""The reasons by their codes."""
WHO_WORDS = {one.name: one.value for one in Who if one in {*OWNERS.values(), Who.NOBODY}}
"""Whose something can be, by code."""


class ByReason(msgspec.Struct, frozen=True, kw_only=True):
    """How many trainees have the same reason, and whose it is."""

    text: str
    who: str
    number: int


def missed(found: Promise) -> list[ByReason]:
    """Return the misses by reason."""
    return _listed(Counter(one.reason for one in found.misses))


def blocked(found: Promise) -> list[ByReason]:
    """Return those who are due, and kept from being sent, by what keeps them."""
    return _listed(Counter(one.reason for one in found.due if one.reason is not None))


def _listed(numbers: Counter[MissReason]) -> list[ByReason]:
    return [
        ByReason(text=REASON_TEXTS[reason], who=OWNERS[reason].value, number=numbers[reason])
        for reason in MissReason
        if numbers[reason]
    ]
