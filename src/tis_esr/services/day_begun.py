"""The state before ``tis-esr day`` was first run for a day, so that its report covers that day only."""

from datetime import date
from typing import ClassVar

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.services.inbound_data_reader.file_ledger import FileState, InboundFile


class DayBegun(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier days had left: one document, replaced when another day begins.

    ``files`` are the folder's files that the ledger had, see ``identity``, without those still held; ``parked`` the
    messages by queue and id, ``invalid`` and ``rejected`` the keys of applicant records, ``tis_updates`` the numbers of
    updates in TIS by outcome, ``missed`` the keys of applicant records that an earlier day has reported as too late to
    send.
    """

    KEY: ClassVar[str] = "latest"

    day: date
    files: list[str]
    parked: list[str]
    invalid: list[str]
    rejected: list[str]
    tis_updates: dict[str, int]
    missed: list[str] = []


def identity(file: InboundFile) -> str:
    """Return what distinguishes a file from others of its name: a day may have another copy of an earlier file."""
    return f"{file.key} {file.sha256}"


def is_left_behind(file: InboundFile) -> bool:
    """Return whether an earlier day has finished a file: a held one is retried by each day."""
    return file.state is not FileState.HELD


DAYS = Collection("day.begun", DayBegun, lambda _: DayBegun.KEY)
