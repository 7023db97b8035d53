"""The state before ``tis-esr day`` was first called for a day, so that its report is about that day alone."""

from datetime import date
from typing import ClassVar

import msgspec

from tis_esr.engine.documents import Collection


class DayBegun(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier days had left: one document, replaced when another day begins.

    ``files`` are those in the folder that the ledger knew, ``parked`` the messages by queue and id, ``invalid`` and
    ``rejected`` the keys of applicant records, ``tis_updates`` the numbers of updates in TIS by outcome.
    """

    KEY: ClassVar[str] = "latest"

    day: date
    files: list[str]
    parked: list[str]
    invalid: list[str]
    rejected: list[str]
    tis_updates: dict[str, int]


DAYS = Collection("day.begun", DayBegun, lambda _: DayBegun.KEY)
